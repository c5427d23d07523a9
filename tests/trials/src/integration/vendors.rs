//! `vendors`: the third-party products Phoenix and MLflow take Quipu's export of every recording and show the
//! tokens that Quipu counted.
//!
//! Both install 850 MB, so the suite runs only when it is named; `--only phoenix` takes one of them.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::recordings::{post, recorded, requests};
use super::server::ANY_AGE;
use super::tools::Program;
use super::{Bench, Http, Report, Server, products};
use crate::{shell, table};

/// The first start makes a database.
const READY: Duration = Duration::from_secs(180);
/// Both read what they took in their own time.
const SETTLES: Duration = Duration::from_secs(120);

/// Known differences of a vendor, with the reason: reported, and no failure.
const OPEN: [(&str, &str, &str); 4] = [
    (
        "phoenix",
        "claude-agent-sdk--native",
        "log records go out before the spans of the same calls, and stay",
    ),
    ("phoenix", "gemini-cli", "log records go out before the spans of the same calls, and stay"),
    ("mlflow", "claude-agent-sdk--native", "log records go out before the spans of the same calls, and stay"),
    ("mlflow", "google-genai--openinference", "of a trace in two requests it shows the first one's tokens"),
];

/// Input and output tokens.
type Tokens = (u64, u64);

/// A program that takes traces and adds up their tokens.
trait Vendor {
    /// The settings of a backend that sends to it, so that a recording's tokens can be asked for.
    fn settings(&self, recording: &str) -> Result<String>;

    /// The tokens that it shows for each recording.
    fn shows(&self) -> Result<BTreeMap<String, Tokens>>;
}

/// Sends every recording to each of them.
///
/// # Errors
/// A Quipu server does not start.
pub fn run(bench: &Bench) -> Result<Report> {
    let mut report = Report::new();
    let wanted = |name: &str| bench.only.is_empty() || bench.only.iter().any(|only| only == name);
    if wanted("phoenix") {
        report = judged(bench, report, "phoenix", Phoenix::start)?;
    }
    if wanted("mlflow") {
        report = judged(bench, report, "mlflow", Mlflow::start)?;
    }
    Ok(report)
}

fn judged<V: Vendor>(
    bench: &Bench,
    report: Report,
    name: &str,
    start: fn(&Path) -> Result<Option<V>>,
) -> Result<Report> {
    let vendor = match start(&bench.cache) {
        Ok(Some(vendor)) => vendor,
        Ok(None) => return Ok(report.skipped(name, "it does not come up")),
        Err(error) => return Ok(report.skipped(name, &format!("{error:#}"))),
    };
    let mut counted = BTreeMap::new();
    for folder in recorded()? {
        let recording = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let tokens =
            through(&bench.binary, &vendor.settings(&recording)?, &folder).context(recording.clone())?;
        counted.insert(recording, tokens);
    }
    let mut shown = BTreeMap::new();
    let agrees = |shown: &BTreeMap<String, Tokens>| {
        counted.iter().all(|(name, tokens)| shown.get(name).copied().unwrap_or_default() == *tokens)
    };
    shell::poll(SETTLES, || {
        std::thread::sleep(Duration::from_secs(1));
        shown = vendor.shows().ok()?;
        agrees(&shown).then_some(())
    });
    let rows: Vec<_> = counted.iter().map(|(name, tokens)| row(name, *tokens, shown.get(name))).collect();
    table::print(&["recording", "input", "output", "shown input", "shown output"], &rows);
    Ok(counted.iter().fold(report, |report, (recording, tokens)| {
        let case = format!("{name} {recording}");
        let theirs = shown.get(recording).copied().unwrap_or_default();
        let open = OPEN.iter().find(|(vendor, known, _)| (*vendor, *known) == (name, recording.as_str()));
        match open {
            _ if theirs == *tokens => report.passed(&case),
            Some((.., why)) => report.open(&case, &format!("{theirs:?} of {tokens:?}: {why}")),
            None => report.failed(&case, &format!("{theirs:?} of {tokens:?}")),
        }
    }))
}

fn row(name: &str, (input, output): Tokens, shown: Option<&Tokens>) -> Vec<String> {
    let (theirs_in, theirs_out) = shown.copied().unwrap_or_default();
    let mut row = vec![name.to_owned()];
    row.extend([input, output, theirs_in, theirs_out].map(|tokens| tokens.to_string()));
    row
}

/// Sends a recording through a server of its own to the vendor; the tokens that the server counted. It ends
/// in order, so that all is sent.
fn through(binary: &Path, settings: &str, recording: &Path) -> Result<Tokens> {
    let folder = TempDir::new()?;
    let config = folder.path().join("quipu.toml");
    fs::write(&config, settings.to_owned() + ANY_AGE)?;
    let config = config.to_str().ok_or_else(|| anyhow!("the temporary folder has no name in UTF-8"))?;
    let server = Server::on(binary, &folder.path().join("data"), &["--config", config])?;
    let total = post(&server, &requests(recording)?)?;
    server.stop()?;
    let tokens = |side: &str| total["tokens"][side].as_u64().unwrap_or_default();
    Ok((tokens("input"), tokens("output")))
}

/// The otlp backend with these lines, for what only traces are sent to.
fn otlp(lines: &str) -> String {
    format!(
        "backends = [\"otlp\"]\n\n[backend.otlp]\n{lines}logs = {{ send = false }}\nmetrics = {{ send = false }}\n"
    )
}

