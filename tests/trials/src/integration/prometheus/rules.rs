//! The files of `quipu generate prometheus`, judged by promtool; a rule that fires over the server's demo,
//! and the alert in Alertmanager.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use anyhow::{Result, anyhow};
use serde_json::Value;

use super::running::{Prometheus, pause};
use super::{Tools, fed};
use crate::integration::tools::{self, Program};
use crate::integration::{Bench, Http, Report, Server, packages};
use crate::shell;

/// The demo has calls that a provider rejected for its rate limit.
const ALERT: &str = "llm_quota_exceeded";
const WAIT: Duration = Duration::from_secs(60);
/// Debian's Alertmanager reads its templates from here; the path is compiled in.
const TEMPLATES: &str = "/usr/share/prometheus/alertmanager/default.tmpl";

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
    match packages::apt(&bench.cache, "prometheus-alertmanager", "prometheus-alertmanager") {
        Ok(_) if !Path::new(TEMPLATES).is_file() => {
            Ok(report.skipped("Alertmanager", &format!("{TEMPLATES} is lacking: only root can install it")))
        }
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
    let (hook, told) = listen()?;
    let config = folder.join("alertmanager.yml");
    fs::write(
        &config,
        format!(
            "route: {{receiver: hook, group_wait: 0s, group_interval: 1s}}\n\
             receivers: [{{name: hook, webhook_configs: [{{url: 'http://127.0.0.1:{hook}/'}}]}}]\n"
        ),
    )?;
    let mut command = Command::new(program);
    command
        .arg(format!("--config.file={}", config.display()))
        .arg(format!("--storage.path={}", folder.join("alerts").display()))
        .arg(format!("--web.listen-address=127.0.0.1:{port}"))
        .arg("--cluster.listen-address=");
    let manager = Program::start(&mut command, &folder.join("alertmanager.log"))?;
    let http = Http::new(Duration::from_secs(5));
    let ready =
        || http.get(&format!("http://127.0.0.1:{port}/-/ready")).ok().filter(|answer| answer.status == 200);
    shell::poll(Duration::from_secs(15), || ready().or_else(pause))
        .ok_or_else(|| anyhow!("Alertmanager is not ready: {}", shell::tail(&manager.said(), 5)))?;
    let server = Prometheus::start(&tools.prometheus, folder, &folder.join("prometheus.yml"))?;
    let query = "count(ALERTS{alertname=\"llm_quota_exceeded\",alertstate=\"firing\"}) > bool 0";
    let report = report.judged("Prometheus: a generated rule fires", &server.differs(query, 1.0, 0.0));
    let query = "count(quipu:llm_calls:rate5m) > bool 0";
    let report =
        report.judged("Prometheus: a generated figure is recorded", &server.differs(query, 1.0, 0.0));
    let mut last = "nothing came".to_owned();
    let heard = shell::poll(WAIT, || {
        let body: Value = serde_json::from_str(&told.recv_timeout(Duration::from_millis(200)).ok()?).ok()?;
        last = body["commonLabels"].to_string();
        let alerts = body["alerts"].as_array()?.iter();
        let mut descriptions = alerts
            .filter(|alert| alert["labels"]["alertname"] == ALERT)
            .map(|alert| alert["annotations"]["description"].clone());
        descriptions.next().map(|text| println!("        {text}"))
    });
    Ok(report.judged("Alertmanager tells of it", &if heard.is_some() { Vec::new() } else { vec![last] }))
}

/// A receiver of webhooks: gives the bodies that it gets.
fn listen() -> Result<(u16, Receiver<String>)> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let port = listener.local_addr()?.port();
    let (tell, told) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            if let Some(body) = body(stream)
                && tell.send(body).is_err()
            {
                return;
            }
        }
    });
    Ok((port, told))
}

/// The body of one request, answered with 200 at once.
fn body(stream: TcpStream) -> Option<String> {
    stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
    let mut reader = BufReader::new(stream);
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let line = line.trim().to_ascii_lowercase();
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
        if line.is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    reader.get_mut().write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").ok()?;
    String::from_utf8(body).ok()
}
