//! `prometheus`: promtool on the page of a program that uses the library, and a real Prometheus that scrapes it and answers.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};
use serde_json::Value;

use super::{Bench, Http, Report};
use crate::shell;

const SCRAPED: &str = "scraped";
const OPEN_METRICS: &str = "application/openmetrics-text;version=1.0.0";
/// The Python client's reader of OpenMetrics is strict, and not ours; promtool reads text only.
const READER: &str = "prometheus-client>=0.20";
const READ: &str = "import sys\n\
                    from prometheus_client.openmetrics.parser import text_string_to_metric_families as read\n\
                    print(sum(len(family.samples) for family in read(sys.stdin.read())))\n";
/// How long Prometheus may take until it has seen enough of the page.
const SEEN: Duration = Duration::from_secs(25);

/// What the program records, as Prometheus must answer it: a query, the value, and by how much it may be off.
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
    let tools = match Tools::find(&bench.cache.join("prometheus")) {
        Ok(tools) => tools,
        Err(error) => return Ok(report.skipped("prometheus", &format!("{error:#}"))),
    };
    let program = Scraped::start()?;
    let report = report
        .judged("promtool check metrics, text", &lint(&tools.promtool, &page(&program.url, "text/plain")?)?);
    let open = page(&program.url, OPEN_METRICS)?;
    let report = match read_open_metrics(&bench.cache.join("prometheus-venv"), &open) {
        Ok(wrong) => report.judged("prometheus_client reads OpenMetrics", &wrong),
        Err(error) => report.skipped("prometheus_client reads OpenMetrics", &format!("{error:#}")),
    };
    let server = Prometheus::start(&tools.prometheus, &bench.cache.join("prometheus-data"), &program.url)?;
    let mut report = report;
    for (query, want, off) in ANSWERS {
        report = report.judged(query, &server.differs(query, want, off));
    }
    Ok(report.judged("exemplars", &server.exemplars(&program.trace)))
}

/// The programs that judge us.
struct Tools {
    prometheus: PathBuf,
    promtool: PathBuf,
}

impl Tools {
    /// Those installed, else those of Debian's package, unpacked into `folder` without installing it.
    fn find(folder: &Path) -> Result<Self> {
        if let (Some(prometheus), Some(promtool)) = (shell::find("prometheus"), shell::find("promtool")) {
            return Ok(Self { prometheus, promtool });
        }
        let programs = folder.join("usr/bin");
        if !programs.join("promtool").is_file() {
            if shell::find("apt-get").is_none() || shell::find("dpkg").is_none() {
                bail!("prometheus and promtool are not installed, and there is no apt-get to bring them");
            }
            fs::create_dir_all(folder)?;
            shell::capture(Command::new("apt-get").args(["download", "prometheus"]).current_dir(folder))
                .context("prometheus and promtool are not installed, and apt-get cannot bring them")?;
            let files = fs::read_dir(folder)?.flatten().map(|entry| entry.path());
            let package = files.into_iter().find(|path| path.extension().is_some_and(|end| end == "deb"));
            let package = package.ok_or_else(|| anyhow!("apt-get brought no package"))?;
            shell::capture(Command::new("dpkg").arg("-x").arg(package).arg(folder))?;
        }
        Ok(Self { prometheus: programs.join("prometheus"), promtool: programs.join("promtool") })
    }
}

/// The example of the backend, running; dropping it ends it.
struct Scraped {
    child: Child,
    url: String,
    /// What its exemplars name.
    trace: String,
}

impl Scraped {
    fn start() -> Result<Self> {
        let build = ["build", "--quiet", "-p", "quipu-backend-prometheus", "--example", SCRAPED];
        shell::run(shell::cargo().args(build))?;
        let program = shell::target().join("debug/examples").join(SCRAPED);
        let mut child = Command::new(&program)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("{}", program.display()))?;
        let stdout = child.stdout.take();
        let mut started = Self { child, url: String::new(), trace: String::new() };
        let mut said = String::new();
        BufReader::new(stdout.ok_or_else(|| anyhow!("no output"))?).read_line(&mut said)?;
        let (url, trace) =
            said.trim().split_once(' ').ok_or_else(|| anyhow!("{SCRAPED} did not say where its page is"))?;
        (started.url, started.trace) = (url.to_owned(), trace.to_owned());
        Ok(started)
    }
}

