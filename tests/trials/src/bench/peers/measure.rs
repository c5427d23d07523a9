//! Measurement of one product after the other, in the same way: start, rest, load, disk, restart, queries.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::product::{Product, Question, Running, Sent};
use crate::bench::export::cpu;
use crate::bench::load::{DAYS, Span};
use crate::bench::{Figures, Load, send, wire};
use crate::integration::tree::{self, Watch};
use crate::integration::{Http, size};

/// After it is ready, and before its memory at rest is looked at; and after the load, until its work is.
const IDLE: Duration = Duration::from_secs(5);
/// How long a store may stand still that does not hold yet what it was sent.
const STILL: Duration = Duration::from_secs(120);
const LOOK: Duration = Duration::from_millis(100);
/// Spans of an untimed warm-up trace. A Python process reads its code on first use, which took `MLflow` 8 s
/// and more in each of its processes. Quipu creates files with the first span of a day, which took 70 ms for
/// each of thirty days. With few spans, this would dominate the measurement.
const WARM_SPANS: u64 = 3;
const DAY: Duration = Duration::from_secs(86_400);
/// Queries of each kind; fewer for slow ones, but at least `LEAST`.
const RUNS: usize = 100;
const LEAST: usize = 20;
const PATIENCE: Duration = Duration::from_secs(60);
/// Not measured: the first answers warm caches.
const FIRST: usize = 5;

/// The load for every product.
pub struct Work {
    /// A request with a trace on each day of the load, and one for each sender: neither is timed.
    days: Vec<u8>,
    warm: Vec<Vec<u8>>,
    /// Spans of the first.
    begun: u64,
    /// Requests that are.
    bodies: Vec<Vec<u8>>,
    spans: u64,
    sent: Sent,
}

/// How fast spans were taken, in spans a second, and by what work.
pub struct Rate {
    /// Until the last was acknowledged.
    pub acked: f64,
    /// Until the last was in the database.
    pub durable: f64,
    /// Microseconds of processors that one took, with what was done for it in the five seconds after the last
    /// was in the database. Other work on the machine changes it little.
    pub cpu_us: f64,
}

impl Work {
    /// Makes the requests of a load.
    ///
    /// # Errors
    /// The load has no trace of 100 spans.
    pub fn new(load: &Load, senders: usize) -> Result<Self> {
        let senders = u16::try_from(senders).context("so many senders have no ports")?;
        let trace = |number| numbered(load.one_of(WARM_SPANS), number);
        // Thirty times 24 hours may touch one day more.
        let mut before: Vec<Span> =
            (0..=DAYS as u16).flat_map(|days| earlier(trace(senders + days), days)).collect();
        let (days, begun) = (wire::request(&before), before.len() as u64);
        let mut warm = Vec::new();
        for sender in 0..senders {
            warm.push(wire::request(&trace(sender)));
            before.extend(trace(sender));
        }
        let sent = Sent::of(load, &before).context("the load has no trace of 100 spans")?;
        Ok(Self { days, warm, begun, bodies: send::bodies(load.iter()), spans: load.spans(), sent })
    }
}

/// The same trace this many days earlier.
fn earlier(mut trace: Vec<Span>, days: u16) -> Vec<Span> {
    let shift = DAY.as_nanos() as u64 * u64::from(days);
    for span in &mut trace {
        (span.start, span.end) = (span.start - shift, span.end - shift);
    }
    trace
}

/// The same trace with ids of its own: products tell spans apart by their ids.
fn numbered(mut trace: Vec<Span>, number: u16) -> Vec<Span> {
    let number = number.to_be_bytes();
    let mark = |id: &mut [u8]| id.iter_mut().zip(number).for_each(|(byte, bits)| *byte ^= bits);
    for span in &mut trace {
        mark(&mut span.trace_id);
        mark(&mut span.span_id);
        if let Some(parent) = &mut span.parent_id {
            mark(parent);
        }
    }
    trace
}

/// Measures all of a product.
///
/// # Errors
/// It cannot be had, or does not hold what it was sent.
pub fn all(product: &dyn Product, work: &Work, figures: &mut Figures) -> Result<Rate> {
    let id = |what: &str| format!("peers.{}.{what}", product.name());
    let folder = tempfile::tempdir()?;
    let running = product.start(folder.path())?;
    figures.add(id("first_ready_ms"), running.ready_after.as_secs_f64() * 1_000.0, "ms");
    std::thread::sleep(IDLE);
    figures.add(id("idle_rss_mib"), tree::rss_mib(running.id()), "MiB");
    figures.add(id("idle_pss_mib"), tree::pss_mib(running.id()), "MiB");
    let watch = Watch::start(running.id());
    let rate = ingest(product, &running, folder.path(), work)?;
    figures.add(id("rss_mib"), watch.peak_mib()?, "MiB");
    running.stop()?;
    product.fold(folder.path())?;
    figures.add(id("bytes_per_span"), size(folder.path()) as f64 / work.sent.spans as f64, "B");
    let running = product.start(folder.path())?;
    figures.add(id("ready_ms"), running.ready_after.as_secs_f64() * 1_000.0, "ms");
    let http = Http::new(Duration::from_secs(120));
    for question in product.questions(&running.api, &work.sent) {
        ask(&http, &question, &id(question.id), figures).with_context(|| id(question.id))?;
    }
    running.stop()?;
    Ok(rate)
}

