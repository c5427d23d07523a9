//! Queries whose answers would take more memory than the server has, under a limit of 512 MiB.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use super::polite::Polite;
use super::{Case, files};
use crate::integration::provider::{self, PATH, Provider};
use crate::integration::{Bench, Http, Server};
use crate::shell;

/// The limit that the Compose, Kubernetes and Helm files set.
const LIMIT: u64 = 512 << 20;
/// Memory that the server may hold at any time.
const MOST_MIB: f64 = 400.0;
/// The 99th percentile of the polite sender.
const P99: Duration = Duration::from_secs(3);
/// Spans of the huge trace and bytes of text in each: 480 MB, in requests of 8 KB.
const HUGE_SPANS: u64 = 60;
const HUGE_TEXT: usize = 8_000_000;
/// Spans of the trace that slow readers ask for and bytes of text in each: 60 MB.
const LARGE_SPANS: u64 = 6_000;
const LARGE_TEXT: usize = 10_000;
const READERS: usize = 15;
/// Requests with sessions, users and models of their own, and calls in each.
const WIDE_REQUESTS: u64 = 40;
const WIDE_CALLS: u64 = 2_500;
/// Clients that ask for wide groups at a time.
const ASKERS: usize = 4;

/// The kind of limit that this machine lets us set.
#[derive(Debug, Clone, Copy)]
enum Cage {
    V2,
    V1,
    Data,
}

impl Cage {
    const fn as_str(self) -> &'static str {
        match self {
            Self::V2 => "cgroup v2",
            Self::V1 => "cgroup v1",
            Self::Data => "RLIMIT_DATA",
        }
    }

    /// The first one that works, with the lines of a shell that put it in place. No swap is used.
    fn find(name: &str) -> (Self, String) {
        let v2 = format!("/sys/fs/cgroup/{name}");
        let into_v2 = format!(
            "mkdir -p {v2} && echo {LIMIT} > {v2}/memory.max && {{ echo 0 > {v2}/memory.swap.max || true; }} && echo $$ > {v2}/cgroup.procs"
        );
        let v1 = format!("/sys/fs/cgroup/memory/{name}");
        let into_v1 = format!(
            "mkdir -p {v1} && echo {LIMIT} > {v1}/memory.limit_in_bytes && echo $$ > {v1}/cgroup.procs"
        );
        for (cage, lines) in [(Self::V2, into_v2), (Self::V1, into_v1)] {
            if shell::capture(Command::new("sh").args(["-c", &lines])).is_ok() {
                return (cage, lines);
            }
        }
        (Self::Data, format!("ulimit -d {}", LIMIT >> 10))
    }
}

/// A program that runs the server within the limit.
fn caged(folder: &Path, binary: &Path) -> Result<(Cage, PathBuf)> {
    let (cage, lines) = Cage::find(&format!("quipu-floods-{}", std::process::id()));
    let path = folder.join("caged.sh");
    fs::write(&path, format!("#!/bin/sh\nset -e\n{lines}\nexec '{}' \"$@\"\n", binary.display()))?;
    shell::capture(Command::new("chmod").arg("+x").arg(&path))?;
    Ok((cage, path))
}

/// Runs the case.
///
/// # Errors
/// A server does not come up or does not survive.
pub fn answers(bench: &Bench) -> Result<Case> {
    let folder = tempfile::tempdir()?;
    let (cage, binary) = caged(folder.path(), &bench.binary)?;
    let provider = Provider::start()?;
    let config = folder.path().join("quipu.toml");
    fs::write(
        &config,
        format!(
            "[proxy]\nlisten = \"127.0.0.1:0\"\n[proxy.upstreams]\nopenai = \"{}/v1\"\n[budgets.wide]\nlimit_usd = \"1000\"\n",
            provider.url
        ),
    )?;
    let config = config.to_string_lossy();
    let server = Server::on(&binary, &folder.path().join("data"), &["--config", &config])?;
    let before = files(&server);
    let polite = Polite::start(&server, "polite");
    let mut told = vec![cage.as_str().to_owned()];
    let mut wrong = Vec::new();
    for (name, step) in STEPS {
        let begin = Instant::now();
        match step(&server) {
            Ok(text) => told.push(format!("{name}: {text}, {:.1} s", begin.elapsed().as_secs_f64())),
            Err(error) => wrong.push(format!("{name}: {error:#}")),
        }
        let peak = server.memory_mib("VmHWM").context(format!("the server did not survive: {name}"))?;
        told.push(format!("{peak:.0} MiB"));
    }
    let seen = polite.stop();
    let peak = server.memory_mib("VmHWM")?;
    if peak > MOST_MIB {
        wrong.push(format!("{peak:.0} MiB of memory"));
    }
    if seen.p99() > P99 {
        wrong.push(format!("the polite sender waited {:.1} s (p99)", seen.p99().as_secs_f64()));
    }
    let facets = Http::new(Duration::from_secs(60)).json(&server.api("facets?field=service"))?;
    let values = facets["values"].as_array().cloned().unwrap_or_default();
    let kept =
        values.iter().find(|value| value["value"] == "polite").and_then(|value| value["traces"].as_u64());
    if kept.unwrap_or_default() < seen.sent - seen.refused {
        wrong.push(format!(
            "{kept:?} traces of the polite sender are kept, of {} acknowledged",
            seen.sent - seen.refused
        ));
    }
    if shell::poll(Duration::from_secs(30), || (files(&server) <= before + 64).then_some(())).is_none() {
        wrong.push(format!("{} files are still open, of {before} before", files(&server)));
    }
    let row = vec![
        "answers under 512 MiB".to_owned(),
        (READERS + ASKERS).to_string(),
        seen.sent.to_string(),
        seen.refused.to_string(),
        format!("{:.0}", seen.p99().as_secs_f64() * 1e3),
        format!("{peak:.0}"),
        told.join("; "),
    ];
    server.stop()?;
    Ok(Case { name: "answers under 512 MiB", row, wrong })
}

