//! `soak`: a day's work in minutes, and a check for unwanted growth.

mod samples;
mod work;

use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use self::samples::{Sample, Samples};
use self::work::Work;
use super::{Bench, Report, Server};
use crate::table;

/// Spans that a team's agents bring in a day: a hundred a second.
const DAY: u64 = 100 * 86_400;
/// Minutes that a day is compressed into. Shorter runs are so much shorter parts of it, at the same pace.
const COMPRESSED: u64 = 20;
/// Divisor of the load for an unoptimised server.
const DEBUG: u64 = 10;
/// Rows of the table.
const ROWS: usize = 12;

/// Works for `--minutes`, and judges the second half.
///
/// # Errors
/// The server does not come up, or ends.
pub fn run(bench: &Bench) -> Result<Report> {
    let pace = DAY / (COMPRESSED * 60) / if bench.release { 1 } else { DEBUG };
    let lasting = Duration::from_secs(bench.minutes.max(1) * 60);
    let server = Server::fresh(&bench.binary, &[])?;
    println!(
        "{pace} spans a second for {} min, with questions and connections that come and go",
        bench.minutes.max(1)
    );
    let work = Work::start(&server, pace);
    let begin = Instant::now();
    let every = (lasting / 240).max(Duration::from_millis(500));
    let mut samples = Samples::default();
    while begin.elapsed() < lasting {
        std::thread::sleep(every);
        let sample = Sample::take(&server, begin.elapsed(), &work).context("the server is gone")?;
        samples.add(sample);
    }
    let done = work.stop();
    table::print(
        &["min", "RSS MiB", "files", "threads", "ingest p99 ms", "question p99 ms"],
        &samples.rows(ROWS),
    );
    println!(
        "{} spans acknowledged, {} requests refused, {} questions, {} failed, {} connections broken off",
        done.spans, done.refused, done.asked, done.failed, done.broken
    );
    let mut wrong = Vec::new();
    if done.failed > 0 || done.refused > 0 {
        wrong.push(format!(
            "{} questions failed, {} requests were refused: {}",
            done.failed, done.refused, done.why
        ));
    }
    if done.spans < pace * lasting.as_secs() / 2 {
        wrong.push(format!("only {} spans were taken", done.spans));
    }
    let report = Report::new().judged("all that is asked is answered", &wrong);
    server.stop()?;
    Ok(samples.verdict(report))
}