/// Waits until an address answers 200.
fn ready(url: &str) -> Option<()> {
    let http = Http::new(Duration::from_secs(2));
    shell::poll(READY, || http.get(url).ok().filter(|answer| answer.status == 200).map(drop))
}

/// Arize Phoenix: one project a recording.
struct Phoenix {
    _program: Program,
    _folder: TempDir,
    url: String,
}

impl Phoenix {
    fn start(cache: &Path) -> Result<Option<Self>> {
        let folder = TempDir::new()?;
        let mut launch = products::phoenix(cache, folder.path())?;
        let program = Program::start(&mut launch.command, &cache.join("phoenix.log"))?;
        let (url, up) = (launch.url, ready(&launch.ready));
        Ok(up.map(|()| Self { _program: program, _folder: folder, url }))
    }
}

impl Vendor for Phoenix {
    fn settings(&self, recording: &str) -> Result<String> {
        let url = &self.url;
        Ok(otlp(&format!(
            "endpoint = \"{url}\"\nmapping = \"openinference\"\ncompression = \"gzip\"\n\
             resource = {{ \"openinference.project.name\" = \"{recording}\" }}\n"
        )))
    }

    /// Phoenix's own totals leave out what is not of kind LLM, so its spans are added up.
    fn shows(&self) -> Result<BTreeMap<String, Tokens>> {
        let http = Http::new(Duration::from_secs(30));
        let projects = http.json(&format!("{}/v1/projects?limit=500", self.url))?;
        let mut shown = BTreeMap::new();
        for project in projects["data"].as_array().into_iter().flatten() {
            if let Some(name) = project["name"].as_str() {
                shown.insert(name.to_owned(), self.tokens(&http, name)?);
            }
        }
        Ok(shown)
    }
}

impl Phoenix {
    fn tokens(&self, http: &Http, project: &str) -> Result<Tokens> {
        let first = format!("{}/v1/projects/{project}/spans?limit=1000", self.url);
        let (mut sum, mut page) = ((0, 0), first.clone());
        loop {
            let answer = http.json(&page)?;
            for span in answer["data"].as_array().into_iter().flatten() {
                let tokens = |key: &str| span["attributes"][key].as_f64().unwrap_or_default() as u64;
                sum.0 += tokens("llm.token_count.prompt");
                sum.1 += tokens("llm.token_count.completion");
            }
            match answer["next_cursor"].as_str() {
                Some(cursor) => page = format!("{first}&cursor={cursor}"),
                None => return Ok(sum),
            }
        }
    }
}

/// `MLflow`: one experiment a recording.
struct Mlflow {
    _program: Program,
    _folder: TempDir,
    url: String,
}

impl Mlflow {
    fn start(cache: &Path) -> Result<Option<Self>> {
        let folder = TempDir::new()?;
        let mut launch = products::mlflow(cache, folder.path())?;
        let program = Program::start(&mut launch.command, &cache.join("mlflow.log"))?;
        let (url, up) = (launch.url, ready(&launch.ready));
        Ok(up.map(|()| Self { _program: program, _folder: folder, url }))
    }

    fn ask(&self, path: &str, body: &Value) -> Result<Value> {
        let http = Http::new(Duration::from_secs(30));
        let url = format!("{}/{path}", self.url);
        let answer = http.post(&url, &[("content-type", "application/json")], body.to_string().as_bytes())?;
        if answer.status != 200 {
            bail!("POST {url}: {} {}", answer.status, answer.text());
        }
        Ok(serde_json::from_slice(&answer.body)?)
    }

    /// The tokens of all traces of an experiment.
    fn tokens(&self, experiment: &str) -> Result<Tokens> {
        let place = json!({"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": experiment}});
        let mut ask = json!({"locations": [place], "max_results": 500});
        let mut sum = (0, 0);
        loop {
            let answer = self.ask("api/3.0/mlflow/traces/search", &ask)?;
            for trace in answer["traces"].as_array().into_iter().flatten() {
                let usage = trace["trace_metadata"]["mlflow.trace.tokenUsage"].as_str().unwrap_or("{}");
                let usage: Value = serde_json::from_str(usage)?;
                sum.0 += usage["input_tokens"].as_u64().unwrap_or_default();
                sum.1 += usage["output_tokens"].as_u64().unwrap_or_default();
            }
            match answer["next_page_token"].as_str().filter(|token| !token.is_empty()) {
                Some(token) => ask["page_token"] = token.into(),
                None => return Ok(sum),
            }
        }
    }
}

impl Vendor for Mlflow {
    fn settings(&self, recording: &str) -> Result<String> {
        let made = self.ask("api/2.0/mlflow/experiments/create", &json!({"name": recording}))?;
        let id = made["experiment_id"].as_str().ok_or_else(|| anyhow!("MLflow said {made}"))?;
        let url = &self.url;
        Ok(otlp(&format!(
            "endpoint = \"{url}\"\nmapping = \"genai\"\nheaders = {{ x-mlflow-experiment-id = \"{id}\" }}\n"
        )))
    }

    fn shows(&self) -> Result<BTreeMap<String, Tokens>> {
        let found = self.ask("api/2.0/mlflow/experiments/search", &json!({"max_results": 1000}))?;
        let mut shown = BTreeMap::new();
        for experiment in found["experiments"].as_array().into_iter().flatten() {
            let (Some(name), Some(id)) = (experiment["name"].as_str(), experiment["experiment_id"].as_str())
            else {
                continue;
            };
            shown.insert(name.to_owned(), self.tokens(id)?);
        }
        Ok(shown)
    }
}