type Step = (&'static str, fn(&Server) -> Result<String>);

const STEPS: [Step; 4] = [
    ("one huge trace", huge_trace),
    ("slow readers", slow_readers),
    ("wide groups", wide_groups),
    ("gateway bombs", gateway_bombs),
];

fn text(key: &str, value: &str) -> Value {
    json!({"key": key, "value": {"stringValue": value}})
}

fn span(trace: u64, span: u64, attributes: &[Value]) -> Value {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
    json!({
        "traceId": format!("{trace:032x}"), "spanId": format!("{span:016x}"), "name": "step", "kind": 1,
        "startTimeUnixNano": now.to_string(), "endTimeUnixNano": (now + 1_000_000).to_string(),
        "attributes": attributes,
    })
}

/// Sends spans packed, until they are taken.
fn send(server: &Server, service: &str, spans: &[Value]) -> Result<usize> {
    let resource = json!({"attributes": [text("service.name", service)]});
    let body = json!({"resourceSpans": [{"resource": resource, "scopeSpans": [{"spans": spans}]}]});
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    packed.write_all(body.to_string().as_bytes())?;
    let packed = packed.finish()?;
    let http = Http::new(Duration::from_secs(60));
    let headers = [("content-type", "application/json"), ("content-encoding", "gzip")];
    for _ in 0..100 {
        let answer = http.post(&format!("{}/v1/traces", server.otlp_http), &headers, &packed)?;
        match answer.status {
            200 => return Ok(packed.len()),
            429 | 503 => std::thread::sleep(Duration::from_millis(200)),
            other => anyhow::bail!("{other} {}", answer.text()),
        }
    }
    anyhow::bail!("a request was not taken in 100 attempts")
}

/// Requests of some kilobytes fill one trace; then a search in it, the trace itself and a list.
fn huge_trace(server: &Server) -> Result<String> {
    let long = "a".repeat(HUGE_TEXT);
    let mut sent = 0;
    for number in 1..=HUGE_SPANS {
        sent += send(server, "huge", &[span(0xbeef, number, &[text("input.value", &long)])])?;
    }
    let http = Http::new(Duration::from_secs(120));
    let trace = format!("traces/{:032x}", 0xbeef);
    let search = http.get(&server.api(&format!("{trace}/search?q=needle")))?.status;
    let first = http.get(&server.api(&format!("{trace}?limit=3")))?;
    anyhow::ensure!(
        first.status == 200 && first.body.len() > 3 * HUGE_TEXT,
        "a page: {} {}",
        first.status,
        first.text()
    );
    let whole = read_slowly(server, &trace, usize::MAX)?;
    anyhow::ensure!(
        whole as u64 > HUGE_SPANS * HUGE_TEXT as u64,
        "the whole trace ended after {whole} bytes"
    );
    Ok(format!("{sent} bytes sent, search {search}, {} MB read", whole / 1_000_000))
}

/// Sends a query on a separate connection and reads at most this many bytes.
fn read_slowly(server: &Server, path: &str, most: usize) -> Result<usize> {
    let mut stream = ask(server, path)?;
    stream.set_read_timeout(Some(Duration::from_secs(60)))?;
    let (mut all, mut buffer) = (0, vec![0; 64 << 10]);
    while all < most {
        match stream.read(&mut buffer)? {
            0 => break,
            count => all += count,
        }
    }
    Ok(all)
}

fn ask(server: &Server, path: &str) -> Result<TcpStream> {
    let address = server.http.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address)?;
    write!(stream, "GET /api/v1/{path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n")?;
    Ok(stream)
}