impl Drop for Scraped {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
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

/// What `promtool check metrics` finds: it ends with 3 for a lint finding and 1 for a page that it cannot read.
fn lint(promtool: &Path, page: &[u8]) -> Result<Vec<String>> {
    let (good, said) = fed(Command::new(promtool).args(["check", "metrics"]), page)?;
    Ok(if good && said.trim().is_empty() { Vec::new() } else { vec![said] })
}

fn read_open_metrics(folder: &Path, page: &[u8]) -> Result<Vec<String>> {
    let python = shell::find("python3").ok_or_else(|| anyhow!("python3 is not installed"))?;
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
fn fed(command: &mut Command, input: &[u8]) -> Result<(bool, String)> {
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

/// A Prometheus that scrapes one page each second; dropping it kills it.
struct Prometheus {
    child: Child,
    url: String,
    http: Http,
    begin: Instant,
}

impl Prometheus {
    fn start(program: &Path, folder: &Path, page: &str) -> Result<Self> {
        let _ = fs::remove_dir_all(folder);
        fs::create_dir_all(folder)?;
        let (target, path) = page
            .strip_prefix("http://")
            .and_then(|rest| rest.split_once('/'))
            .ok_or_else(|| anyhow!("{page} is no address"))?;
        let config = folder.join("prometheus.yml");
        let job =
            format!("job_name: quipu, metrics_path: /{path}, static_configs: [{{targets: ['{target}']}}]");
        fs::write(&config, format!("global: {{scrape_interval: 1s}}\nscrape_configs: [{{{job}}}]\n"))?;
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let log = File::create(folder.join("prometheus.log"))?;
        let child = Command::new(program)
            .arg(format!("--config.file={}", config.display()))
            .arg(format!("--storage.tsdb.path={}", folder.join("data").display()))
            .arg(format!("--web.listen-address=127.0.0.1:{port}"))
            .arg("--enable-feature=exemplar-storage")
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .with_context(|| format!("cannot start {}", program.display()))?;
        let http = Http::new(Duration::from_secs(5));
        let server = Self { child, url: format!("http://127.0.0.1:{port}"), http, begin: Instant::now() };
        let ready =
            || server.http.get(&format!("{}/-/ready", server.url)).is_ok_and(|answer| answer.status == 200);
        shell::poll(Duration::from_secs(15), || ready().then_some(())).ok_or_else(|| {
            let said = fs::read_to_string(folder.join("prometheus.log")).unwrap_or_default();
            anyhow!("Prometheus is not ready after 15 s: {}", shell::tail(&said, 5))
        })?;
        Ok(server)
    }

    fn ask(&self, api: &str, fields: &[(&str, &str)]) -> Result<Value> {
        let form: Vec<String> =
            fields.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        let headers = [("content-type", "application/x-www-form-urlencoded")];
        let answer =
            self.http.post(&format!("{}/api/v1/{api}", self.url), &headers, form.join("&").as_bytes())?;
        if answer.status != 200 {
            bail!("{api}: {} {}", answer.status, answer.text());
        }
        Ok(serde_json::from_slice::<Value>(&answer.body)?["data"].take())
    }

    /// Nothing once the query has exactly one answer, near enough; what it was when time is up.
    fn differs(&self, query: &str, want: f64, off: f64) -> Vec<String> {
        let mut last = String::new();
        let near = |found: f64| (found - want).abs() <= off * want;
        let mut once = || {
            let found = self.ask("query", &[("query", query)]);
            let found = found.map(|data| data["result"].as_array().cloned().unwrap_or_default());
            last = format!("{found:?}, not {want}");
            let [one] = found.ok()?.try_into().ok()?;
            let one: &Value = &one;
            let value: f64 = one["value"][1].as_str()?.parse().ok()?;
            last = format!("{value}, not {want}");
            near(value).then(|| println!("        {value:.3} = {query}"))
        };
        let left = SEEN.saturating_sub(self.begin.elapsed());
        if shell::poll(left, || once().or_else(pause)).is_some() { Vec::new() } else { vec![last] }
    }

    /// Nothing once Prometheus has an exemplar with this trace, and a span.
    fn exemplars(&self, trace: &str) -> Vec<String> {
        let name = "gen_ai_client_operation_duration_seconds_bucket";
        let fields = [("query", name), ("start", "0"), ("end", "4000000000")];
        let has = || {
            let data = self.ask("query_exemplars", &fields).ok()?;
            let labels = &data[0]["exemplars"][0]["labels"];
            let span = labels["span_id"].as_str().map_or(0, str::len);
            (labels["trace_id"] == trace && span == 16).then(|| println!("        {labels}"))
        };
        let left = SEEN.saturating_sub(self.begin.elapsed());
        let found = shell::poll(left, || has().or_else(pause));
        if found.is_some() { Vec::new() } else { vec![format!("none of {name} with trace {trace}")] }
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Not so fast: the page is scraped once a second.
fn pause() -> Option<()> {
    std::thread::sleep(Duration::from_millis(200));
    None
}

fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    text.bytes()
        .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}
