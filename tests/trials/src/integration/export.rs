//! `export`: all recordings, and every field of OTLP, through Quipu, with the third-party collector rotel
//! before or after it. Google's protobuf reads the arrived data and compares it with the sent data, field by
//! field.

use std::fs;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use serde::Deserialize;
use tempfile::TempDir;

use super::server::ANY_AGE;
use super::tools::{self, Program, free_port};
use super::{Bench, Report, Server};
use crate::shell;

const PACKAGES: [&str; 1] = ["opentelemetry-proto==1.45.2"];
/// The scripts, which import each other.
pub(super) const SCRIPTS: [(&str, &str); 4] = [
    ("record.py", include_str!("../../suites/export/record.py")),
    ("wire.py", include_str!("../../suites/export/wire.py")),
    ("everything.py", include_str!("../../suites/export/everything.py")),
    ("through.py", include_str!("../../suites/export/through.py")),
];
/// How long everything may take to arrive.
const ARRIVE_SECONDS: &str = "120";
const LISTENS: Duration = Duration::from_secs(10);

/// One way from the sender to the recorder.
struct Way {
    name: &'static str,
    /// How the collector before Quipu sends to it, if there is one.
    before: Option<&'static str>,
    /// Quipu's protocol and compression.
    out: (&'static str, &'static str),
    /// Whether the collector is behind Quipu.
    behind: bool,
}

const WAYS: [Way; 5] = [
    Way {
        name: "quipu → rotel, HTTP protobuf, gzip",
        before: None,
        out: ("http/protobuf", "gzip"),
        behind: true,
    },
    Way { name: "quipu → rotel, gRPC, gzip", before: None, out: ("grpc", "gzip"), behind: true },
    Way { name: "quipu alone, JSON, gzip", before: None, out: ("http/json", "gzip"), behind: false },
    Way {
        name: "rotel → quipu, gRPC, gzip",
        before: Some("grpc"),
        out: ("http/protobuf", "none"),
        behind: false,
    },
    Way {
        name: "rotel → quipu, HTTP protobuf, gzip",
        before: Some("http"),
        out: ("http/protobuf", "none"),
        behind: false,
    },
];

/// Sends everything along each path.
///
/// # Errors
/// A program does not come up.
pub fn run(bench: &Bench) -> Result<Report> {
    let report = Report::new();
    let python = match tools::venv(&bench.cache, "export", &PACKAGES) {
        Ok(python) => python,
        Err(error) => return Ok(report.skipped("opentelemetry-proto", &format!("{error:#}"))),
    };
    let rotel = match tools::rotel(&bench.cache) {
        Ok(rotel) => rotel,
        Err(error) => return Ok(report.skipped("rotel", &format!("{error:#}"))),
    };
    let scripts = scripts(&bench.cache)?;
    let mut report = report;
    for way in WAYS {
        let road = Road::build(&bench.binary, &python, &rotel, &scripts, &way)?;
        let told = road.send(&python, &scripts)?;
        println!("  {}: {} of {} records equal", way.name, told.equal, told.equal + told.lacking);
        report = report.judged(way.name, &told.wrong);
    }
    Ok(report)
}

/// Copies the scripts into one folder.
pub(super) fn scripts(cache: &Path) -> Result<PathBuf> {
    let folder = cache.join("export");
    fs::create_dir_all(&folder)?;
    for (name, text) in SCRIPTS {
        fs::write(folder.join(name), text)?;
    }
    Ok(folder)
}

/// Result of a path.
#[derive(Deserialize)]
struct Told {
    equal: u64,
    lacking: u64,
    wrong: Vec<String>,
}

/// The programs of a way; dropping it kills them.
struct Road {
    _programs: Vec<Program>,
    _server: Server,
    folder: TempDir,
    endpoint: String,
    options: Vec<&'static str>,
}

impl Road {
    fn build(binary: &Path, python: &Path, rotel: &Path, scripts: &Path, way: &Way) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let recorder = free_port()?;
        let mut record = Command::new(python);
        record.arg(scripts.join("record.py")).arg(recorder.to_string()).arg(folder.path().join("recorded"));
        let mut programs = vec![started(&mut record, &folder.path().join("record.log"), recorder)?];
        let mut target = format!("http://127.0.0.1:{recorder}");
        if way.behind {
            let (hop, [grpc, http]) = hop(rotel, folder.path(), &target, "http")?;
            programs.push(hop);
            target = if way.out.0 == "grpc" { grpc } else { http };
        }
        let config = folder.path().join("quipu.toml");
        fs::write(&config, settings(&target, way.out) + ANY_AGE)?;
        let config = config.to_str().ok_or_else(|| anyhow!("the temporary folder has no name in UTF-8"))?;
        let server = Server::on(binary, &folder.path().join("data"), &["--config", config])?;
        let mut endpoint = server.otlp_http.clone();
        if let Some(transport) = way.before {
            let quipu = if transport == "grpc" { &server.otlp_grpc } else { &server.otlp_http };
            let (hop, [_, http]) = hop(rotel, folder.path(), quipu, transport)?;
            programs.push(hop);
            endpoint = http;
        }
        let mut options = Vec::new();
        if way.before.is_some() {
            options.push("protobuf");
        }
        if way.before.is_some() || way.behind {
            options.push("no-entities");
        }
        Ok(Self { _programs: programs, _server: server, folder, endpoint, options })
    }

    fn send(&self, python: &Path, scripts: &Path) -> Result<Told> {
        let mut command = Command::new(python);
        command.arg(scripts.join("through.py")).arg(shell::root().join("tests/fixtures/recordings"));
        command.arg(self.folder.path().join("recorded")).args([self.endpoint.as_str(), ARRIVE_SECONDS]);
        let told = shell::capture(command.args(&self.options)).context("the sender failed")?;
        serde_json::from_str(&told).with_context(|| format!("the sender said {told}"))
    }
}

fn settings(target: &str, (protocol, compression): (&str, &str)) -> String {
    format!(
        "backends = [\"otlp\"]\n\n[backend.otlp]\nendpoint = \"{target}\"\nprotocol = \"{protocol}\"\n\
         compression = \"{compression}\"\nmapping = \"passthrough\"\n"
    )
}

/// A collector that hands on to `target`, and where it takes gRPC and HTTP.
fn hop(rotel: &Path, folder: &Path, target: &str, transport: &str) -> Result<(Program, [String; 2])> {
    let [grpc, http] = [free_port()?, free_port()?];
    let mut command = Command::new(rotel);
    command
        .args(["start", "--exporter", "otlp", "--batch-timeout", "200ms"])
        .args(["--otlp-exporter-compression", "gzip", "--otlp-exporter-protocol", transport])
        .args(["--otlp-exporter-endpoint", target])
        .args(["--otlp-grpc-endpoint", &format!("127.0.0.1:{grpc}")])
        .args(["--otlp-http-endpoint", &format!("127.0.0.1:{http}")]);
    let hop = started(&mut command, &folder.join("rotel.log"), http)?;
    Ok((hop, [grpc, http].map(|port| format!("http://127.0.0.1:{port}"))))
}

/// Starts a program and waits until it listens.
pub(super) fn started(command: &mut Command, log: &Path, port: u16) -> Result<Program> {
    let program = Program::start(command, log)?;
    shell::poll(LISTENS, || TcpStream::connect(("127.0.0.1", port)).ok()).ok_or_else(|| {
        anyhow!("nobody listens on {port} after {} s: {}", LISTENS.as_secs(), program.said())
    })?;
    Ok(program)
}
