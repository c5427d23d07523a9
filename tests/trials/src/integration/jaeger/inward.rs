//! Jaeger and Zipkin in: real clients send to the server, and the stored data is compared with the sent data.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use serde_json::{Value, json};

use crate::integration::{Bench, Http, Report, Server, packages, tools};
use crate::shell;

const PYTHON: &str = include_str!("../../../suites/jaeger_send.py");
const NODE: &str = include_str!("../../../suites/jaeger_send.js");
/// The last that speak Jaeger. One of them forgets to name `deprecated`, and all need an old setuptools.
const PACKAGES: [&str; 7] = [
    "opentelemetry-sdk==1.21.0",
    "opentelemetry-api==1.21.0",
    "opentelemetry-exporter-jaeger-thrift==1.21.0",
    "opentelemetry-exporter-jaeger-proto-grpc==1.21.0",
    "opentelemetry-exporter-zipkin-json==1.21.0",
    "deprecated==1.2.18",
    "setuptools<81",
];
const CLIENT: [&str; 1] = ["jaeger-client@3.19.0"];
/// Traces that fill several packets of 65,000 bytes.
const MANY: usize = 100;
/// Microseconds that exporters are off by: some round, some cut, and one counts in seconds as a float.
const ROUNDING: f64 = 2.0;
/// A packet is stored some time after it was sent.
const ARRIVE: Duration = Duration::from_secs(30);

/// Every transport by a real client, each on a fresh server.
///
/// # Errors
/// A server does not come up.
pub fn run(bench: &Bench, mut report: Report) -> Result<Report> {
    match python(&bench.cache) {
        Ok(python) => {
            let cases = [
                ("compact", "jaeger_compact", 1),
                ("compact", "jaeger_compact", MANY),
                ("http", "jaeger_http", 1),
                ("grpc", "jaeger_grpc", 1),
                ("zipkin", "zipkin", 1),
            ];
            for (transport, listener, traces) in cases {
                let many =
                    if traces > 1 { format!(", {traces} traces in many packets") } else { String::new() };
                let case = format!("opentelemetry-python 1.21 → {listener}{many}");
                report = report.judged(&case, &sent(bench, &python, transport, listener, traces)?);
            }
        }
        Err(error) => report = report.skipped("opentelemetry-python 1.21", &format!("{error:#}")),
    }
    match node(&bench.cache) {
        Ok(node) => {
            for (transport, listener) in [("binary", "jaeger_binary"), ("http", "jaeger_http")] {
                let case = format!("npm jaeger-client 3.19 → {listener}");
                report = report.judged(&case, &sent(bench, &node, transport, listener, 1)?);
            }
        }
        Err(error) => report = report.skipped("npm jaeger-client 3.19", &format!("{error:#}")),
    }
    Ok(report)
}

/// How a sender is called, before the transport and the target.
struct Sender {
    program: PathBuf,
    script: PathBuf,
    /// Working folder: node looks for packages there.
    folder: PathBuf,
}

fn python(cache: &Path) -> Result<Sender> {
    let program = tools::venv(cache, "jaeger", &PACKAGES)?;
    let script = cache.join("jaeger_send.py");
    fs::write(&script, PYTHON)?;
    Ok(Sender { program, script, folder: cache.to_path_buf() })
}

fn node(cache: &Path) -> Result<Sender> {
    let program = packages::system("nodejs", "node")?;
    let folder = tools::npm(cache, "jaeger-client", &CLIENT)?;
    let script = folder.join("jaeger_send.js");
    fs::write(&script, NODE)?;
    Ok(Sender { program, script, folder })
}

/// Stored data that differs from the sent data.
fn sent(
    bench: &Bench,
    sender: &Sender,
    transport: &str,
    listener: &str,
    traces: usize,
) -> Result<Vec<String>> {
    let folder = tempfile::tempdir()?;
    let flags = ["jaeger-compact", "jaeger-binary", "jaeger-http", "jaeger-grpc", "zipkin"];
    let flags: Vec<String> =
        flags.iter().flat_map(|flag| [format!("--{flag}"), "127.0.0.1:0".to_owned()]).collect();
    let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
    let server = Server::on(&bench.binary, folder.path(), &flags)?;
    let ready: Value = serde_json::from_slice(&fs::read(folder.path().join("ready.json"))?)?;
    let at = ready[listener].as_str().ok_or_else(|| anyhow!("the ready file has no {listener}: {ready}"))?;
    let address = at.split("//").last().unwrap_or_default().trim_end_matches('/');
    let target = match (transport, sender.program.ends_with("node")) {
        ("http", _) => format!("http://{address}/api/traces?format=jaeger.thrift"),
        ("zipkin", _) => format!("http://{address}/api/v2/spans"),
        (_, true) => address.rsplit(':').next().unwrap_or_default().to_owned(),
        (_, false) => address.to_owned(),
    };
    let mut command = Command::new(&sender.program);
    command.current_dir(&sender.folder).arg(&sender.script).args([transport, &target, &traces.to_string()]);
    let said = shell::capture(&mut command).context("the sender failed")?;
    let spans: Vec<Value> = serde_json::from_str(&said).with_context(|| said.clone())?;

    let mut last = Vec::new();
    let settled = shell::poll(ARRIVE, || {
        last = differences(&server, &spans, transport).unwrap_or_else(|error| vec![format!("{error:#}")]);
        last.is_empty().then_some(())
    });
    // The first of them say enough.
    last.truncate(8);
    if settled.is_some() && traces > 1 {
        last.extend(packets(&ready).err().map(|error| format!("{error:#}")));
    }
    Ok(last)
}

