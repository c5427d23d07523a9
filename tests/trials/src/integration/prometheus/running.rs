//! The programs of the suite: one that uses the library, and Prometheus.

use std::cell::Cell;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};
use serde_json::Value;

use crate::integration::Http;
use crate::integration::tools::{self, Program};
use crate::shell;

const SCRAPED: &str = "scraped";
/// How long Prometheus may take until it has seen enough.
const SEEN: Duration = Duration::from_secs(25);

/// The example of the backend, running; dropping it ends it.
pub struct Scraped {
    child: Child,
    /// Its page.
    pub url: String,
    /// Trace id of its exemplars.
    pub trace: String,
}

impl Scraped {
    /// Builds and starts it with these arguments.
    ///
    /// # Errors
    /// The program does not build, or prints nothing.
    pub fn start(arguments: &[&str]) -> Result<Self> {
        let program = shell::programs()?.join("examples").join(SCRAPED);
        let mut child = Command::new(&program)
            .args(arguments)
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

impl Scraped {
    /// Waits for its end.
    ///
    /// # Errors
    /// It does not end well.
    pub fn finish(mut self) -> Result<()> {
        drop(self.child.stdin.take());
        let status = shell::poll(Duration::from_secs(20), || self.child.try_wait().ok().flatten());
        match status {
            Some(status) if status.success() => Ok(()),
            status => bail!("{SCRAPED} ended with {status:?}"),
        }
    }
}

impl Drop for Scraped {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A Prometheus at work; dropping it kills it.
pub struct Prometheus {
    program: Program,
    /// Address of the listener.
    pub url: String,
    http: Http,
    /// Earliest time of visible data.
    begin: Cell<Instant>,
}

impl Prometheus {
    /// Starts one that scrapes this page each second.
    ///
    /// # Errors
    /// Prometheus is not ready in time.
    pub fn scraping(program: &Path, folder: &Path, page: &str) -> Result<Self> {
        let (target, path) = page
            .strip_prefix("http://")
            .and_then(|rest| rest.split_once('/'))
            .ok_or_else(|| anyhow!("{page} is no address"))?;
        let job =
            format!("job_name: quipu, metrics_path: /{path}, static_configs: [{{targets: ['{target}']}}]");
        let config = format!("global: {{scrape_interval: 1s}}\nscrape_configs: [{{{job}}}]\n");
        let _ = fs::remove_dir_all(folder);
        fs::create_dir_all(folder)?;
        let file = folder.join("prometheus.yml");
        fs::write(&file, config)?;
        Self::start(program, folder, &file)
    }

    /// Starts one with this configuration. It takes remote writes and keeps exemplars.
    ///
    /// # Errors
    /// Prometheus is not ready in time.
    pub fn start(program: &Path, folder: &Path, config: &Path) -> Result<Self> {
        let data = folder.join("data");
        let _ = fs::remove_dir_all(&data);
        fs::create_dir_all(&data)?;
        let port = tools::free_port()?;
        let mut command = Command::new(program);
        command
            .arg(format!("--config.file={}", config.display()))
            .arg(format!("--storage.tsdb.path={}", data.display()))
            .arg(format!("--web.listen-address=127.0.0.1:{port}"))
            .args(["--enable-feature=exemplar-storage", "--web.enable-remote-write-receiver"]);
        let program = Program::start(&mut command, &folder.join("prometheus.log"))?;
        let http = Http::new(Duration::from_secs(5));
        let server =
            Self { program, url: format!("http://127.0.0.1:{port}"), http, begin: Cell::new(Instant::now()) };
        let ready =
            || server.http.get(&format!("{}/-/ready", server.url)).is_ok_and(|answer| answer.status == 200);
        shell::poll(Duration::from_secs(15), || ready().then_some(())).ok_or_else(|| {
            anyhow!("Prometheus is not ready after 15 s: {}", shell::tail(&server.program.said(), 5))
        })?;
        Ok(server)
    }

    /// Marks the start: queries cover the time from now on.
    pub fn begin_now(&self) {
        self.begin.set(Instant::now());
    }

    /// Answer of its API to a query.
    ///
    /// # Errors
    /// It does not answer well.
    pub fn ask(&self, api: &str, fields: &[(&str, &str)]) -> Result<Value> {
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
    pub fn differs(&self, query: &str, want: f64, off: f64) -> Vec<String> {
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
        let left = SEEN.saturating_sub(self.begin.get().elapsed());
        if shell::poll(left, || once().or_else(pause)).is_some() { Vec::new() } else { vec![last] }
    }

    /// Nothing once Prometheus has an exemplar with this trace, and a span.
    pub fn exemplars(&self, trace: &str) -> Vec<String> {
        let name = "gen_ai_client_operation_duration_seconds_bucket";
        let fields = [("query", name), ("start", "0"), ("end", "4000000000")];
        let has = || {
            let data = self.ask("query_exemplars", &fields).ok()?;
            let labels = &data[0]["exemplars"][0]["labels"];
            let span = labels["span_id"].as_str().map_or(0, str::len);
            (labels["trace_id"] == trace && span == 16).then(|| println!("        {labels}"))
        };
        let left = SEEN.saturating_sub(self.begin.get().elapsed());
        let found = shell::poll(left, || has().or_else(pause));
        if found.is_some() { Vec::new() } else { vec![format!("none of {name} with trace {trace}")] }
    }
}

/// Not so fast: the page is scraped once a second.
pub fn pause<T>() -> Option<T> {
    std::thread::sleep(Duration::from_millis(200));
    None
}

pub fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    text.bytes()
        .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}
