//! Attacks with request bodies: bombs, deep nesting and false lengths.

use std::io::Read as _;
use std::time::{Duration, Instant};

use anyhow::Result;
use serde_json::{Value, json};

use super::scene::{Scene, span};
use super::tried::Tried;
use super::wire::Ask;
use crate::integration::{Bench, Server};

/// Bytes that a bomb unpacks to: far beyond the bound of 64 MiB.
const UNPACKED: usize = 512 << 20;
/// Memory that bombs may take beyond what was there, in MiB: a body's bound twice, as it grows.
const MOST_MIB: f64 = 192.0;

/// Bodies that unpack to half a gibibyte, and packed ones within packed ones.
pub fn bombs(scene: &Scene) -> Result<Tried> {
    let mut tried = Tried::new("zip bombs: gzip, deflate, zstd, packed twice, cut short, false");
    let (_, key) = scene.key(&["--scope", "ingest"])?;
    let before = scene.server.memory_mib("VmRSS")?;
    let gzip = packed(
        |out| flate2::write::GzEncoder::new(out, flate2::Compression::best()),
        |coder| coder.finish(),
    )?;
    let zlib = packed(
        |out| flate2::write::ZlibEncoder::new(out, flate2::Compression::best()),
        |coder| coder.finish(),
    )?;
    let zstd = zstd::encode_all(std::io::repeat(0).take(UNPACKED as u64), 3)?;
    let twice = zstd::encode_all(&gzip[..], 3)?;
    let cut = gzip[..gzip.len() / 2].to_vec();
    let sent = gzip.len() + zlib.len() + zstd.len();
    for (coding, body) in [
        ("gzip", gzip.clone()),
        ("deflate", zlib),
        ("zstd", zstd),
        ("gzip, zstd", twice),
        ("gzip", cut),
        ("gzip", b"\x1f\x8b\x08\x00not packed at all".to_vec()),
        ("zstd", b"\x28\xb5\x2f\xfd\xff\xff\xff\xff\xff\xff".to_vec()),
        ("br", gzip.clone()),
        ("gzip, gzip, gzip, gzip, gzip, gzip, gzip, gzip", gzip),
    ] {
        for kind in ["application/json", "application/x-protobuf"] {
            let ask = Ask::new("POST", "/v1/traces").key(&key).with("content-type", kind);
            tried.send(
                coding,
                scene.otlp,
                ask.with("content-encoding", coding).sent(body.clone()),
                &[400, 413, 415, 422],
            );
        }
    }
    let grown = scene.server.memory_mib("VmHWM")? - before;
    tried.hold(grown < MOST_MIB, format!("{grown:.0} MiB of memory"));
    tried.hold(scene.lives(), "the server is gone");
    Ok(tried.told(format!("{} KiB would be 1.5 GiB; memory grew by {grown:.0} MiB", sent >> 10)))
}

fn packed<W: std::io::Write>(
    coder: impl Fn(Vec<u8>) -> W,
    end: impl Fn(W) -> std::io::Result<Vec<u8>>,
) -> Result<Vec<u8>> {
    let mut coder = coder(Vec::new());
    let zeros = vec![0; 1 << 20];
    for _ in 0..UNPACKED >> 20 {
        coder.write_all(&zeros)?;
    }
    Ok(end(coder)?)
}

