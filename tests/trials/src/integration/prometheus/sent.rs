//! Pushed metrics: remote writes to Prometheus and VictoriaMetrics, and figures left at a Pushgateway.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Result, anyhow};
use serde_json::Value;

use super::Tools;
use super::running::{Prometheus, Scraped, pause};
use crate::integration::tools::{self, Program};
use crate::integration::{Bench, Http, Report, Server, packages};
use crate::shell;

/// Expected answers of a receiver for the program's metrics.
const ANSWERS: [(&str, f64, f64); 4] = [
    ("rate(shop_tool_calls_total{job=\"scraped\"}[5s])", 50.0, 0.15),
    (
        "histogram_quantile(0.95, sum by (le) (rate(gen_ai_client_operation_duration_seconds_bucket{job=\"scraped\"}[5s])))",
        2.432,
        0.001,
    ),
    ("target_info{job=\"scraped\",service_version=\"1\"}", 1.0, 0.0),
    ("count(quipu_llm_cost_usd_total{job=\"scraped\"})", 1.0, 0.0),
];
const WAIT: Duration = Duration::from_secs(25);

pub fn run(bench: &Bench, tools: &Tools, report: Report) -> Result<Report> {
    let report = to_prometheus(bench, tools, report)?;
    let report = match packages::apt(&bench.cache, "victoria-metrics", "victoria-metrics") {
        Ok(program) => to_victoria(bench, &program, report)?,
        Err(error) => report.skipped("remote write to VictoriaMetrics", &format!("{error:#}")),
    };
    match packages::apt(&bench.cache, "prometheus-pushgateway", "prometheus-pushgateway") {
        Ok(program) => through_gateway(bench, tools, &program, report),
        Err(error) => Ok(report.skipped("Pushgateway", &format!("{error:#}"))),
    }
}

fn folder(bench: &Bench, name: &str) -> Result<std::path::PathBuf> {
    let folder = bench.cache.join("prometheus-sent").join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// A program that uses the library, and the server with what it derives from others' spans.
fn to_prometheus(bench: &Bench, tools: &Tools, mut report: Report) -> Result<Report> {
    let folder = folder(bench, "prometheus")?;
    let config = folder.join("prometheus.yml");
    fs::write(&config, "global: {scrape_interval: 1s}\n")?;
    let server = Prometheus::start(&tools.prometheus, &folder, &config)?;
    let write = format!("{}/api/v1/write", server.url);
    let program = Scraped::start(&[&format!("remote_write={write}")])?;
    server.begin_now();
    for (query, want, off) in ANSWERS {
        report = report.judged(&format!("remote write: {query}"), &server.differs(query, want, off));
    }
    report = report.judged("remote write: exemplars", &server.exemplars(&program.trace));
    drop(program);

    let quipu = folder.join("quipu.toml");
    let labels = "labels = { job = \"server\" }";
    let text = format!(
        "backends = [\"prometheus:off\"]\n[backend.prometheus]\nremote_write = {{ url = {write:?}, {labels} }}\n"
    );
    fs::write(&quipu, text)?;
    let demo = Server::fresh(&bench.binary, &["--demo", "--config", &quipu.display().to_string()])?;
    server.begin_now();
    let query = "count(count by (model) (quipu_llm_calls_total{job=\"server\"})) > bool 2";
    report = report.judged("remote write: what the server derives", &server.differs(query, 1.0, 0.0));
    demo.stop()?;
    Ok(report)
}

fn to_victoria(bench: &Bench, program: &Path, mut report: Report) -> Result<Report> {
    let folder = folder(bench, "victoria")?;
    let port = tools::free_port()?;
    let mut command = Command::new(program);
    command
        .arg(format!("-storageDataPath={}", folder.join("data").display()))
        .arg(format!("-httpListenAddr=127.0.0.1:{port}"));
    let running = Program::start(&mut command, &folder.join("victoria.log"))?;
    let http = Http::new(Duration::from_secs(5));
    let url = format!("http://127.0.0.1:{port}");
    shell::poll(WAIT, || {
        http.get(&format!("{url}/health")).ok().filter(|answer| answer.status == 200).or_else(pause)
    })
    .ok_or_else(|| anyhow!("VictoriaMetrics is not ready: {}", shell::tail(&running.said(), 5)))?;
    let program = Scraped::start(&[&format!("remote_write={url}/api/v1/write")])?;
    for (query, want, off) in ANSWERS {
        let mut last = String::new();
        let near = || {
            let found = value(&http, &url, query);
            last = format!("{found:?}, not {want}");
            found.is_some_and(|found| (found - want).abs() <= off * want).then_some(()).or_else(pause)
        };
        let wrong = if shell::poll(WAIT, near).is_some() { Vec::new() } else { vec![last] };
        report = report.judged(&format!("remote write to VictoriaMetrics: {query}"), &wrong);
    }
    drop(program);
    Ok(report)
}

/// VictoriaMetrics hides the last half minute by default.
fn value(http: &Http, url: &str, query: &str) -> Option<f64> {
    let query = super::running::encoded(query);
    let answer = http.json(&format!("{url}/api/v1/query?nocache=1&latency_offset=1ms&query={query}")).ok()?;
    let [one] = answer["data"]["result"].as_array()?.as_slice() else { return None };
    let one: &Value = one;
    one["value"][1].as_str()?.parse().ok()
}

/// The program has ended when Prometheus comes for its figures.
fn through_gateway(bench: &Bench, tools: &Tools, program: &Path, report: Report) -> Result<Report> {
    let folder = folder(bench, "gateway")?;
    let port = tools::free_port()?;
    let mut command = Command::new(program);
    command.arg(format!("--web.listen-address=127.0.0.1:{port}"));
    let running = Program::start(&mut command, &folder.join("gateway.log"))?;
    let http = Http::new(Duration::from_secs(5));
    let url = format!("http://127.0.0.1:{port}");
    shell::poll(WAIT, || {
        http.get(&format!("{url}/-/ready")).ok().filter(|answer| answer.status == 200).or_else(pause)
    })
    .ok_or_else(|| anyhow!("the Pushgateway is not ready: {}", shell::tail(&running.said(), 5)))?;
    let program = Scraped::start(&[&format!("push={url}")])?;
    std::thread::sleep(Duration::from_secs(1));
    program.finish()?;
    let config = folder.join("prometheus.yml");
    let job =
        format!("job_name: gateway, honor_labels: true, static_configs: [{{targets: ['127.0.0.1:{port}']}}]");
    fs::write(&config, format!("global: {{scrape_interval: 1s}}\nscrape_configs: [{{{job}}}]\n"))?;
    let server = Prometheus::start(&tools.prometheus, &folder, &config)?;
    let query = "shop_tool_calls_total{job=\"scraped\"} >= bool 5";
    let report =
        report.judged("Pushgateway: figures of a program that has ended", &server.differs(query, 1.0, 0.0));
    let query = "count({__name__=~\"quipu_.+\",job=\"scraped\"}) > bool 100";
    Ok(report.judged("Pushgateway: the catalogue", &server.differs(query, 1.0, 0.0)))
}
