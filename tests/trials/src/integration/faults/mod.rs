//! `faults`: delivery of acknowledged spans while the receiver of an exporter fails, through the real binary.
//!
//! A steady load of a thousand spans a second goes into a server. Its OTLP exporter sends to a sink that
//! fails for `--seconds`, and then works again. Acknowledged spans have to arrive; spans beyond the limit of
//! the spool have to be counted.

mod cage;
mod disk;
mod inject;
mod load;
mod sink;

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow};
use serde_json::Value;

pub use self::load::{SPANS, body};

use self::cage::{Clock, small_disk};
use self::load::{Load, span_id};
use self::sink::{Mood, Sink};
use super::{Bench, Http, Report, Server};
use crate::{shell, table};

/// Time before the fault, and after it, in which the sink accepts everything.
const CALM: Duration = Duration::from_secs(2);
/// Time in which waiting spans must arrive, plus a hundredth of a second for each span.
const DRAIN: Duration = Duration::from_secs(60);
/// A spool that is full within a fault.
const SMALL: u64 = 100_000;
/// Kibibytes of a disk that is full within a fault.
const SMALL_DISK: u64 = 200;

/// Lives through a fault of such a length.
type Live = fn(Case, Duration) -> Result<Outcome>;

/// Result of one case.
struct Outcome {
    name: &'static str,
    acknowledged: u64,
    refused: u64,
    delivered: u64,
    doubled: u64,
    counted: u64,
    seconds: f64,
    wrong: Vec<String>,
}

impl Outcome {
    const fn lost(&self) -> u64 {
        self.acknowledged.saturating_sub(self.delivered)
    }

    fn row(&self) -> Vec<String> {
        let figures =
            [self.acknowledged, self.refused, self.delivered, self.lost(), self.counted, self.doubled];
        let mut row = vec![self.name.to_owned()];
        row.extend(figures.map(|figure| figure.to_string()));
        row.push(format!("{:.1}", self.seconds));
        row
    }
}

