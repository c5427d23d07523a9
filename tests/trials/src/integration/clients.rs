//! `clients`: the helpers for Python and TypeScript with the real OpenTelemetry SDKs, and programs that end
//! by SIGTERM: no span is lost without a report.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use serde_json::Value;

use super::{Bench, Http, Report, Server, tools};
use crate::shell;

const USE_PY: &str = include_str!("../../suites/clients/use.py");
const USE_TS: &str = include_str!("../../suites/clients/use.ts");
const END_PY: &str = include_str!("../../suites/clients/end.py");
const END_TS: &str = include_str!("../../suites/clients/end.ts");

const PYPI: [&str; 2] = ["opentelemetry-sdk==1.45.2", "opentelemetry-exporter-otlp-proto-http==1.45.2"];
const NPM: [&str; 7] = [
    "node@24.21.0",
    "@opentelemetry/api@1.10.0",
    "@opentelemetry/context-async-hooks@3.1.1",
    "@opentelemetry/core@3.1.1",
    "@opentelemetry/exporter-trace-otlp-proto@0.301.1",
    "@opentelemetry/resources@3.1.1",
    "@opentelemetry/sdk-trace@3.1.1",
];
/// Runs that end by SIGTERM, for each language.
const RUNS: usize = 100;
/// Every so many runs have no server that they could reach.
const UNREACHABLE: usize = 10;
/// Runs at a time.
const AT_ONCE: usize = 4;
/// Lines of a helper.
const LINES: usize = 200;

/// A language: how to start its programs.
struct Language {
    name: &'static str,
    helper: PathBuf,
    start: Box<dyn Fn(&str) -> Command>,
}

/// Uses each helper as its guide says, and ends programs by SIGTERM.
///
/// # Errors
/// The server does not come up.
pub fn run(bench: &Bench) -> Result<Report> {
    let folder = tempfile::tempdir()?;
    let config = folder.path().join("quipu.toml");
    fs::write(&config, "[budgets.daily]\nlimit_usd = \"5.00\"\nperiod = \"day\"\n")?;
    let data = folder.path().join("data");
    let server = Server::on(&bench.binary, &data, &["--config", &config.to_string_lossy()])?;
    let mut report = Report::new();
    for (name, language) in [("python", python(bench, folder.path())), ("typescript", typescript(bench))] {
        let language = match language {
            Ok(language) => language,
            Err(error) => {
                report = report.skipped(name, &format!("{error:#}"));
                continue;
            }
        };
        let lines = fs::read_to_string(&language.helper)?.lines().count();
        let long = (lines > LINES).then(|| format!("{lines} lines; at most {LINES}"));
        report = report.judged(&format!("the helper of {name} is short"), long.as_slice());
        let wrong = used(&language, &server).err().map(|error| format!("{error:#}"));
        report = report.judged(&format!("{name}: context, score and budget"), wrong.as_slice());
        let wrong = ended(&language, &server)?;
        report =
            report.judged(&format!("{name}: {RUNS} of {RUNS} runs lose nothing unsaid at SIGTERM"), &wrong);
    }
    Ok(report)
}

fn python(bench: &Bench, folder: &Path) -> Result<Language> {
    let python = tools::venv(&bench.cache, "clients", &PYPI)?;
    let folder = folder.to_owned();
    fs::write(folder.join("use.py"), USE_PY)?;
    fs::write(folder.join("end.py"), END_PY)?;
    let clients = shell::root().join("clients/python");
    let helper = clients.join("quipu.py");
    let start = Box::new(move |script: &str| {
        let mut command = Command::new(&python);
        command.arg(folder.join(format!("{script}.py"))).arg(&clients).env("PYTHONDONTWRITEBYTECODE", "1");
        command
    });
    Ok(Language { name: "python", helper, start })
}

fn typescript(bench: &Bench) -> Result<Language> {
    let folder = tools::npm(&bench.cache, "clients", &NPM)?;
    let helper = shell::root().join("clients/typescript/quipu.ts");
    // Node.js looks for packages beside the program.
    fs::copy(&helper, folder.join("quipu.ts"))?;
    fs::write(folder.join("use.ts"), USE_TS)?;
    fs::write(folder.join("end.ts"), END_TS)?;
    fs::write(folder.join("package.json"), "{\"type\": \"module\"}\n")?;
    let start = Box::new(move |script: &str| {
        let mut command = Command::new(folder.join("node_modules/.bin/node"));
        command.arg(folder.join(format!("{script}.ts"))).env("NODE_NO_WARNINGS", "1");
        command
    });
    Ok(Language { name: "typescript", helper, start })
}

