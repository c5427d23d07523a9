//! `otlp`: third-party senders — the OpenTelemetry SDK for Python, alone and through the collector rotel.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use serde_json::Value;

use super::tools::{self, free_port};
use super::{Bench, Http, Report, Server};
use crate::shell;

const SENDER: &str = include_str!("../../suites/otlp_send.py");
const PACKAGES: [&str; 3] = [
    "opentelemetry-sdk>=1.36",
    "opentelemetry-exporter-otlp-proto-http>=1.36",
    "opentelemetry-exporter-otlp-proto-grpc>=1.36",
];
const TRACES: u64 = 400;
/// A collector hands on in its own time.
const ARRIVE: Duration = Duration::from_secs(30);

/// Sends by HTTP and gRPC, both with gzip, straight and through a collector; compares totals.
///
/// # Errors
/// A server does not come up.
pub fn run(bench: &Bench) -> Result<Report> {
    let report = Report::new();
    let python = match tools::venv(&bench.cache, "otlp", &PACKAGES) {
        Ok(python) => python,
        Err(error) => return Ok(report.skipped("opentelemetry-python", &format!("{error:#}"))),
    };
    let script = bench.cache.join("otlp_send.py");
    fs::write(&script, SENDER)?;
    let send = |transport: &str, endpoint: &str, server: &Server| -> Result<Vec<String>> {
        let count = TRACES.to_string();
        let mut sender = Command::new(&python);
        sender.arg(&script).args([transport, endpoint, transport, count.as_str()]);
        let sent = shell::capture(&mut sender).context("the sender failed")?;
        differences(server, &serde_json::from_str(&sent)?)
    };
    let mut report = report;
    for transport in ["http", "grpc"] {
        let server = Server::fresh(&bench.binary, &[])?;
        let endpoint = if transport == "http" { server.otlp_http.clone() } else { server.otlp_grpc.clone() };
        report = report
            .judged(&format!("opentelemetry-python {transport} gzip"), &send(transport, &endpoint, &server)?);
    }
    let rotel = match tools::rotel(&bench.cache) {
        Ok(rotel) => rotel,
        Err(error) => return Ok(report.skipped("rotel", &format!("{error:#}"))),
    };
    for transport in ["http", "grpc"] {
        let server = Server::fresh(&bench.binary, &[])?;
        let hop = Hop::start(&rotel, &bench.cache, transport, &server)?;
        let case = format!("opentelemetry-python → rotel → {transport} gzip");
        report = report.judged(&case, &send("grpc", &hop.endpoint, &server)?);
    }
    Ok(report)
}

/// A collector between the sender and us.
struct Hop {
    child: Child,
    endpoint: String,
}

impl Hop {
    fn start(rotel: &Path, cache: &Path, transport: &str, server: &Server) -> Result<Self> {
        let (grpc, http) = (free_port()?, free_port()?);
        let target = if transport == "http" { &server.otlp_http } else { &server.otlp_grpc };
        let log = File::create(cache.join(format!("rotel-{transport}.log")))?;
        let child = Command::new(rotel)
            .args([
                "start",
                "--exporter",
                "otlp",
                "--batch-timeout",
                "200ms",
                "--otlp-exporter-compression",
                "gzip",
            ])
            .args(["--otlp-grpc-endpoint", &format!("127.0.0.1:{grpc}")])
            .args(["--otlp-http-endpoint", &format!("127.0.0.1:{http}")])
            .args(["--otlp-exporter-endpoint", target, "--otlp-exporter-protocol", transport])
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()?;
        let hop = Self { child, endpoint: format!("http://127.0.0.1:{grpc}") };
        let listens = || std::net::TcpStream::connect(("127.0.0.1", grpc)).ok();
        shell::poll(Duration::from_secs(10), listens)
            .ok_or_else(|| anyhow!("rotel does not listen after 10 s"))?;
        Ok(hop)
    }
}

impl Drop for Hop {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Differences between sent and shown data, once all has arrived.
fn differences(server: &Server, sent: &Value) -> Result<Vec<String>> {
    let http = Http::new(Duration::from_secs(30));
    let ask = || -> Result<Vec<String>> {
        let usage = http.json(&server.api("usage"))?["total"].clone();
        let tools = http.json(&server.api("tools"))?["tools"][0].clone();
        let have = [
            ("llm_calls", &usage["llm_calls"]),
            ("input", &usage["tokens"]["input"]),
            ("output", &usage["tokens"]["output"]),
            ("tool_calls", &tools["calls"]),
            ("tool_errors", &tools["errors"]),
        ];
        let off = have.into_iter().filter(|(name, have)| **have != sent[*name]);
        Ok(off.map(|(name, have)| format!("{name} {have} of {}", sent[name])).collect())
    };
    let mut last = Vec::new();
    let settled = shell::poll(ARRIVE, || match ask() {
        Ok(off) if off.is_empty() => Some(()),
        Ok(off) => {
            last = off;
            None
        }
        Err(error) => {
            last = vec![format!("{error:#}")];
            None
        }
    });
    Ok(if settled.is_some() { Vec::new() } else { last })
}