/// Lists within lists, as JSON, protobuf and questions.
pub fn nested(scene: &Scene) -> Result<Tried> {
    let mut tried = Tried::new("deeply nested JSON, protobuf and query language");
    let (_, key) = scene.key(&["--scope", "admin", "--all-projects"])?;
    let (name, now) = ("deep", "1");
    for depth in [50, 1_000, 100_000] {
        let value = format!("{}null{}", "{\"arrayValue\":{\"values\":[".repeat(depth), "]}}".repeat(depth));
        let body = span("8af7651916cd43dd8448eb211c803100", name, now).to_string().replacen(
            "{\"stringValue\":\"chat\"}",
            &value,
            1,
        );
        for text in [body, "[".repeat(depth), "{\"a\":".repeat(depth)] {
            let ask = Ask::new("POST", "/v1/traces").key(&key).with("content-type", "application/json");
            tried.send(
                &format!("JSON of {depth}"),
                scene.otlp,
                ask.sent(text.into_bytes()),
                &[200, 400, 413],
            );
        }
        let ask = Ask::new("POST", "/v1/traces").key(&key).with("content-type", "application/x-protobuf");
        tried.send(&format!("protobuf of {depth}"), scene.otlp, ask.sent(wrapped(depth)), &[200, 400, 413]);
        for target in [
            "/api/v1/login",
            "/api/v1/keys",
            "/api/v1/price",
            "/api/v1/forget",
            "/api/v1/budgets/x",
            "/api/v1/views/x",
        ] {
            let method = if target.ends_with("/x") { "PUT" } else { "POST" };
            let ask = Ask::new(method, target).key(&key).with("content-type", "application/json");
            tried.send(target, scene.api, ask.sent("[".repeat(depth).into_bytes()), &[400, 413, 422, 429]);
        }
        for open in ["%28", "not%20", "-"] {
            let target = format!("/api/v1/traces?q={}a", open.repeat(depth.min(15_000)));
            tried.send("a question", scene.api, Ask::get(&target).key(&key), &[200, 400, 414, 431]);
        }
    }
    tried.hold(scene.lives(), "the server is gone");
    Ok(tried)
}

/// An export request whose innermost attribute is nested in this many lists (fields 1 of ResourceSpans,
/// Resource and attributes; 2 of KeyValue; 5 of AnyValue; 1 of ArrayValue).
fn wrapped(depth: usize) -> Vec<u8> {
    let mut reversed: Vec<u8> = Vec::new();
    let mut tags = vec![10_u8, 10, 10, 18];
    for _ in 0..depth {
        tags.extend([42, 10]);
    }
    // From the inside out, written backwards so that each length is known.
    for tag in tags.into_iter().rev() {
        let mut length = reversed.len();
        let mut varint = Vec::new();
        loop {
            let low = u8::try_from(length & 0x7f).unwrap_or(0);
            length >>= 7;
            varint.push(if length > 0 { low | 0x80 } else { low });
            if length == 0 {
                break;
            }
        }
        reversed.extend(varint.iter().rev());
        reversed.push(tag);
    }
    reversed.reverse();
    reversed
}

/// Numbers that fit nowhere.
pub fn numbers(scene: &Scene) -> Result<Tried> {
    let mut tried = Tried::new("huge, negative and absurd numbers");
    let (_, key) = scene.key(&["--scope", "admin", "--all-projects"])?;
    let long = "9".repeat(400);
    for number in
        ["1e999999", "-1", "NaN", "18446744073709551615", "-9223372036854775808", "0x7f", "1e-999999", &long]
    {
        for (key_of, field) in [("intValue", true), ("doubleValue", false), ("intValue", false)] {
            let value = if field {
                format!("{{\"{key_of}\":\"{number}\"}}")
            } else {
                format!("{{\"{key_of}\":{number}}}")
            };
            let body = span("9af7651916cd43dd8448eb211c803100", "big", "x").to_string();
            let body = body.replacen("{\"stringValue\":\"chat\"}", &value, 1);
            let ask = Ask::new("POST", "/v1/traces").key(&key).with("content-type", "application/json");
            tried.send(number, scene.otlp, ask.sent(body.into_bytes()), &[200, 400]);
        }
        let mut late = span("9af7651916cd43dd8448eb211c803101", "big", "x");
        late["resourceSpans"][0]["scopeSpans"][0]["spans"][0]["endTimeUnixNano"] = json!(number);
        tried.send("a time", scene.otlp, Ask::post("/v1/traces", &late).key(&key), &[200, 400]);
        for target in [
            "traces?limit=",
            "traces?since=",
            "query?from=calls&top=",
            "events?limit=",
            "usage?since=",
            "audit?limit=",
            "audit?before=",
            "query?from=calls&step=",
        ] {
            let ask = Ask::get(&format!("/api/v1/{target}{number}")).key(&key);
            tried.send(target, scene.api, ask, &[200, 400, 404]);
        }
        for body in [json!({"limit_usd": number}), json!({"limit_usd": "10", "thresholds": [number]})] {
            tried.send(
                "a budget",
                scene.api,
                Ask::new("PUT", "/api/v1/budgets/big").key(&key).json(&body),
                &[200, 201, 204, 400, 422],
            );
        }
        let usage = format!(
            "{{\"model\":\"gpt-5\",\"provider\":\"openai\",\"usage\":{{\"input_tokens\":{number},\"output_tokens\":1}}}}"
        );
        let ask = Ask::new("POST", "/api/v1/price").key(&key).with("content-type", "application/json");
        tried.send("a price", scene.api, ask.sent(usage.into_bytes()), &[200, 400, 404, 422]);
    }
    tried.hold(scene.lives(), "the server is gone");
    Ok(tried)
}

