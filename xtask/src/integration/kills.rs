//! `kills`: what was acknowledged is stored once, and the server is back at once, wherever it was killed.
//!
//! Senders and askers work on a server until it is killed with SIGKILL; the next one opens what it left. At the end every batch is looked
//! at: acknowledged ones are there whole, none is there twice, and every sum is that of whole batches.

mod load;
mod verdict;

use std::time::Duration;

use anyhow::Result;

use super::{Bench, Report, Server};
use crate::table;
use load::Log;

/// Servers live so long, spread without luck: the same moments on every run.
const SHORTEST: u64 = 150;
const SPREAD: u64 = 451;
/// What a server may take until it is ready is no promise of this suite; beyond this, something is wrong.
const READY: Duration = Duration::from_secs(10);

/// Kills a server under load again and again, then counts.
///
/// # Errors
/// A server does not come up.
pub fn run(bench: &Bench) -> Result<Report> {
    let folder = tempfile::tempdir()?;
    let log = Log::default();
    let mut ready = Vec::new();
    for round in 0..bench.kills {
        let server = Server::on(&bench.binary, folder.path(), &[])?;
        if round > 0 {
            ready.push(server.ready_after);
        }
        load::until_killed(server, Duration::from_millis(SHORTEST + (round * 197) % SPREAD), &log);
        if (round + 1) % 25 == 0 {
            println!("{} kills, {} batches acknowledged", round + 1, log.acknowledged());
        }
    }
    let server = Server::on(&bench.binary, folder.path(), &[])?;
    ready.push(server.ready_after);
    let counted = verdict::count(&server, &log)?;
    ready.sort();
    let at = |share: f64| ready[((ready.len() - 1) as f64 * share).round() as usize];
    let slow = (at(1.0) > READY).then(|| format!("a server took {:?}", at(1.0)));
    let figures = [
        bench.kills,
        log.sent(),
        log.acknowledged(),
        counted.lost.len() as u64,
        counted.doubled.len() as u64,
        log.asked(),
        log.answered_wrong().len() as u64,
    ];
    let mut row: Vec<String> = figures.map(|figure| figure.to_string()).to_vec();
    row.extend([0.5, 0.99, 1.0].map(|share| format!("{}", at(share).as_millis())));
    println!();
    table::print(
        &["kills", "sent", "acknowledged", "lost", "doubled", "asked", "wrong", "ready p50 ms", "p99", "max"],
        &[row],
    );
    println!("sent, acknowledged, lost and doubled are batches of {} spans", load::SPANS);
    let first = |wrong: &[String]| wrong[..wrong.len().min(5)].to_vec();
    Ok(Report::new()
        .judged("enough was acknowledged to prove something", &verdict::too_few(bench.kills, &log))
        .judged("every acknowledged batch is stored whole", &first(&counted.lost))
        .judged("no span is stored twice", &first(&counted.doubled))
        .judged("totals are those of whole batches", &counted.uncounted)
        .judged("no question is answered with an error of the server", &first(&log.answered_wrong()))
        .judged("a server is ready again within seconds", slow.as_slice()))
}