/// Clients that ask for a trace of 60 MB and read nothing for a while; then one reads it whole.
fn slow_readers(server: &Server) -> Result<String> {
    let words = "some words of a prompt ".repeat(LARGE_TEXT / 23);
    let numbers: Vec<u64> = (1..=LARGE_SPANS).collect();
    for some in numbers.chunks(500) {
        let spans: Vec<Value> =
            some.iter().map(|number| span(0xcafe, *number, &[text("input.value", &words)])).collect();
        send(server, "large", &spans)?;
    }
    let trace = format!("traces/{:032x}", 0xcafe);
    let before = server.memory_mib("VmRSS")?;
    let readers = (0..READERS).map(|_| ask(server, &trace)).collect::<Result<Vec<_>>>()?;
    std::thread::sleep(Duration::from_secs(8));
    let with = server.memory_mib("VmRSS")?;
    drop(readers);
    let whole = read_slowly(server, &trace, usize::MAX)?;
    anyhow::ensure!(whole as u64 > LARGE_SPANS * 9_000, "the trace ended after {whole} bytes");
    Ok(format!("{READERS} readers took {:.0} MiB, {} MB read", with - before, whole / 1_000_000))
}

/// Calls whose sessions, users and models are all different, and questions that group by them.
fn wide_groups(server: &Server) -> Result<String> {
    for request in 0..WIDE_REQUESTS {
        let calls: Vec<Value> = (0..WIDE_CALLS).map(|call| wide_call(request * WIDE_CALLS + call)).collect();
        send(server, "wide", &calls)?;
    }
    let asked = |path: &str| -> Result<Vec<u16>> {
        std::thread::scope(|scope| {
            let askers: Vec<_> = (0..ASKERS)
                .map(|_| {
                    scope.spawn(|| {
                        Http::new(Duration::from_secs(90)).get(&server.api(path)).map(|answer| answer.status)
                    })
                })
                .collect();
            askers
                .into_iter()
                .map(|asker| asker.join().map_err(|_| anyhow::anyhow!("an asker panicked"))?)
                .collect()
        })
    };
    let mut told = Vec::new();
    for path in [
        "usage?group_by=session,user,model",
        "query?from=calls&group_by=session,model&top=10",
        "facets?field=session",
        "tools",
    ] {
        let statuses = asked(path)?;
        anyhow::ensure!(statuses.iter().all(|status| matches!(status, 200 | 503)), "{path}: {statuses:?}");
        told.push(format!("{} {statuses:?}", path.split('?').next().unwrap_or_default()));
    }
    let answer = Http::new(Duration::from_secs(90)).json(&server.api("usage?group_by=session,user,model"))?;
    let calls = answer["total"]["llm_calls"].as_u64().unwrap_or_default();
    anyhow::ensure!(calls == WIDE_REQUESTS * WIDE_CALLS, "the total is {calls} calls");
    let groups = answer["groups"].as_array().map_or(0, Vec::len);
    Ok(format!("{}, {groups} groups, truncated {}", told.join(", "), answer["truncated"]))
}

/// Clients that send the gateway bodies of some KB that are large as a tree, at the same time.
fn gateway_bombs(server: &Server) -> Result<String> {
    let bombs = provider::bombs();
    let url = format!("{}{PATH}", server.gateway);
    let headers = [("content-type", "application/json"), ("content-encoding", "gzip")];
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let senders: Vec<_> = (0..ASKERS)
            .map(|_| {
                scope.spawn(|| -> Result<Vec<u16>> {
                    let http = Http::new(Duration::from_secs(60));
                    bombs.iter().map(|(_, body)| Ok(http.post(&url, &headers, body)?.status)).collect()
                })
            })
            .collect();
        let joined = senders
            .into_iter()
            .map(|sender| sender.join().map_err(|_| anyhow::anyhow!("a sender panicked"))?)
            .collect::<Result<Vec<_>>>();
        joined.map(|all| all.concat())
    })?;
    anyhow::ensure!(
        statuses.iter().all(|status| matches!(status, 200 | 400 | 413 | 415 | 503)),
        "the gateway answered {statuses:?}"
    );
    let passed = statuses.iter().filter(|status| **status == 200).count();
    Ok(format!("{passed} of {} passed", statuses.len()))
}

fn wide_call(number: u64) -> Value {
    let long = format!("{number:08x}").repeat(12);
    let attributes = [
        text("gen_ai.operation.name", "chat"),
        text("gen_ai.provider.name", "openai"),
        text("gen_ai.request.model", &format!("model-{long}")),
        text("gen_ai.conversation.id", &format!("session-{long}")),
        text("user.id", &format!("user-{long}")),
        json!({"key": "gen_ai.usage.input_tokens", "value": {"intValue": "3"}}),
        json!({"key": "gen_ai.usage.output_tokens", "value": {"intValue": "4"}}),
    ];
    span(0x1_0000_0000 + number, number + 1, &attributes)
}
