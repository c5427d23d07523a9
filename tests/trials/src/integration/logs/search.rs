//! Elasticsearch: documents accepted by a cluster that is strict by the documentation, through HTTPS and
//! errors.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use serde_json::{Value, json};

use super::front::Front;
use super::judged::{check, config, differs, fields, serve};
use super::load;
use super::trust::Trust;
use crate::integration::tools::{self, Program, free_port};
use crate::integration::{Bench, Http, Report, packages};
use crate::shell;

const CLUSTER: &str = include_str!("../../../suites/logs/cluster.py");
const CLIENT: &str = include_str!("../../../suites/logs/client.py");
const FIELDS: &str = include_str!("../../../suites/logs/fields.cjs");
const ECS: &str = "@elastic/ecs@9.4.0";
const ARRIVE: Duration = Duration::from_secs(60);

/// A busy cluster, rejected documents, an untrusted certificate; then Elastic's client and definition of ECS.
pub fn run(bench: &Bench, folder: &Path, python: &Path, caddy: &Path, report: Report) -> Result<Report> {
    let cluster = Cluster::start(python, folder)?;
    let front = Front::start(caddy, folder, cluster.port)?;
    let settings =
        |ca: &Path| format!("url = \"{}\"\napi_key = \"id:key\"\ntls = {{ ca_file = {ca:?} }}", front.url);
    let openssl = packages::apt(&bench.cache, "openssl", "openssl")?;
    let theirs = Trust::make(&openssl, &folder.join("theirs"))?;
    let wrong = config(folder, "wrong", "elasticsearch", &settings(&theirs.ca))?;
    let refused = differs(&check(bench, "elasticsearch", &wrong)?, false, ("reach", "ertificate"));
    let report = report.judged("elasticsearch, HTTPS: a wrong certificate is refused", &refused);
    let right = config(folder, "right", "elasticsearch", &settings(&front.root))?;
    let report = report.judged(
        "elasticsearch, HTTPS: delivered through 503, 429 and refusals",
        &delivered(bench, &right, &cluster)?,
    );
    let accepted = differs(&check(bench, "elasticsearch", &right)?, true, ("logs", "accepted an event"));
    let report = report.judged("elasticsearch, HTTPS: quipu check", &accepted);
    let script = folder.join("client.py");
    fs::write(&script, CLIENT)?;
    let said = shell::capture(Command::new(python).arg(&script).arg(cluster.url()))?;
    let report = report.judged("elasticsearch-py takes our templates", &list(&said)?);
    match ecs(bench, folder, &cluster) {
        Ok(wrong) => Ok(report.judged("fields are those of @elastic/ecs", &wrong)),
        Err(error) => Ok(report.skipped("fields are those of @elastic/ecs", &format!("{error:#}"))),
    }
}

fn list(said: &str) -> Result<Vec<String>> {
    serde_json::from_str(said.lines().last().unwrap_or_default()).with_context(|| said.to_owned())
}

/// Types of our fields, next to those of Elastic's own package.
fn ecs(bench: &Bench, folder: &Path, cluster: &Cluster) -> Result<Vec<String>> {
    let package = tools::npm(&bench.cache, "ecs", &[ECS])?;
    let (script, mappings) = (folder.join("fields.cjs"), folder.join("mappings.json"));
    fs::write(&script, FIELDS)?;
    let puts = cluster.state()?["puts"]["_component_template/quipu-fields"]["template"]["mappings"].clone();
    fs::write(&mappings, puts.to_string())?;
    let node = packages::system("nodejs", "node")?;
    list(&shell::capture(Command::new(node).arg(&script).arg(&mappings).current_dir(package))?)
}