/// Measures once more how fast a product takes the spans, on a store of its own.
///
/// # Errors
/// As [`all`].
pub fn rate(product: &dyn Product, work: &Work) -> Result<Rate> {
    let folder = tempfile::tempdir()?;
    let running = product.start(folder.path())?;
    let rate = ingest(product, &running, folder.path(), work)?;
    running.stop()?;
    Ok(rate)
}

fn ingest(product: &dyn Product, running: &Running, folder: &Path, work: &Work) -> Result<Rate> {
    let way = |warm| send::Way { address: &running.otlp, headers: running.headers, warm };
    way(&[]).send(std::slice::from_ref(&work.days), 1, || Ok(()))?;
    stored(product, running, folder, work.begun)?;
    let mut had = 0.0;
    let warm = || {
        stored(product, running, folder, work.sent.spans - work.spans)?;
        had = cpu_s(running.id());
        Ok(())
    };
    let begin = Instant::now();
    let sending = way(&work.warm).send(&work.bodies, work.warm.len(), warm)?;
    let sent = begin.elapsed();
    let first = stored(product, running, folder, work.sent.spans)?;
    // Spans that are all there at the first poll were there when they were acknowledged: the poll does not
    // count.
    let later = if first { Duration::ZERO } else { begin.elapsed() - sent };
    let durable = sending.taken + later;
    std::thread::sleep(IDLE);
    let cpu_us = (cpu_s(running.id()) - had) * 1e6 / work.spans as f64;
    let rate = |taken: Duration| work.spans as f64 / taken.as_secs_f64();
    let rate = Rate { acked: rate(sending.taken), durable: rate(durable), cpu_us };
    println!(
        "{:<8} {:>8.0} spans/s acknowledged, {:>8.0} in its database, {:>6.0} µs of processors each; {} requests were told to come back",
        product.name(),
        rate.acked,
        rate.durable,
        rate.cpu_us,
        sending.refused
    );
    Ok(rate)
}

/// Seconds that a process and all below it have had of all processors.
fn cpu_s(root: u32) -> f64 {
    tree::of(root).into_iter().filter_map(|id| cpu(id).ok()).sum()
}

/// Waits until the database holds exactly this many spans; returns whether the first poll found them.
fn stored(product: &dyn Product, running: &Running, folder: &Path, spans: u64) -> Result<bool> {
    let (mut held, mut since, mut first) = (0, Instant::now(), true);
    loop {
        let now = product.stored(running, folder)?;
        if now == spans {
            return Ok(first);
        }
        if now != held {
            (held, since) = (now, Instant::now());
        }
        if now > spans || since.elapsed() > STILL {
            bail!("{} holds {now} spans of {spans} that it acknowledged", product.name());
        }
        first = false;
        std::thread::sleep(LOOK);
    }
}

/// Repeats a query.
fn ask(http: &Http, question: &Question, id: &str, figures: &mut Figures) -> Result<()> {
    let (begin, mut times) = (Instant::now(), Vec::new());
    let mut seen = 0.0;
    for run in 0..FIRST + RUNS {
        let asked = Instant::now();
        let answer = match &question.body {
            None => http.get(&question.url)?,
            Some(body) => {
                let json = [("content-type", "application/json")];
                http.post(&question.url, &json, body.to_string().as_bytes())?
            }
        };
        let taken = asked.elapsed();
        if answer.status != 200 {
            bail!("{}: {} {}", question.url, answer.status, answer.text());
        }
        if run < FIRST {
            seen = (question.answer)(&serde_json::from_slice(&answer.body)?);
            continue;
        }
        times.push(taken);
        if times.len() >= LEAST && begin.elapsed() > PATIENCE {
            break;
        }
    }
    println!("{id}: {} answers", times.len());
    match question.part {
        Some(part) => figures.add(format!("{id}.{part}"), seen / question.right, "ratio"),
        None if seen == question.right => {}
        None => bail!("{}: {seen} instead of {}", question.url, question.right),
    }
    figures.times(id, &mut times);
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_two_spans_share_an_id() {
        let load = Load::new(1_000);
        let traces: Vec<Vec<Span>> = (0..640).map(|number| numbered(load.one_of(3), number)).collect();
        let spans = traces.iter().flatten();
        let ids: BTreeSet<([u8; 16], [u8; 8])> = spans.map(|span| (span.trace_id, span.span_id)).collect();
        assert_eq!(ids.len(), 3 * 640);
        let roots = traces.iter().flatten().filter(|span| span.parent_id.is_none()).count();
        let parents: BTreeSet<[u8; 8]> = traces.iter().flatten().filter_map(|span| span.parent_id).collect();
        assert_eq!((roots, parents.len()), (640, 640));
    }

    #[test]
    fn what_is_not_timed_is_counted_and_touches_every_day() {
        let load = Load::new(1_000);
        let work = Work::new(&load, 4).unwrap();
        assert_eq!((work.begun, work.spans, work.sent.spans), (93, 1_000, 1_000 + 93 + 12));
        assert_eq!((work.warm.len(), work.bodies.len()), (4, 2));
        let now = load.one_of(3);
        let then = earlier(load.one_of(3), 30);
        assert_eq!(now[0].start - then[0].start, 30 * 86_400 * 1_000_000_000);
        assert_eq!(now[0].end - now[0].start, then[0].end - then[0].start);
    }
}
