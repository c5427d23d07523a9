//! `grafana`: tests of the files of `quipu generate grafana`. Dashboards have the types of Grafana's own
//! schema. A real Prometheus scrapes the server's demo and a program of the library, and answers every
//! expression.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use serde_json::{Value, json};

use super::prometheus::{Prometheus, Scraped, Tools, generate, pause};
use super::{Bench, Http, Report, Server, tools};
use crate::shell;

const SCHEMA: &str = "@grafana/schema@13.2.3";
const TYPESCRIPT: &str = "typescript@5.9.3";
/// JSON has words where the types have enumerations.
const LOOSE: &str = "import type { Dashboard } from '@grafana/schema';\n\
    type Loose<T> = T extends string ? `${T}` | T : T extends (infer U)[] ? Loose<U>[] : \
    T extends object ? { [K in keyof T]: Loose<T[K]> } : T;\n";
/// Values of Grafana's variables for Prometheus.
const VARIABLES: [(&str, &str); 4] =
    [("$__rate_interval", "10s"), ("$__range", "1m"), ("$service", ".*"), ("$model", ".*")];
/// How long Prometheus may take until it can answer all.
const WAIT: Duration = Duration::from_secs(60);

/// Types, then answers.
///
/// # Errors
/// The server or Prometheus does not start.
pub fn run(bench: &Bench) -> Result<Report> {
    let folder = bench.cache.join("grafana");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder)?;
    generate(&bench.binary, "grafana", &folder, &[])?;
    let tempo = folder.join("tempo");
    generate(&bench.binary, "grafana", &tempo, &["--tracing", "tempo"])?;
    let dashboards = dashboards(&folder.join("dashboards"))?;
    let other = self::dashboards(&tempo.join("dashboards"))?;
    let report = match typed(bench, &[dashboards.clone(), other].concat()) {
        Ok(report) => report,
        Err(error) => {
            Report::new().skipped("dashboards have the types of @grafana/schema", &format!("{error:#}"))
        }
    };
    let report = documents(bench, &folder, report);
    match Tools::find(&bench.cache.join("prometheus")) {
        Ok(tools) => answered(bench, &tools, &folder, &dashboards, report),
        Err(error) => Ok(report.skipped("expressions", &format!("{error:#}"))),
    }
}

fn dashboards(folder: &Path) -> Result<Vec<Value>> {
    let files = fs::read_dir(folder)?.flatten().map(|entry| entry.path());
    let mut all: Vec<Value> =
        files.map(|file| Ok(serde_json::from_str(&fs::read_to_string(file)?)?)).collect::<Result<_>>()?;
    all.sort_by_key(|dashboard| dashboard["uid"].to_string());
    Ok(all)
}

/// TypeScript against Grafana's types; and that it finds fault where there is one.
fn typed(bench: &Bench, dashboards: &[Value]) -> Result<Report> {
    let folder = tools::npm(&bench.cache, "grafana-schema", &[SCHEMA, TYPESCRIPT])?;
    let mut report = Report::new();
    for (at, dashboard) in dashboards.iter().enumerate() {
        let wrong = tsc(&folder, &format!("dashboard{at}.ts"), dashboard)?;
        report = report.judged(&format!("{} has the types of {SCHEMA}", dashboard["uid"]), &wrong);
    }
    let mut broken = dashboards.first().cloned().unwrap_or_default();
    broken["panels"][1]["gridPos"]["w"] = json!("wide");
    let found = tsc(&folder, "broken.ts", &broken)?;
    Ok(match found.is_empty() {
        true => report.failed("a broken dashboard is found out", "the types let it pass"),
        false => report.passed("a broken dashboard is found out"),
    })
}

fn tsc(folder: &Path, name: &str, dashboard: &Value) -> Result<Vec<String>> {
    fs::write(folder.join(name), format!("{LOOSE}export const d: Loose<Dashboard> = {dashboard};\n"))?;
    let mut command = Command::new(folder.join("node_modules/.bin/tsc"));
    command
        .args(["--strict", "--noEmit", "--skipLibCheck", "--module", "esnext"])
        .args(["--moduleResolution", "bundler", "--target", "es2022", name])
        .current_dir(folder);
    let output = command.output().context("tsc")?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    Ok(if output.status.success() { Vec::new() } else { vec![shell::tail(&said, 6)] })
}