/// Sends the load through a server while the cluster is not well, and says what is otherwise than it should
/// be.
fn delivered(bench: &Bench, to: &Path, cluster: &Cluster) -> Result<Vec<String>> {
    cluster.faults(&json!({"whole": 2, "every": 3, "refuse": 1}))?;
    let server = serve(bench, to)?;
    load::send(&server)?;
    // One record is permanently rejected; the cluster chooses it.
    let want = 5 * load::TRACES - 1;
    let mut state = Value::Null;
    let count = |state: &Value| -> u64 {
        // Figures that the server itself derives come with time.
        let indices = state["documents"].as_object().into_iter().flatten();
        let indices = indices.filter(|(name, _)| !name.starts_with("metrics-"));
        indices.map(|(_, documents)| documents.as_array().map_or(0, |list| list.len() as u64)).sum()
    };
    let arrived = |want: u64, state: &mut Value| {
        shell::poll(ARRIVE, || {
            *state = cluster.state().ok()?;
            (count(state) >= want).then_some(())
        })
    };
    arrived(want, &mut state);
    let mut replayed = state.clone();
    let letters = server.api("backends/elasticsearch/dead-letters");
    let held = cluster.http.json(&letters)?["dead_letters"].clone();
    cluster.http.post(&format!("{letters}/replay"), &[("content-type", "application/json")], b"{}")?;
    arrived(want + 1, &mut replayed);
    server.stop()?;
    let mut wrong: Vec<String> = Vec::new();
    if count(&state) != want {
        wrong.push(format!("{} documents of {want}", count(&state)));
    }
    wrong.extend(fields("dead letter", &held[0], &[("reason", json!("refused")), ("records", json!(1))]));
    if count(&replayed) != want + 1 {
        wrong.push(format!("{} documents after the replay, not {}", count(&replayed), want + 1));
    }
    let problems = replayed["problems"].as_array().cloned().unwrap_or_default();
    wrong.extend(problems.iter().take(5).map(ToString::to_string));
    wrong.extend(fields("cluster", &state["seen"], &[("refused", json!(1))]));
    if state["seen"]["again"].as_u64().is_none_or(|again| again == 0) {
        wrong.push("no record was answered 429".to_owned());
    }
    wrong.extend(fields("cluster", &state, &[("auth", json!(["ApiKey aWQ6a2V5"]))]));
    wrong.extend(documents(&state["documents"]));
    wrong.truncate(8);
    Ok(wrong)
}

/// Documents for a call, a tool, a log record and a ledger row.
fn documents(of: &Value) -> Vec<String> {
    let all = |index: &str| of[index].as_array().cloned().unwrap_or_default();
    let find = |index: &str, key: &str, value: &str| -> Value {
        // The first may be the rejected one.
        all(index).into_iter().rfind(|one| one[key] == value).unwrap_or_default()
    };
    let call = find("traces-quipu-default", "quipu.kind", "llm");
    let mut wrong = fields(
        "call",
        &call,
        &[
            ("service.name", json!("shop")),
            ("host.name", json!("web-1")),
            ("process.pid", json!(7)),
            ("event.duration", json!(1_240_000_000)),
            ("event.outcome", json!("success")),
            ("gen_ai.usage.input_tokens", json!(load::INPUT)),
            ("gen_ai.usage.output_tokens", json!(load::OUTPUT)),
            ("gen_ai.request.model", json!("gpt-4o-mini")),
            ("quipu.cost.usd", json!(0.0000312)),
        ],
    );
    let long: Value =
        serde_json::from_str(call["attributes_long"].as_str().unwrap_or_default()).unwrap_or_default();
    if long["gen_ai.input.messages"].as_str().map_or(0, str::len) != 48_000 {
        wrong.push("the prompt is not in attributes_long".to_owned());
    }
    let tool = find("traces-quipu-default", "quipu.kind", "tool");
    let failed = [
        ("event.outcome", json!("failure")),
        ("error.type", json!("Timeout")),
        ("error.message", json!(load::WHY)),
    ];
    wrong.extend(fields("tool", &tool, &failed));
    let note = find("logs-quipu-default", "event.action", "agent.note");
    wrong.extend(fields("event", &note, &[("message", json!(load::TEXT)), ("log.level", json!("warning"))]));
    let costs: Vec<Value> = of
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(name, _)| name.starts_with("quipu-costs-"))
        .flat_map(|(_, list)| list.as_array().cloned().unwrap_or_default())
        .collect();
    let sum: f64 = costs.iter().filter_map(|row| row["quipu.cost.usd"].as_f64()).sum();
    let want = 0.0000312 * load::TRACES as f64;
    // The row of one call may be the rejected record.
    if (sum - want).abs() > 0.0000313 {
        wrong.push(format!("rows cost {sum} together, not {want}"));
    }
    wrong
}

/// The model of a cluster.
struct Cluster {
    _program: Program,
    port: u16,
    http: Http,
}

impl Cluster {
    fn start(python: &Path, folder: &Path) -> Result<Self> {
        let (port, script) = (free_port()?, folder.join("cluster.py"));
        fs::write(&script, CLUSTER)?;
        let program = Program::start(
            Command::new(python).arg(&script).arg(port.to_string()),
            &folder.join("cluster.log"),
        )?;
        let cluster = Self { _program: program, port, http: Http::new(Duration::from_secs(10)) };
        shell::poll(Duration::from_secs(20), || cluster.state().ok()).ok_or_else(|| {
            anyhow!("the cluster does not come up: {}", shell::tail(&cluster._program.said(), 5))
        })?;
        Ok(cluster)
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    fn state(&self) -> Result<Value> {
        self.http.json(&format!("{}/__state", self.url()))
    }

    fn faults(&self, of: &Value) -> Result<()> {
        let url = format!("{}/__faults", self.url());
        self.http.post(&url, &[("content-type", "application/json")], of.to_string().as_bytes())?;
        Ok(())
    }
}
