//! `growth`: cost of work by store size: stores of a hundredth, a tenth and all of `--most` spans, each over
//! the load's thirty days.
//!
//! The load is never in memory as a whole. It is made in pieces, and the server is halted while a piece is
//! made. So the time of making does not count, and the server cannot catch up meanwhile: the result is the
//! server's time under constant load. Times depend on this machine and its other load; CPU seconds are the
//! server's own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail, ensure};

use super::load::Trace;
use super::{Figures, Load, Setup, export, query, send};
use crate::integration::{Http, Server, size};
use crate::{shell, table};

/// Spans that are made at a time.
const PIECE: u64 = 50_000;
/// The rate at the end is measured over this many spans.
const LAST: u64 = 100_000;
/// Limit of bytes on disk a span during writes, including logs and rewritten files.
const BYTES: u64 = 900;
/// The least that makes three sizes which differ.
const LEAST: u64 = 100_000;
const STARTS: usize = 3;
const IDLE: Duration = Duration::from_secs(3);
/// Full text may take so long, and so long for each span on a slow machine.
const SEARCH: Duration = Duration::from_secs(600);
const SEARCH_A_SPAN: Duration = Duration::from_millis(1);

/// Measures each size, and compares them.
///
/// # Errors
/// There is no room, something could not be measured, or not every span was taken.
pub fn run(setup: &Setup, figures: &mut Figures) -> Result<()> {
    ensure!(
        setup.most >= LEAST,
        "--most {}: the smallest size would tell nothing, {LEAST} is the least",
        setup.most
    );
    fs::create_dir_all(&setup.grown)?;
    room(&setup.grown, setup.most * BYTES)?;
    let sizes = [setup.most / 100, setup.most / 10, setup.most];
    for spans in sizes {
        let stage =
            Stage { setup, load: Load::new(spans), name: name(spans), data: setup.grown.join(name(spans)) };
        stage.run(figures).with_context(|| format!("{spans} spans"))?;
        if !setup.keeps {
            fs::remove_dir_all(&stage.data)?;
        }
    }
    compare(sizes, figures);
    Ok(())
}

/// `1e5` for a power of ten, else the number.
fn name(spans: u64) -> String {
    match spans.ilog10() {
        zeros if 10_u64.pow(zeros) == spans => format!("1e{zeros}"),
        _ => spans.to_string(),
    }
}

/// Checks that this many bytes are free.
fn room(folder: &Path, bytes: u64) -> Result<()> {
    let said = shell::capture(Command::new("df").args(["-P", "-k"]).arg(folder))?;
    let free = free(&said).ok_or_else(|| anyhow!("df says: {said}"))?;
    let gib = |bytes: u64| bytes as f64 / (1_u64 << 30) as f64;
    ensure!(
        free >= bytes,
        "{}: {:.1} GiB are free, {:.1} GiB may be needed: give another folder with --keep, or fewer spans with --most",
        folder.display(),
        gib(free),
        gib(bytes)
    );
    Ok(())
}

/// Free bytes by `df -P -k` (POSIX.1-2017): before the share that is used, in units of 1,024 bytes.
fn free(said: &str) -> Option<u64> {
    let fields: Vec<&str> = said.lines().nth(1)?.split_whitespace().collect();
    let share = |field: &str| field.strip_suffix('%').is_some_and(|share| share.parse::<u64>().is_ok());
    let at = fields.iter().position(|field| share(field))?;
    fields.get(at.checked_sub(1)?)?.parse::<u64>().ok()?.checked_mul(1_024)
}

/// A store of one size.
struct Stage<'a> {
    setup: &'a Setup,
    load: Load,
    name: String,
    data: PathBuf,
}

