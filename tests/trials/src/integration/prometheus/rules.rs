//! The files of `quipu generate prometheus`, judged by promtool; a rule that fires over the server's demo,
//! and the alert in Alertmanager.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::Result;
use serde_json::Value;

use super::running::Prometheus;
use super::{Tools, fed};
use crate::integration::alertmanager::Alertmanager;
use crate::integration::{Bench, Report, Server, hook, tools};
use crate::shell;

/// The demo has calls that a provider rejected for its rate limit.
const ALERT: &str = "llm_quota_exceeded";
const WAIT: Duration = Duration::from_secs(60);

pub fn run(bench: &Bench, tools: &Tools, report: Report) -> Result<Report> {
    let folder = bench.cache.join("prometheus-rules");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder)?;
    let demo = Server::fresh(&bench.binary, &["--demo"])?;
    let manager = tools::free_port()?;
    let said = [
        "--target",
        demo.prometheus.trim_start_matches("http://"),
        "--scrape-seconds",
        "1",
        "--alertmanager",
        &format!("127.0.0.1:{manager}"),
    ];
    generate(&bench.binary, "prometheus", &folder, &said)?;
    let mut report = report;
    for (case, arguments) in [
        ("promtool check config", ["check", "config", "prometheus.yml"]),
        ("promtool check rules, recording", ["check", "rules", "rules/quipu-recording.yml"]),
        ("promtool check rules, alerts", ["check", "rules", "rules/quipu-alerts.yml"]),
        ("promtool test rules", ["test", "rules", "tests/quipu-rules.yml"]),
    ] {
        let (good, words) = fed(Command::new(&tools.promtool).args(arguments).current_dir(&folder), b"")?;
        report = report.judged(case, &if good { Vec::new() } else { vec![words] });
    }
    let page =
        super::lint(&tools.promtool, &super::page(&format!("{}/metrics", demo.prometheus), "text/plain")?)?;
    report = report.judged("promtool check metrics, the server's page", &page);
    match Alertmanager::find(&bench.cache) {
        Ok(program) => fires(tools, &program, manager, &folder, report),
        Err(error) => Ok(report.skipped("Alertmanager", &format!("{error:#}"))),
    }
}

/// Runs `quipu generate`.
///
/// # Errors
/// It does not end well.
pub fn generate(binary: &Path, what: &str, folder: &Path, said: &[&str]) -> Result<()> {
    shell::capture(Command::new(binary).args(["generate", what, "--out"]).arg(folder).args(said)).map(|_| ())
}

fn fires(tools: &Tools, program: &Path, port: u16, folder: &Path, report: Report) -> Result<Report> {
    let (hook, told) = hook::listen()?;
    let config = format!(
        "route: {{receiver: hook, group_wait: 0s, group_interval: 1s}}\n\
         receivers: [{{name: hook, webhook_configs: [{{url: 'http://127.0.0.1:{hook}/'}}]}}]\n"
    );
    let _manager = Alertmanager::start(program, folder, &config, port)?;
    let server = Prometheus::start(&tools.prometheus, folder, &folder.join("prometheus.yml"))?;
    let query = "count(ALERTS{alertname=\"llm_quota_exceeded\",alertstate=\"firing\"}) > bool 0";
    let report = report.judged("Prometheus: a generated rule fires", &server.differs(query, 1.0, 0.0));
    let query = "count(quipu:llm_calls:rate5m) > bool 0";
    let report =
        report.judged("Prometheus: a generated figure is recorded", &server.differs(query, 1.0, 0.0));
    let mut last = "nothing came".to_owned();
    let heard = shell::poll(WAIT, || {
        let body: Value =
            serde_json::from_str(&told.recv_timeout(Duration::from_millis(200)).ok()?.body).ok()?;
        last = body["commonLabels"].to_string();
        let alerts = body["alerts"].as_array()?.iter();
        let mut descriptions = alerts
            .filter(|alert| alert["labels"]["alertname"] == ALERT)
            .map(|alert| alert["annotations"]["description"].clone());
        descriptions.next().map(|text| println!("        {text}"))
    });
    Ok(report.judged("Alertmanager tells of it", &if heard.is_some() { Vec::new() } else { vec![last] }))
}