/// Custom patterns with which other engines never finish.
const EVIL: [&str; 5] = ["(a+)+$", "(a|aa)+b", "(.*a){12}", "^(([a-z])+.)+[A-Z]([a-z])+$", "(x+x+)+y"];
/// Text that is eight times as long may take three times as much as eight times.
const GROWTH: f64 = 24.0;

/// Nested quantifiers on long texts, and patterns that are too large.
pub fn patterns(bench: &Bench) -> Result<Tried> {
    let mut tried = Tried::new("ReDoS in own redaction patterns; patterns that are too large");
    let listed: Vec<Value> = EVIL.iter().map(|pattern| json!(pattern)).collect();
    let scene = Scene::open(bench, &format!("[redact]\npatterns = {}\n", Value::Array(listed)))?;
    let short = masked(&mut tried, &scene, 64 << 10);
    let long = masked(&mut tried, &scene, 512 << 10);
    let ratio = long.as_secs_f64() / short.as_secs_f64().max(1e-9);
    tried.hold(ratio < GROWTH, format!("eight times the text took {ratio:.1} times as long"));
    let many = format!("[{}]", vec!["\"a\""; 101].join(","));
    let words = "A".repeat(1_001);
    for bad in [
        "[\"a{1000}{1000}\"]",
        "[\"(?:a{0,999}){0,999}\"]",
        "[\"\\\\w{1000}{100}\"]",
        "[\"(\"]",
        "[\"(?=a)\"]",
        "[\"(a)\\\\1\"]",
        &format!("[\"{words}\"]"),
        &many,
    ] {
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("quipu.toml");
        std::fs::write(&file, format!("[redact]\npatterns = {bad}\n"))?;
        let begun =
            Server::on(&bench.binary, &folder.path().join("data"), &["--config", &file.to_string_lossy()]);
        let shown: String = bad.chars().take(24).collect();
        let said = begun.err().map(|error| format!("{error:#}"));
        tried.tried(said.as_ref().is_some_and(|said| said.contains("pattern")), format!("{shown}: {said:?}"));
    }
    Ok(tried.told(format!(
        "8 times the text took {ratio:.1} times as long; 8 of 8 bad patterns were refused at the start"
    )))
}

/// The shortest of some tries, which is what the machine's other work disturbs least.
fn masked(tried: &mut Tried, scene: &Scene, bytes: usize) -> Duration {
    let mut best = Duration::MAX;
    for at in 0..5 {
        let trace = format!("aaf7651916cd43dd8448eb211c8031{at:02x}");
        let body = Ask::post("/v1/traces", &span(&trace, "redos", &format!("{}!", "a".repeat(bytes))));
        let begin = Instant::now();
        tried.send(&format!("{bytes} bytes"), scene.otlp, body, &[200]);
        best = best.min(begin.elapsed());
    }
    best
}