impl Stage<'_> {
    fn run(&self, figures: &mut Figures) -> Result<()> {
        println!("-- {} spans", self.load.spans());
        if self.data.exists() {
            fs::remove_dir_all(&self.data)?;
        }
        let server = Server::on(&self.setup.binary, &self.data, &[])?;
        self.ingest(&server, figures)?;
        server.stop()?;
        self.add(figures, "bytes_per_span", size(&self.data) as f64 / self.load.spans() as f64, "B");
        let server = self.start(figures)?;
        query::ask(&server, &self.load, &format!("growth.{}.query", self.name), figures)?;
        self.add(figures, "asked_rss_mib", server.memory_mib("VmHWM")?, "MiB");
        server.stop()
    }

    fn add(&self, figures: &mut Figures, id: &str, value: f64, unit: &'static str) {
        figures.add(format!("growth.{}.{id}", self.name), value, unit);
    }

    /// Sends all, and waits until all of it is searchable.
    fn ingest(&self, server: &Server, figures: &mut Figures) -> Result<()> {
        let sent = self.send(server)?;
        let behind = Instant::now();
        send::wait_for_search_within(server, SEARCH + SEARCH_A_SPAN * u32::try_from(self.load.spans())?)?;
        let behind = behind.elapsed();
        let cpu = export::cpu(server.id())?;
        let (spans, taken) = (self.load.spans() as f64, total(&sent.pieces));
        self.add(figures, "spans_per_s", spans / taken.as_secs_f64(), "spans/s");
        self.add(figures, "last_spans_per_s", rate_at_the_end(&sent.pieces), "spans/s");
        self.add(figures, "searchable_per_s", spans / (taken + behind).as_secs_f64(), "spans/s");
        self.add(figures, "cpu_us_per_span", cpu * 1e6 / spans, "µs");
        self.add(figures, "full_text_lag_s", behind.as_secs_f64(), "s");
        self.add(figures, "rss_mib", server.memory_mib("VmHWM")?, "MiB");
        let total =
            Http::new(Duration::from_secs(60)).json(&server.api("usage"))?["total"]["llm_calls"].clone();
        ensure!(total.as_u64() == Some(sent.calls), "{total} calls stored of {} sent", sent.calls);
        Ok(())
    }

    fn send(&self, server: &Server) -> Result<Sent> {
        let mut sent = Sent::default();
        let mut traces = self.load.traces().peekable();
        while traces.peek().is_some() {
            let piece = take(&mut traces, PIECE);
            let halted = Halted::now(server)?;
            let (bodies, calls) = bodies(&self.load, &piece)?;
            halted.end()?;
            sent.pieces.push((
                piece.iter().map(|trace| trace.spans).sum(),
                send::all(server, &bodies, self.setup.senders)?,
            ));
            sent.calls += calls;
        }
        Ok(sent)
    }

    /// Starts on the full store, again and again, and rests.
    fn start(&self, figures: &mut Figures) -> Result<Server> {
        let mut starts = Vec::new();
        for _ in 1..STARTS {
            let server = Server::on(&self.setup.binary, &self.data, &[])?;
            starts.push(server.ready_after);
            server.stop()?;
        }
        let server = Server::on(&self.setup.binary, &self.data, &[])?;
        starts.push(server.ready_after);
        starts.sort_unstable();
        self.add(figures, "ready_ms", starts[STARTS / 2].as_secs_f64() * 1_000.0, "ms");
        std::thread::sleep(IDLE);
        self.add(figures, "idle_rss_mib", server.memory_mib("VmRSS")?, "MiB");
        Ok(server)
    }
}

/// Sent load.
#[derive(Default)]
struct Sent {
    /// Spans of each piece, and the time until all of them were acknowledged.
    pieces: Vec<(u64, Duration)>,
    /// Calls of a language model.
    calls: u64,
}

fn total(pieces: &[(u64, Duration)]) -> Duration {
    pieces.iter().map(|(_, taken)| *taken).sum()
}

/// Spans a second of the last pieces that have [`LAST`] spans together, or of all where there are fewer.
fn rate_at_the_end(pieces: &[(u64, Duration)]) -> f64 {
    let (mut spans, mut taken) = (0, Duration::ZERO);
    for (of_piece, piece) in pieces.iter().rev() {
        if spans >= LAST {
            break;
        }
        spans += of_piece;
        taken += *piece;
    }
    spans as f64 / taken.as_secs_f64()
}

/// The next traces, of at least so many spans together as long as there are some.
fn take(traces: &mut impl Iterator<Item = Trace>, spans: u64) -> Vec<Trace> {
    let (mut piece, mut have) = (Vec::new(), 0);
    while have < spans {
        let Some(trace) = traces.next() else { break };
        have += trace.spans;
        piece.push(trace);
    }
    piece
}

/// Requests of these traces, made on all processors, and how many calls are in them.
fn bodies(load: &Load, traces: &[Trace]) -> Result<(Vec<Vec<u8>>, u64)> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let make = |traces: &[Trace]| {
        let mut calls = 0;
        let spans = traces.iter().flat_map(|trace| load.spans_of(trace));
        let bodies = send::bodies(spans.inspect(|span| calls += u64::from(span.name.starts_with("chat "))));
        (bodies, calls)
    };
    std::thread::scope(|scope| {
        let parts: Vec<_> = traces
            .chunks(traces.len().div_ceil(threads).max(1))
            .map(|part| scope.spawn(move || make(part)))
            .collect();
        let (mut bodies, mut calls) = (Vec::new(), 0);
        for part in parts {
            let Ok((made, counted)) = part.join() else { bail!("a thread that made spans panicked") };
            bodies.extend(made);
            calls += counted;
        }
        Ok((bodies, calls))
    })
}

