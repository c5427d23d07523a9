//! Jaeger out: the backend's packets and requests, read by jaegercat, by thriftpy2 with Jaeger's own
//! definitions, and by protobuf.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::Result;

use super::super::{Bench, Report, tools};
use crate::shell;

const CRATE: &str = "quipu-backend-jaeger";
const FEATURE: [&str; 2] = ["--features", "legacy-agent"];
const SCRIPT: &str = "tests/trials/suites/jaeger_out.py";
const PYTHON: [&str; 2] = ["thriftpy2==0.7.1", "opentelemetry-proto==1.45.2"];
/// Archived, and so will stay: it has Jaeger's definitions of Thrift.
const CLIENT: &str = "jaeger-client@3.19.0";
const IDL: &str = "node_modules/jaeger-client/dist/src/jaeger-idl/thrift";
const JAEGERCAT: (&str, &str) = ("jaegercat", "0.2.1");
/// Spans of several frameworks and languages, in addition to those of the script.
const RECORDINGS: [&str; 6] = [
    "ai-sdk-v6--builtin",
    "crewai--openinference",
    "google-adk--native",
    "langgraph--openinference",
    "openai--openllmetry",
    "pydantic-ai--logfire",
];
/// Cases with their readers.
const CASES: [(&str, &str); 4] = [
    ("agent", "UDP to an agent, split at 65,000 bytes: thriftpy2 with Jaeger's definitions"),
    ("cat", "UDP to an agent: jaegercat"),
    ("collector", "HTTP to a collector, name and password: thriftpy2"),
    ("otlp", "OTLP: OpenTelemetry's Python protobuf"),
];

/// The crate's own tests with its feature, which a run of all tests leaves out, and the four readers.
///
/// # Errors
/// The sender does not build.
pub fn run(bench: &Bench, report: Report) -> Result<Report> {
    let report = report.judged("tests with the feature legacy-agent", &own_tests());
    shell::run(shell::cargo().args(["build", "--quiet", "-p", CRATE, "--example", "send"]).args(FEATURE))?;
    let readers = match Readers::find(&bench.cache) {
        Ok(readers) => readers,
        Err(error) => return Ok(report.skipped("out", &format!("{error:#}"))),
    };
    Ok(CASES.iter().fold(report, |report, (kind, case)| report.judged(case, &readers.judge(kind))))
}

fn own_tests() -> Vec<String> {
    let mut command = shell::cargo();
    command.args(["test", "--quiet", "-p", CRATE, "--lib", "--tests"]).args(FEATURE);
    shell::capture(&mut command).err().map(|error| format!("{error:#}")).into_iter().collect()
}

/// The programs that read.
struct Readers {
    python: PathBuf,
    idl: PathBuf,
    /// With jaegercat in it; what the script makes goes there.
    folder: PathBuf,
}

impl Readers {
    fn find(cache: &Path) -> Result<Self> {
        let folder = cache.join("jaeger-out");
        std::fs::create_dir_all(&folder)?;
        std::fs::copy(tools::cargo_install(cache, JAEGERCAT.0, JAEGERCAT.1)?, folder.join(JAEGERCAT.0))?;
        Ok(Self {
            python: tools::venv(cache, "jaeger-out", &PYTHON)?,
            idl: tools::npm(cache, "jaeger-client", &[CLIENT])?.join(IDL),
            folder,
        })
    }

    fn judge(&self, kind: &str) -> Vec<String> {
        let mut command = if kind == "cat" { apart(&self.python) } else { Command::new(&self.python) };
        let recordings = shell::root().join("tests/fixtures/recordings");
        command
            .arg(shell::root().join(SCRIPT))
            .arg(kind)
            .arg(shell::target().join("debug/examples/send"))
            .arg(&self.idl)
            .arg(&self.folder)
            .args(RECORDINGS.map(|name| recordings.join(name)));
        match shell::capture(&mut command) {
            Ok(said) => {
                println!("        {}", said.trim());
                Vec::new()
            }
            Err(error) => vec![format!("{error:#}")],
        }
    }
}

/// The program in a network of its own, where that is allowed: jaegercat listens on every address of the
/// machine.
fn apart(program: &Path) -> Command {
    let unshare = |command: &mut Command| {
        command.args(["--net", "--map-root-user", "sh", "-c", "ip link set lo up && exec \"$0\" \"$@\""]);
    };
    let mut probe = Command::new("unshare");
    unshare(&mut probe);
    let quiet = probe.arg("true").stdout(Stdio::null()).stderr(Stdio::null()).status();
    if !quiet.is_ok_and(|status| status.success()) {
        return Command::new(program);
    }
    let mut command = Command::new("unshare");
    unshare(&mut command);
    command.arg(program);
    command
}
