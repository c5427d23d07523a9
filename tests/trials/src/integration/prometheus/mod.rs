//! `prometheus`: promtool on the page of a program that uses the library, and a real Prometheus that scrapes
//! it and answers.

mod documented;
mod rules;
mod running;
mod sent;

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use super::{Bench, Report, packages, tools};
use crate::shell;
pub use rules::generate;
pub use running::{Prometheus, Scraped, pause};

const OPEN_METRICS: &str = "application/openmetrics-text;version=1.0.0";
/// The Python client's reader of OpenMetrics is strict, and not ours; promtool reads text only.
const READER: &str = "prometheus-client>=0.20";
const READ: &str = "import sys\n\
                    from prometheus_client.openmetrics.parser import text_string_to_metric_families as read\n\
                    print(sum(len(family.samples) for family in read(sys.stdin.read())))\n";
/// Expected answers of Prometheus for the program's metrics: a query, the value, and the tolerance.
const ANSWERS: [(&str, f64, f64); 6] = [
    ("up", 1.0, 0.0),
    ("rate(shop_tool_calls_total[5s])", 50.0, 0.1),
    ("rate(orders_total[5s])", 30.0, 0.1),
    (
        "histogram_quantile(0.95, sum by (le) (rate(gen_ai_client_operation_duration_seconds_bucket[5s])))",
        2.432,
        0.001,
    ),
    (
        "sum(rate(gen_ai_client_operation_duration_seconds_sum[5s])) / \
         sum(rate(gen_ai_client_operation_duration_seconds_count[5s]))",
        1.285,
        0.001,
    ),
    (
        "sum(shop_tool_calls_total * on (instance) group_left (service_name) target_info{service_name=\"scraped\"}) > bool 0",
        1.0,
        0.0,
    ),
];

/// Both formats checked, both read, queries answered.
///
/// # Errors
/// The program does not build, or Prometheus does not start.
pub fn run(bench: &Bench) -> Result<Report> {
    let report = Report::new();
    let tools = match Tools::find(&bench.cache) {
        Ok(tools) => tools,
        Err(error) => return Ok(report.skipped("prometheus", &format!("{error:#}"))),
    };
    let report = documented::run(&tools, report)?;
    let program = Scraped::start(&[])?;
    let report = report
        .judged("promtool check metrics, text", &lint(&tools.promtool, &page(&program.url, "text/plain")?)?);
    let open = page(&program.url, OPEN_METRICS)?;
    let report = match read_open_metrics(&bench.cache.join("prometheus-venv"), &open) {
        Ok(wrong) => report.judged("prometheus_client reads OpenMetrics", &wrong),
        Err(error) => report.skipped("prometheus_client reads OpenMetrics", &format!("{error:#}")),
    };
    let server = Prometheus::scraping(&tools.prometheus, &bench.cache.join("prometheus-data"), &program.url)?;
    let mut report = report;
    for (query, want, off) in ANSWERS {
        report = report.judged(query, &server.differs(query, want, off));
    }
    let report = report.judged("exemplars", &server.exemplars(&program.trace));
    drop((server, program));
    let report = sent::run(bench, &tools, report)?;
    rules::run(bench, &tools, report)
}

/// The programs that judge us.
pub struct Tools {
    pub prometheus: PathBuf,
    pub promtool: PathBuf,
}

impl Tools {
    /// Finds them, or brings Debian's package.
    ///
    /// # Errors
    /// They are not there and cannot be brought.
    pub fn find(cache: &Path) -> Result<Self> {
        let bring = |program| packages::apt(cache, "prometheus", program);
        Ok(Self { prometheus: bring("prometheus")?, promtool: bring("promtool")? })
    }
}

/// The page in the format that `accept` asks for.
fn page(url: &str, accept: &str) -> Result<Vec<u8>> {
    let response = ureq::get(url).header("accept", accept).call().with_context(|| format!("GET {url}"))?;
    let said =
        response.headers().get("content-type").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let wanted = accept.split(';').next().unwrap_or_default();
    if !said.starts_with(wanted) {
        bail!("{url}: {said}, though {accept} was asked for");
    }
    Ok(response.into_body().read_to_vec()?)
}

/// Findings of `promtool check metrics`: its exit code is 3 for a lint finding and 1 for a page that it
/// cannot read.
fn lint(promtool: &Path, page: &[u8]) -> Result<Vec<String>> {
    let (good, said) = fed(Command::new(promtool).args(["check", "metrics"]), page)?;
    Ok(if good && said.trim().is_empty() { Vec::new() } else { vec![said] })
}

fn read_open_metrics(folder: &Path, page: &[u8]) -> Result<Vec<String>> {
    let python = tools::python()?;
    let inside = folder.join("bin/python");
    let ready = folder.join("ready");
    if !ready.is_file() {
        shell::capture(Command::new(python).args(["-m", "venv", "--clear"]).arg(folder))?;
        let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", READER];
        shell::capture(Command::new(&inside).args(pip)).context("PyPI")?;
        fs::write(ready, "")?;
    }
    let (good, said) = fed(Command::new(inside).args(["-c", READ]), page)?;
    let samples = said.trim().parse::<u64>().unwrap_or_default();
    Ok(if good && samples > 20 { Vec::new() } else { vec![shell::tail(&said, 3)] })
}

/// Runs a program on an input; gives whether it ended well, and all that it said.
///
/// # Errors
/// It cannot be started.
pub fn fed(command: &mut Command, input: &[u8]) -> Result<(bool, String)> {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .context("cannot start")?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(input)?;
    }
    let output = child.wait_with_output()?;
    let said = [output.stdout, output.stderr].concat();
    Ok((output.status.success(), String::from_utf8_lossy(&said).into_owned()))
}