/// A stopped server.
struct Halted<'a>(&'a Server);

impl<'a> Halted<'a> {
    fn now(server: &'a Server) -> Result<Self> {
        signal(server, "STOP")?;
        Ok(Self(server))
    }

    fn end(self) -> Result<()> {
        signal(self.0, "CONT")
    }
}

fn signal(server: &Server, signal: &str) -> Result<()> {
    shell::signal(signal, &[server.id().to_string()])
}

/// Prints the sizes side by side, and adds by how much each figure changes when the store is ten times as
/// large.
fn compare(sizes: [u64; 3], figures: &mut Figures) {
    let names = sizes.map(name);
    let rows: Vec<(String, [f64; 3])> = figures
        .all(&format!("growth.{}.", names[2]))
        .filter_map(|(id, largest)| {
            let of = |name: &str| figures.value(&format!("growth.{name}.{id}"));
            Some((id.to_owned(), [of(&names[0])?, of(&names[1])?, largest]))
        })
        .collect();
    println!(
        "\nAs the store grows; ×10 is by how much a figure changes when there is ten times as much, 1 is flat"
    );
    let mut cells = Vec::new();
    for (id, values) in &rows {
        let (each, last) = tenfold(values);
        let mut row = vec![id.clone()];
        row.extend(values.map(super::figures::short));
        row.extend([each, last].map(|factor| factor.map_or("-".to_owned(), super::figures::short)));
        cells.push(row);
    }
    table::print(&["figure", &names[0], &names[1], &names[2], "×10", "×10 at last"], &cells);
    for (id, values) in &rows {
        if let (_, Some(last)) = tenfold(values) {
            let against = format!("{} spans to {} spans", names[2], names[1]);
            figures.ratio(format!("growth.{id}.tenfold"), last, against);
        }
    }
}

/// The factor for each tenfold growth, over both steps and over the last only; `None` if a figure is zero.
fn tenfold([small, middle, large]: &[f64; 3]) -> (Option<f64>, Option<f64>) {
    let factor = |from: f64, to: f64| (from > 0.0 && to > 0.0).then(|| to / from);
    (factor(*small, *large).map(f64::sqrt), factor(*middle, *large))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_the_load() {
        let load = Load::new(2_500);
        let mut traces = load.traces().peekable();
        let (mut sent, mut calls, mut pieces) = (0, 0, 0);
        while traces.peek().is_some() {
            let (bodies, some) = bodies(&load, &take(&mut traces, 1_000)).unwrap();
            sent += bodies.iter().map(|body| super::super::sink::count(body).unwrap()).sum::<u64>();
            calls += some;
            pieces += 1;
        }
        let all = load.iter().filter(|span| span.name.starts_with("chat ")).count() as u64;
        assert_eq!((sent, calls, pieces), (2_500, all, 3));
    }

    #[test]
    fn the_rate_at_the_end_is_that_of_the_last_pieces() {
        let second = Duration::from_secs(1);
        let pieces = [(50_000, second), (50_000, second * 2), (50_000, second * 4), (10, second)];
        assert!((rate_at_the_end(&pieces) - 100_010.0 / 7.0).abs() < 1e-6);
        assert!((rate_at_the_end(&pieces[..1]) - 50_000.0).abs() < 1e-6);
    }

    #[test]
    fn ten_times_as_much_is_one_factor() {
        assert_eq!(tenfold(&[1.0, 2.0, 4.0]), (Some(2.0), Some(2.0)));
        assert_eq!(tenfold(&[1.0, 1.0, 4.0]), (Some(2.0), Some(4.0)));
        assert_eq!(tenfold(&[0.0, 1.0, 1.0]), (None, Some(1.0)));
        assert_eq!([1_000, 100_000, 300_000].map(name), ["1e3", "1e5", "300000"]);
    }

    #[test]
    fn without_room_nothing_is_begun() {
        let said =
            |line: &str| format!("Filesystem 1024-blocks Used Available Capacity Mounted on\n{line}\n");
        for line in ["/dev/a 10 4 6 40% /", "//nas/a b 10 4 6 40% /mnt/b c"] {
            assert_eq!(free(&said(line)), Some(6 * 1_024), "{line}");
        }
        assert_eq!(free("df: no such file"), None);
        let error = room(Path::new("."), u64::MAX).unwrap_err().to_string();
        assert!(error.contains("GiB are free") && error.contains("--most"), "{error}");
    }
}
