//! A case in a cage: steps against one server of 512 MiB, while a polite sender continues.

use std::fs;
use std::io::Write;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::cage::{Cage, unharmed};
use super::polite::Polite;
use super::{Case, files};
use crate::integration::provider::Provider;
use crate::integration::{Bench, Http, Server};
use crate::shell;

/// Memory that the server may hold at any time.
const MOST_MIB: f64 = 400.0;
/// The 99th percentile of the polite sender; only reported for a build that is not optimised.
const P99: Duration = Duration::from_secs(3);
/// Files that stay open after a case: connections to the days that were read.
const POOL: usize = 64 * 3;
/// How long a client asks again for an answer that lacks memory, and how long it waits for an answer. No time
/// is judged, so that the suite also passes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(300);
pub const ANSWERED: Duration = Duration::from_secs(240);
/// Clients that ask the same at a time.
pub const ASKERS: usize = 4;

/// A server in its cage.
pub struct Ground {
    pub server: Server,
    /// The binary is optimised, so figures may be large.
    pub release: bool,
    cage: Cage,
    kills: Option<u64>,
    config: PathBuf,
    data: PathBuf,
    _folder: TempDir,
    before: usize,
    _provider: Provider,
}

/// A step with its name; it tells its findings.
pub type Step = (&'static str, fn(&Ground) -> Result<String>);

impl Ground {
    /// Starts a server with a gateway, on an empty folder.
    ///
    /// # Errors
    /// No cage holds, or the server does not come up.
    pub fn start(bench: &Bench, config: &str) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let cage = Cage::around(&bench.binary, folder.path())?;
        let provider = Provider::start()?;
        let file = folder.path().join("quipu.toml");
        let gateway = format!(
            "[gateway]\nlisten = \"127.0.0.1:0\"\n[gateway.upstreams]\nopenai = \"{}/v1\"\n[budgets.wide]\nlimit_usd = \"1000\"\n{config}",
            provider.url
        );
        fs::write(&file, gateway)?;
        let data = folder.path().join("data");
        let server = serve(&cage, &file, &data)?;
        let (before, kills) = (files(&server), cage.kills());
        let release = bench.release;
        Ok(Self {
            server,
            release,
            cage,
            kills,
            config: file,
            data,
            _folder: folder,
            before,
            _provider: provider,
        })
    }

    /// Takes these steps while a polite sender continues. Then nothing that it got acknowledged is missing.
    ///
    /// # Errors
    /// The server did not survive, or does not answer afterwards.
    pub fn case(&self, name: &'static str, clients: usize, steps: &[Step]) -> Result<Case> {
        let polite = Polite::start(&self.server, "polite");
        let mut told = vec![self.cage.as_str().to_owned()];
        let mut wrong = Vec::new();
        for (name, step) in steps {
            let begin = Instant::now();
            match step(self) {
                Ok(text) => told.push(format!("{name}: {text}, {:.1} s", begin.elapsed().as_secs_f64())),
                Err(error) => wrong.push(format!("{name}: {error:#}")),
            }
            let peak = self.peak().context(format!("the server did not survive: {name}"))?;
            told.push(format!("{peak:.0} MiB"));
            println!("        {name}: {peak:.0} MiB, {:.1} s", begin.elapsed().as_secs_f64());
        }
        let seen = polite.stop();
        let peak = self.peak()?;
        if peak > MOST_MIB {
            wrong.push(format!("{peak:.0} MiB of memory"));
        }
        wrong.extend(unharmed(&self.cage, self.kills).err().map(|error| error.to_string()));
        if self.release && seen.p99() > P99 {
            wrong.push(format!("the polite sender waited {:.1} s (p99)", seen.p99().as_secs_f64()));
        }
        if seen.sent == seen.refused {
            wrong.push(format!("nothing of the polite sender was taken: {}", seen.why));
        }
        let lost = seen.lost(&self.server, "polite")?;
        if let Some(first) = lost.first() {
            wrong.push(format!("{} acknowledged requests lack spans, such as {first}", lost.len()));
        }
        let most = self.before + POOL + 64;
        if shell::poll(Duration::from_secs(30), || (files(&self.server) <= most).then_some(())).is_none() {
            wrong.push(format!("{} files are open, of {} before", files(&self.server), self.before));
        }
        let row = vec![
            name.to_owned(),
            clients.to_string(),
            seen.sent.to_string(),
            seen.refused.to_string(),
            format!("{:.0}", seen.p99().as_secs_f64() * 1e3),
            format!("{peak:.0}"),
            told.join("; "),
        ];
        Ok(Case { name, row, wrong })
    }

    /// Ends the server as an operator would and starts it again with more configuration. The memory of the
    /// new process is judged.
    ///
    /// # Errors
    /// It does not end or come up, or it takes too much memory.
    pub fn restart(&mut self, config: &str) -> Result<()> {
        let text = fs::read_to_string(&self.config)? + config;
        fs::write(&self.config, text)?;
        let id = self.server.id().to_string();
        shell::signal("TERM", std::slice::from_ref(&id))?;
        let gone = || self.server.memory_mib("VmRSS").is_err().then_some(());
        shell::poll(Duration::from_secs(30), gone)
            .context("the server did not end within 30 s of SIGTERM")?;
        self.server = serve(&self.cage, &self.config, &self.data)?;
        let peak = self.peak()?;
        anyhow::ensure!(peak <= MOST_MIB, "{peak:.0} MiB of memory at the start");
        unharmed(&self.cage, self.kills)
    }

    /// The folder of the store.
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// The most memory that the server held so far, in MiB.
    ///
    /// # Errors
    /// The server is gone.
    pub fn peak(&self) -> Result<f64> {
        self.server.memory_mib("VmHWM")
    }

    /// Asks from several clients at a time; then one client asks until it gets an answer. Gives the statuses
    /// of the first ones, and the answer.
    ///
    /// # Errors
    /// An answer is neither good nor a request to come back, or no client gets a good one in time.
    pub fn ask(&self, path: &str) -> Result<(Vec<u16>, Value)> {
        let url = self.server.api(path);
        let get = || Http::new(ANSWERED).get(&url);
        let statuses = std::thread::scope(|scope| {
            let askers: Vec<_> =
                (0..ASKERS).map(|_| scope.spawn(|| get().map(|answer| answer.status))).collect();
            askers.into_iter().map(joined).collect::<Result<Vec<u16>>>()
        })?;
        let is_busy = |status: u16| matches!(status, 429 | 503 | 504);
        anyhow::ensure!(
            statuses.iter().all(|status| *status == 200 || is_busy(*status)),
            "{path}: {statuses:?}"
        );
        let begin = Instant::now();
        loop {
            let answer = get()?;
            if answer.status == 200 {
                return Ok((statuses, serde_json::from_slice(&answer.body)?));
            }
            anyhow::ensure!(
                is_busy(answer.status) && begin.elapsed() < PATIENCE,
                "{path}, asked alone: {} {}",
                answer.status,
                answer.text()
            );
            std::thread::sleep(Duration::from_secs(1));
        }
    }
}