/// Whether the server counted more than one packet.
fn packets(ready: &Value) -> Result<()> {
    let page = ready["prometheus"].as_str().unwrap_or_default().trim_end_matches('/');
    let page = Http::new(ARRIVE).get(&format!("{page}/metrics"))?;
    let page = String::from_utf8_lossy(&page.body).into_owned();
    let mut lines = page.lines().filter(|line| line.starts_with("quipu_received_requests_total{"));
    let line = lines.find(|line| line.contains(r#"outcome="ok""#) && line.contains("jaeger_compact"));
    let count = line.and_then(|line| line.rsplit(' ').next()?.parse::<u64>().ok()).unwrap_or_default();
    anyhow::ensure!(count > 1, "{count} packets: nothing was split");
    Ok(())
}

fn differences(server: &Server, sent: &[Value], transport: &str) -> Result<Vec<String>> {
    let http = Http::new(Duration::from_secs(30));
    let mut wrong = Vec::new();
    for span in sent {
        let name = |key: &str| span[key].as_str().unwrap_or_default();
        let path = format!("traces/{}/spans/{}", name("trace_id"), name("span_id"));
        let have = http.json(&server.api(&path))?["span"].clone();
        wrong.extend(
            of_span(span, &have, transport).into_iter().map(|what| format!("{}: {what}", name("name"))),
        );
    }
    let total = |key: &str| sent.iter().filter_map(|span| span["attributes"][key].as_u64()).sum::<u64>();
    let calls = sent.iter().filter(|span| span["attributes"]["gen_ai.operation.name"] == "chat").count();
    let usage = http.json(&server.api("usage"))?["total"].clone();
    let figures = [
        ("input tokens", &usage["tokens"]["input"], total("gen_ai.usage.input_tokens")),
        ("output tokens", &usage["tokens"]["output"], total("gen_ai.usage.output_tokens")),
        ("calls", &usage["llm_calls"], calls as u64),
    ];
    let off = figures.into_iter().filter(|(_, have, want)| **have != *want);
    wrong.extend(off.map(|(what, have, want)| format!("{have} {what} of {want}")));
    Ok(wrong)
}

fn of_span(sent: &Value, have: &Value, transport: &str) -> Vec<String> {
    let zipkin = transport == "zipkin";
    let mut wrong = Vec::new();
    let mut same = |what: &str, have: &Value, want: &Value| {
        if have != want {
            wrong.push(format!("{what} is {have}, not {want}"));
        }
    };
    let text = |value: &Value| if value == "" { Value::Null } else { value.clone() };
    // Zipkin has no kind for work within a process, and no links.
    let kind = if zipkin && sent["kind"] == "internal" { Value::Null } else { sent["kind"].clone() };
    let links = if zipkin { json!([]) } else { sent["links"].clone() };
    let have_links: Vec<Value> =
        items(&have["links"]).map(|link| json!([link["trace_id"], link["span_id"]])).collect();
    same("name", &have["name"], &sent["name"]);
    same("parent", &have["parent_span_id"], &sent["parent_id"]);
    same("kind", &have["span_kind"], &kind);
    same("status", &have["status"], &sent["status"]);
    same("status message", &have["status_message"], &text(&sent["status_message"]));
    same("service", &have["service"], &sent["service"]);
    same("scope", &have["source"]["instrumentation"], &text(&sent["scope"][0]));
    same("scope version", &have["source"]["version"], &text(&sent["scope"][1]));
    same("links", &json!(have_links), &links);
    same("events", &json!(items(&have["events"]).count()), &json!(items(&sent["events"]).count()));
    if !near(&have["started_at"], &sent["start_us"]) {
        wrong.push(format!("start is {}, not {} µs", have["started_at"], sent["start_us"]));
    }
    let duration = have["duration_ms"].as_f64().unwrap_or(-1.0) * 1_000.0;
    if (duration - sent["duration_us"].as_f64().unwrap_or_default()).abs() > ROUNDING {
        wrong.push(format!("duration is {duration} µs, not {}", sent["duration_us"]));
    }
    wrong.extend(lacking("attribute", &sent["attributes"], &have["attributes"], zipkin));
    for (want, have) in items(&sent["events"]).zip(items(&have["events"])) {
        if have["name"] != want[0] || !near(&have["time"], &want[1]) {
            wrong.push(format!("event {} at {} is not {want}", have["name"], have["time"]));
        }
        wrong.extend(lacking("event's attribute", &want[2], &have["attributes"], false));
    }
    wrong
}

fn items(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}

/// Sent data that is missing. Zipkin's values are texts; JavaScript's numbers are doubles.
fn lacking(what: &str, sent: &Value, have: &Value, as_text: bool) -> Vec<String> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let same = |have: &Value, sent: &Value| {
        have == sent
            || (have.is_f64() && have.as_f64() == sent.as_f64())
            || (as_text && have.is_string() && text(have) == text(sent))
    };
    let pairs = sent.as_object().into_iter().flatten();
    pairs
        .filter(|(key, sent)| !same(&have[key.as_str()], sent))
        .map(|(key, sent)| format!("{what} {key} is {}, not {sent}", have[key.as_str()]))
        .collect()
}

/// Whether a time is that many microseconds after the epoch; exporters round.
fn near(time: &Value, micros: &Value) -> bool {
    let time: Option<jiff::Timestamp> = time.as_str().and_then(|text| text.parse().ok());
    let Some((time, micros)) = time.zip(micros.as_i64()) else { return false };
    (time.as_microsecond() - micros).abs() as f64 <= ROUNDING
}