/// Lives through every fault and prints what was sent, delivered, lost and doubled.
///
/// # Errors
/// A server does not come up.
pub fn run(bench: &Bench) -> Result<Report> {
    let lasts = Duration::from_secs(bench.seconds);
    let mut report = Report::new();
    let mut rows = Vec::new();
    let moods = [
        ("the other side is down", Mood::Down),
        ("503 storm with Retry-After", Mood::Storm),
        ("black hole", Mood::BlackHole),
        ("resets in the body", Mood::Resets),
        ("slow drip", Mood::Drips),
    ];
    let wanted = |name: &str| bench.only.is_empty() || bench.only.iter().any(|only| name.contains(only));
    let mut cases: Vec<(&'static str, Result<Outcome>)> = Vec::new();
    for (name, mood) in moods.into_iter().filter(|(name, _)| wanted(name)) {
        cases.push((name, Case::new(bench, name).and_then(|case| case.fails(mood, lasts))));
    }
    let others: [(&'static str, Live); 6] = [
        ("kill -9 with a full spool", Case::dies),
        ("the bound of the spool", Case::overflows),
        ("full disk", Case::fills_its_disk),
        ("a disk that answers with errors", Case::meets_errors),
        ("a disk that turns read-only", Case::turns_read_only),
        ("the clock jumps", Case::jumps),
    ];
    for (name, live) in others.into_iter().filter(|(name, _)| wanted(name)) {
        cases.push((name, Case::new(bench, name).and_then(|case| live(case, lasts))));
    }
    for (name, outcome) in cases {
        match outcome {
            Ok(outcome) => {
                rows.push(outcome.row());
                report = report.judged(name, &outcome.wrong);
            }
            Err(error) => match error.downcast_ref::<Lacking>() {
                Some(lacking) => report = report.skipped(name, &lacking.0),
                None => report = report.failed(name, &format!("{error:#}")),
            },
        }
    }
    if wanted("inject") {
        report = inject::run(bench, report)?;
    }
    if rows.is_empty() {
        return Ok(report);
    }
    println!();
    table::print(
        &["fault", "sent", "refused", "delivered", "lost", "counted", "doubled", "drained in s"],
        &rows,
    );
    Ok(report)
}

/// A missing requirement of this machine for a case.
#[derive(Debug)]
struct Lacking(String);

impl std::fmt::Display for Lacking {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Lacking {}

/// One fault: a folder, a sink, and how the server is run.
struct Case {
    name: &'static str,
    binary: PathBuf,
    cache: PathBuf,
    folder: tempfile::TempDir,
    sink: Sink,
    /// Further lines of the exit's delivery.
    delivery: String,
}

impl Case {
    fn new(bench: &Bench, name: &'static str) -> Result<Self> {
        Ok(Self {
            name,
            binary: bench.binary.clone(),
            cache: bench.cache.clone(),
            folder: tempfile::tempdir()?,
            sink: Sink::start()?,
            delivery: String::new(),
        })
    }

    fn server(&self) -> Result<Server> {
        let data = self.folder.path().join("data");
        let config = self.folder.path().join("quipu.toml");
        fs::write(
            &config,
            format!(
                "backends = [\"sink\"]\nlimits = {{ future_seconds = 864000 }}\n\
             [backend.sink]\nuse = \"otlp\"\nendpoint = \"{}\"\nprotocol = \"http/json\"\nmapping = \"passthrough\"\n\
             rules = {{ signals = [\"traces\"] }}\n\
             [backend.sink.delivery]\nwrite_timeout_ms = 2000\nretry_most_ms = 1000\nbreaker_open_ms = 100\n\
             batch_records = 1000\n{}\n",
                self.sink.url(),
                self.delivery
            ),
        )?;
        let config = config.to_str().context("the folder's name is no text")?;
        Server::on(&self.binary, &data, &["--config", config])
    }

    /// The sink fails for a while.
    fn fails(mut self, mood: Mood, lasts: Duration) -> Result<Outcome> {
        let server = self.server()?;
        let load = Load::start(&server.otlp_http, 0);
        std::thread::sleep(CALM);
        self.sink.set(mood)?;
        std::thread::sleep(lasts);
        self.sink.set(Mood::Takes)?;
        std::thread::sleep(CALM);
        let (acknowledged, refused) = load.stop();
        let mut outcome = self.drained(&server, &acknowledged, refused, 0)?;
        // If the sink takes all or nothing, nothing arrives twice.
        if mood != Mood::Drips && outcome.doubled > 0 {
            outcome.wrong.push(format!("{} spans came twice", outcome.doubled));
        }
        Ok(outcome)
    }

    /// The sink is down, the spool fills up, and the server is killed; the next one delivers.
    fn dies(mut self, lasts: Duration) -> Result<Outcome> {
        self.delivery = format!("spool = {{ bytes = {SMALL} }}\nqueue_records = 1000");
        let server = self.server()?;
        let load = Load::start(&server.otlp_http, 0);
        std::thread::sleep(CALM);
        self.sink.set(Mood::Down)?;
        let full = shell::poll(lasts.max(DRAIN), || (lost(&server).ok()? > 0).then_some(()));
        full.ok_or_else(|| anyhow!("the spool did not fill up"))?;
        // While it takes requests: those that are not answered are not acknowledged.
        std::thread::sleep(CALM);
        let counted_late = lost(&server)?;
        let (acknowledged, refused) = load.stop();
        let counted = lost(&server)?.max(counted_late);
        server.kill();
        self.sink.set(Mood::Takes)?;
        let server = self.server()?;
        self.drained(&server, &acknowledged, refused, counted)
    }

    /// The sink is down for longer than the spool has room.
    fn overflows(mut self, lasts: Duration) -> Result<Outcome> {
        self.delivery = format!("spool = {{ bytes = {SMALL} }}\nqueue_records = 1000");
        let server = self.server()?;
        self.sink.set(Mood::Down)?;
        let load = Load::start(&server.otlp_http, 0);
        std::thread::sleep(lasts);
        let full = shell::poll(lasts.max(DRAIN), || (lost(&server).ok()? > 0).then_some(()));
        full.ok_or_else(|| anyhow!("the spool did not fill up"))?;
        self.sink.set(Mood::Takes)?;
        std::thread::sleep(CALM);
        let (acknowledged, refused) = load.stop();
        let mut outcome = self.drained(&server, &acknowledged, refused, 0)?;
        if outcome.counted == 0 || self.has_not(&acknowledged[..1]) > 0 {
            outcome.wrong.push("the oldest are to go last".into());
        }
        Ok(outcome)
    }

    /// The disk that the spool is on is full before the sink is back.
    fn fills_its_disk(mut self, lasts: Duration) -> Result<Outcome> {
        let disk = self.folder.path().join("disk");
        self.binary = small_disk(self.folder.path(), &disk, SMALL_DISK, &self.binary)
            .map_err(|error| Lacking(format!("{error:#}")))?;
        self.delivery =
            format!("spool = {{ path = \"{}\" }}\nqueue_records = 1000000", disk.join("spool").display());
        let server = self.server()?;
        self.sink.set(Mood::Down)?;
        let load = Load::start(&server.otlp_http, 0);
        let full = shell::poll(lasts.max(DRAIN), || {
            let said = exit(&server).ok()?["last_error"].as_str().unwrap_or_default().to_owned();
            said.contains("spool batch").then_some(())
        });
        full.ok_or_else(|| anyhow!("the disk did not fill up: {}", exit(&server).unwrap_or_default()))?;
        std::thread::sleep(CALM);
        self.sink.set(Mood::Takes)?;
        std::thread::sleep(CALM);
        let (acknowledged, refused) = load.stop();
        let mut outcome = self.drained(&server, &acknowledged, refused, 0)?;
        let state = state(&server)?;
        if state["state"] != "ready" {
            outcome.wrong.push(format!("it does not recover by itself: {state}"));
        }
        Ok(outcome)
    }

    /// The clock of the day is set forth and back while the sink is down, and after.
    fn jumps(mut self, lasts: Duration) -> Result<Outcome> {
        let clock = Clock::new(&self.cache, self.folder.path(), &self.binary)
            .map_err(|error| Lacking(format!("{error:#}")))?;
        self.binary = clock.binary.clone();
        let server = self.server()?;
        let load = Load::start(&server.otlp_http, 0);
        std::thread::sleep(CALM);
        self.sink.set(Mood::Down)?;
        std::thread::sleep(lasts / 3);
        clock.jump("+1d")?;
        std::thread::sleep(lasts / 3);
        let lag = exit(&server)?["lag_s"].as_f64().unwrap_or(f64::NAN);
        clock.jump("-2d")?;
        std::thread::sleep(lasts / 3);
        self.sink.set(Mood::Takes)?;
        std::thread::sleep(CALM);
        let (acknowledged, refused) = load.stop();
        let mut outcome = self.drained(&server, &acknowledged, refused, 0)?;
        if !(lag > 0.0 && lag <= (lasts + CALM + DRAIN).as_secs_f64()) {
            outcome.wrong.push(format!("a lag of {lag} s is the clock's, not that of what waits"));
        }
        Ok(outcome)
    }

    /// Waits until all that was acknowledged is there, or counted as lost; `before` were counted by a server
    /// that is gone.
    fn drained(&self, server: &Server, acknowledged: &[u64], refused: u64, before: u64) -> Result<Outcome> {
        let begin = Instant::now();
        let sent = acknowledged.len() as u64 * SPANS;
        let patience = DRAIN + Duration::from_millis(10 * sent);
        let mut counted = before;
        shell::poll(patience, || {
            counted = before + lost(server).ok()?;
            let quiet = exit(server).ok()?["queued"] == 0;
            (quiet && self.has_not(acknowledged) <= counted).then_some(())
        });
        let seconds = begin.elapsed().as_secs_f64();
        let (got, missing) = (self.sink.got(), self.has_not(acknowledged));
        let mut wrong = Vec::new();
        if missing > counted {
            wrong.push(format!(
                "{missing} acknowledged spans are lost, {counted} are counted: {}",
                exit(server)?
            ));
        }
        // A request that was not answered may have been kept all the same.
        if counted > missing + refused * SPANS {
            wrong.push(format!("{counted} spans are counted as lost, {missing} are"));
        }
        if sent < 100 * SPANS {
            wrong.push(format!("{sent} spans prove nothing"));
        }
        let delivered = sent - missing;
        let doubled = got.doubled as u64;
        println!("{}: {} spans came, {} acknowledged", self.name, got.spans, sent);
        Ok(Outcome {
            name: self.name,
            acknowledged: sent,
            refused,
            delivered,
            doubled,
            counted,
            seconds,
            wrong,
        })
    }

    /// Spans of these requests that the sink does not have.
    fn has_not(&self, requests: &[u64]) -> u64 {
        let ids = requests.iter().flat_map(|request| (0..SPANS).map(|index| span_id(*request, index)));
        ids.filter(|id| !self.sink.has(id)).count() as u64
    }
}

/// The server's state of its exporter.
fn state(server: &Server) -> Result<Value> {
    let answer = Http::new(Duration::from_secs(10)).json(&server.api("backends"))?;
    let all = answer["backends"].as_array().cloned().unwrap_or_default();
    all.into_iter().find(|backend| backend["name"] == "sink").context("the server has no exit called sink")
}

fn exit(server: &Server) -> Result<Value> {
    Ok(state(server)?["delivery"].clone())
}

/// Spans that the server counts as lost.
fn lost(server: &Server) -> Result<u64> {
    let dropped = exit(server)?["dropped"].as_object().cloned().unwrap_or_default();
    Ok(dropped.values().filter_map(Value::as_u64).sum())
}