fn serve(cage: &Cage, config: &Path, data: &Path) -> Result<Server> {
    Server::on(&cage.binary, data, &["--config", &config.to_string_lossy()])
}

/// Waits for a thread.
///
/// # Errors
/// Its own error, or it panicked.
pub fn joined<T>(thread: std::thread::ScopedJoinHandle<'_, Result<T>>) -> Result<T> {
    thread.join().map_err(|_| anyhow::anyhow!("a client panicked"))?
}

/// An attribute with a text.
pub fn text(key: &str, value: &str) -> Value {
    json!({"key": key, "value": {"stringValue": value}})
}

/// Nanoseconds since the epoch.
pub fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| u64::try_from(now.as_nanos()).unwrap_or(0))
}

/// A span of a millisecond that begins at `start`.
pub fn span_at(start: u64, trace: u64, span: u64, attributes: &[Value]) -> Value {
    json!({
        "traceId": format!("{trace:032x}"), "spanId": format!("{span:016x}"), "name": "step", "kind": 1,
        "startTimeUnixNano": start.to_string(), "endTimeUnixNano": (start + 1_000_000).to_string(),
        "attributes": attributes,
    })
}

/// Sends spans packed, until they are taken. Gives the bytes that were sent.
///
/// # Errors
/// They are refused for good, or not taken in 100 attempts.
pub fn send(server: &Server, service: &str, spans: &[Value]) -> Result<usize> {
    let resource = json!({"attributes": [text("service.name", service)]});
    let body = json!({"resourceSpans": [{"resource": resource, "scopeSpans": [{"spans": spans}]}]});
    post(server, "traces", &body)
}

/// Sends a request of a signal packed, until it is taken. Gives the bytes that were sent.
///
/// # Errors
/// As for [`send`].
pub fn post(server: &Server, signal: &str, body: &Value) -> Result<usize> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(body.to_string().as_bytes())?;
    let packed = packed.finish()?;
    let http = Http::new(ANSWERED);
    let headers = [("content-type", "application/json"), ("content-encoding", "gzip")];
    for _ in 0..100 {
        let answer = http.post(&format!("{}/v1/{signal}", server.otlp_http), &headers, &packed)?;
        match answer.status {
            200 => return Ok(packed.len()),
            429 | 503 => std::thread::sleep(Duration::from_millis(200)),
            other => anyhow::bail!("{other} {}", answer.text()),
        }
    }
    anyhow::bail!("a request was not taken in 100 attempts")
}

/// Sends a query on a connection of its own, and reads nothing.
///
/// # Errors
/// No connection.
pub fn ask_unread(server: &Server, path: &str, headers: &str) -> Result<TcpStream> {
    let address = server.http.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address)?;
    write!(stream, "GET /api/v1/{path} HTTP/1.1\r\nhost: {address}\r\n{headers}\r\n")?;
    Ok(stream)
}