/// Runs the program of the guide, and compares the records of the server.
fn used(language: &Language, server: &Server) -> Result<()> {
    let mut program = (language.start)("use");
    let said = shell::capture(program.env("QUIPU_URL", &server.http))?;
    let said: Value = serde_json::from_str(said.lines().last().unwrap_or_default()).context("its output")?;
    let http = Http::new(Duration::from_secs(30));
    let trace = said["trace"].as_str().ok_or_else(|| anyhow!("no trace: {said}"))?;
    let found = http.json(&server.api(&format!("traces/{trace}")))?;
    let summary = http.json(&server.api("traces?session=s-17&user=u-4&tag=beta&limit=10"))?;
    if !summary["traces"].as_array().is_some_and(|all| all.iter().any(|one| one["trace_id"] == trace)) {
        bail!("no trace with session, user and tags: {summary}");
    }
    if found["spans"].as_array().map_or(0, Vec::len) != 2 {
        bail!("the trace has other spans than two: {found}");
    }
    let scores = http.json(&server.api(&format!("scores?trace_id={trace}")))?;
    if scores["scores"][0]["id"] != said["score"] || scores["scores"][0]["value"] != 0.8 {
        bail!("the score is {scores}, expected {said}");
    }
    if said["budget"] != serde_json::json!([true, false]) {
        bail!("the verdicts are {}, expected allowed and refused", said["budget"]);
    }
    if !said["error"].as_str().is_some_and(|error| error.contains("404")) {
        bail!("an unknown budget gives {}", said["error"]);
    }
    Ok(())
}

/// A program at work that will get SIGTERM.
struct Run {
    service: String,
    child: Child,
}

/// What a run said.
struct Said {
    ended: u64,
    lost: u64,
}

/// Ends runs by SIGTERM after different times; the findings are runs whose spans are neither stored nor
/// reported as lost.
fn ended(language: &Language, server: &Server) -> Result<Vec<String>> {
    let mut said: BTreeMap<String, Said> = BTreeMap::new();
    let mut wrong = Vec::new();
    let numbers: Vec<usize> = (0..RUNS).collect();
    for some in numbers.chunks(AT_ONCE) {
        let runs: Vec<Run> =
            some.iter().map(|number| started(language, server, *number)).collect::<Result<_>>()?;
        for (run, number) in runs.into_iter().zip(some) {
            let service = run.service.clone();
            match finished(run, *number) {
                Ok(found) => drop(said.insert(service, found)),
                Err(error) => wrong.push(format!("{service}: {error:#}")),
            }
        }
    }
    let stored = stored(language, server)?;
    let (mut spans, mut losses) = (0, 0);
    for (service, said) in &said {
        let found = stored.get(service).copied().unwrap_or_default();
        spans += said.ended;
        losses += said.lost;
        // The last span may have ended without its byte.
        if found + said.lost < said.ended {
            wrong.push(format!(
                "{service}: {} spans ended, {found} are stored, {} were reported",
                said.ended, said.lost
            ));
        }
    }
    println!("        {spans} spans, {losses} reported as lost, most of them by the runs without a server");
    Ok(wrong)
}

fn started(language: &Language, server: &Server, number: usize) -> Result<Run> {
    let service = format!("{}-{number:03}", language.name);
    let url = if number.is_multiple_of(UNREACHABLE) { "http://127.0.0.1:9" } else { &server.http };
    let mut command = (language.start)("end");
    command.arg(&service).env("QUIPU_URL", url).stdin(Stdio::null());
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().context("cannot start it")?;
    Ok(Run { service, child })
}

/// Sends SIGTERM some time after the first span, and reads what the run said.
fn finished(mut run: Run, number: usize) -> Result<Said> {
    let mut output = run.child.stdout.take().context("no output")?;
    let mut first = [0];
    output.read_exact(&mut first).context("it ended no span")?;
    // Every phase of the helper's batches of 200 ms is met.
    std::thread::sleep(Duration::from_millis(u64::try_from(number * 37 % 450)?));
    shell::signal("TERM", &[run.child.id().to_string()])?;
    let reader = std::thread::spawn(move || {
        let mut rest = Vec::new();
        output.read_to_end(&mut rest).map(|_| rest.len())
    });
    let mut errors = String::new();
    run.child.stderr.take().context("no errors")?.read_to_string(&mut errors)?;
    let rest = reader.join().map_err(|_| anyhow!("its output cannot be read"))??;
    let status = run.child.wait()?;
    if status.success() {
        bail!("it did not end by the signal: {status} {errors}");
    }
    let reported =
        errors.lines().find_map(|line| line.strip_prefix("quipu: ")?.split(' ').next()?.parse().ok());
    let lost: u64 = reported.unwrap_or_default();
    let ended = 1 + u64::try_from(rest)?;
    let is_reachable = !number.is_multiple_of(UNREACHABLE);
    if is_reachable && lost > ended / 5 {
        bail!("{lost} of {ended} spans were lost, although the server was there: {errors}");
    }
    if !is_reachable && lost < ended {
        bail!("{lost} of {ended} spans were reported as lost, and there was no server: {errors}");
    }
    Ok(Said { ended, lost })
}

/// Stored spans by service.
fn stored(language: &Language, server: &Server) -> Result<BTreeMap<String, u64>> {
    let http = Http::new(Duration::from_secs(60));
    let asked =
        format!("query?from=spans&group_by=service&top=1000&since=-1h&filter=service:{}-*", language.name);
    let found = http.json(&server.api(&asked))?;
    let groups = found["groups"].as_array().ok_or_else(|| anyhow!("no groups: {found}"))?;
    let count = |group: &Value| {
        let name = group["key"]["service"].as_str().or_else(|| group["key"][0].as_str())?.to_owned();
        Some((name, group["count"].as_u64()?))
    };
    groups
        .iter()
        .map(|group| count(group).ok_or_else(|| anyhow!("a group without service: {group}")))
        .collect()
}