/// The provisioning files are read by a YAML reader that is not ours, and say what their readers need.
fn documents(bench: &Bench, folder: &Path, report: Report) -> Report {
    let read = "import sys, yaml, json\nprint(json.dumps(yaml.safe_load(open(sys.argv[1]))))\n";
    let python = match tools::venv(&bench.cache, "yaml", &["pyyaml==6.0.3"]) {
        Ok(python) => python,
        Err(error) => return report.skipped("provisioning files", &format!("{error:#}")),
    };
    let yaml = |file: &str| -> Result<Value> {
        let text = shell::capture(Command::new(&python).args(["-c", read]).arg(folder.join(file)))?;
        Ok(serde_json::from_str(&text)?)
    };
    let judged = || -> Result<Vec<String>> {
        let sources = yaml("provisioning/datasources/quipu.yml")?;
        let provider = yaml("provisioning/dashboards/quipu.yml")?;
        let alerts = yaml("provisioning/alerting/quipu.yml")?;
        let rules = alerts["groups"][0]["rules"].as_array().cloned().unwrap_or_default();
        let presets = [
            "high_error_rate",
            "low_coverage",
            "llm_quota_exceeded",
            "guardrails_violations",
            "slow_response",
            "system_overload",
            "error_rate_high",
            "response_time_high",
            "memory_high",
            "tool_success_low",
        ];
        let mut wrong: Vec<String> = presets
            .iter()
            .filter(|name| !rules.iter().any(|rule| rule["title"] == **name))
            .map(|name| format!("no rule {name}"))
            .collect();
        let whole = |rule: &Value| {
            let asked: Vec<&Value> =
                rule["data"].as_array().into_iter().flatten().map(|data| &data["refId"]).collect();
            rule["uid"].as_str().is_some_and(|uid| uid.len() <= 40)
                && asked.contains(&&rule["condition"])
                && sources["datasources"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .any(|source| source["uid"] == rule["data"][0]["datasourceUid"])
        };
        wrong.extend(
            rules.iter().filter(|rule| !whole(rule)).map(|rule| format!("{} is not whole", rule["title"])),
        );
        if provider["providers"][0]["options"]["path"].as_str().is_none() {
            wrong.push("no folder of dashboards".to_owned());
        }
        Ok(wrong)
    };
    match judged() {
        Ok(wrong) => report.judged("provisioning files", &wrong),
        Err(error) => report.failed("provisioning files", &format!("{error:#}")),
    }
}

/// A backend without a receiver that gives up at once, so there are losses to show.
fn config(folder: &Path) -> Result<String> {
    let refuses = tools::free_port()?;
    let file = folder.join("quipu.toml");
    let text = format!(
        "backends = [\"file:{}\", \"prometheus:off\"]\n\
         [backend.prometheus]\nremote_write = {{ url = \"http://127.0.0.1:{refuses}/\" }}\n\
         delivery = {{ attempts = 1, dead_letter_bytes = 0 }}\n",
        folder.join("lines").display()
    );
    fs::write(&file, text)?;
    Ok(file.display().to_string())
}

fn answered(
    bench: &Bench,
    tools: &Tools,
    folder: &Path,
    dashboards: &[Value],
    report: Report,
) -> Result<Report> {
    let demo = Server::fresh(&bench.binary, &["--demo", "--config", &config(folder)?])?;
    tell(&demo)?;
    let program = Scraped::start(&[])?;
    let page = program.url.trim_start_matches("http://").trim_end_matches("/metrics").to_owned();
    let target = demo.prometheus.trim_start_matches("http://");
    let said = ["--target", target, "--target", &page, "--scrape-seconds", "1"];
    generate(&bench.binary, "prometheus", &folder.join("prometheus"), &said)?;
    let config = folder.join("prometheus/prometheus.yml");
    let server = Prometheus::start(&tools.prometheus, folder, &config)?;
    let mut report = report;
    for dashboard in dashboards {
        let expressions = expressions(dashboard);
        let (mut left, mut unread) = (expressions.clone(), Vec::new());
        left.retain(|expr| match server.ask("format_query", &[("query", expr.as_str())]) {
            Ok(_) => true,
            Err(error) => {
                unread.push(format!("{expr}: {error:#}"));
                false
            }
        });
        let name = dashboard["uid"].as_str().unwrap_or_default();
        report = report.judged(&format!("{name}: {} expressions are read", expressions.len()), &unread);
        let all = || {
            left.retain(|expr| !is_answered(&server, expr));
            left.is_empty().then_some(()).or_else(pause)
        };
        let _ = shell::poll(WAIT, all);
        report = report.judged(&format!("{name}: every expression is answered"), &left);
    }
    Ok(report)
}

fn expressions(dashboard: &Value) -> Vec<String> {
    let panels = dashboard["panels"].as_array().into_iter().flatten();
    let targets = panels.flat_map(|panel| panel["targets"].as_array().into_iter().flatten());
    let filled =
        |expr: &str| VARIABLES.iter().fold(expr.to_owned(), |expr, (name, value)| expr.replace(name, value));
    targets.filter_map(|target| target["expr"].as_str()).map(filled).collect()
}

/// NaN counts as an answer: without requests in the time there is no 95th percentile.
fn is_answered(server: &Prometheus, expr: &str) -> bool {
    server
        .ask("query", &[("query", expr)])
        .is_ok_and(|data| data["result"].as_array().is_some_and(|found| !found.is_empty()))
}

/// One span over OTLP, so that the server has been asked something.
fn tell(server: &Server) -> Result<()> {
    let span = json!({
        "traceId": "5b8efff798038103d269b633813fc60c", "spanId": "eee19b7ec3c1b174", "name": "check", "kind": 1,
        "startTimeUnixNano": "1795000000000000000", "endTimeUnixNano": "1795000001000000000",
    });
    let body = json!({ "resourceSpans": [{ "scopeSpans": [{ "spans": [span] }] }] }).to_string();
    let http = Http::new(Duration::from_secs(10));
    let answer = http.post(
        &format!("{}/v1/traces", server.otlp_http),
        &[("content-type", "application/json")],
        body.as_bytes(),
    )?;
    if answer.status != 200 {
        bail!("{}", anyhow!("the server answered {}", answer.status));
    }
    Ok(())
}
