//! `kills`: acknowledged data is stored once, and the server restarts quickly, after a kill at any point.
//!
//! Senders and query clients work on a server until it is killed with SIGKILL; the next server opens the
//! folder. One sender writes traces whose parent and child start days apart. At the end the suite checks
//! every batch and every trace. Acknowledged spans are there, no span is there twice, and the totals are
//! those of the stored spans.

mod load;
mod verdict;

use std::time::Duration;

use anyhow::Result;

use super::disk::stored;
use super::{Bench, Report, Server};
use crate::table;
use load::{Days, Life, Log};

/// Shortest life of a server and the spread in ms. Every run uses the same moments.
const SHORTEST: u64 = 150;
const SPREAD: u64 = 451;
/// Limit of the start time. The suite promises no start time; beyond this, something is wrong.
const READY: Duration = Duration::from_secs(10);

/// Kills a server under load again and again, then counts.
///
/// # Errors
/// A server does not come up.
pub fn run(bench: &Bench) -> Result<Report> {
    let folder = tempfile::tempdir()?;
    let (log, mut days) = (Log::default(), Days::new());
    let mut ready = Vec::new();
    for round in 0..bench.kills {
        let server = Server::on(&bench.binary, folder.path(), &[])?;
        if round > 0 {
            ready.push(server.ready_after);
        }
        let life = Duration::from_millis(SHORTEST + (round * 197) % SPREAD);
        let life = if round % 2 == 0 { Life::Started(life) } else { Life::Acknowledged(life) };
        load::until_killed(server, life, &log, &mut days);
        if (round + 1) % 25 == 0 {
            println!("{} kills, {} batches acknowledged", round + 1, log.acknowledged());
        }
    }
    let server = Server::on(&bench.binary, folder.path(), &[])?;
    ready.push(server.ready_after);
    let counted = verdict::count(&server, &log)?;
    let days = days.finish(&server);
    let apart = stored::differs(&server, &days, 0)?;
    server.stop()?;
    let damage = stored::damage(&bench.binary, folder.path(), &[]);
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
    println!("{} traces with a parent and a child days apart", days.traces());
    println!("sent, acknowledged, lost and doubled are batches of {} spans", load::SPANS);
    let first = |wrong: &[String]| wrong[..wrong.len().min(5)].to_vec();
    Ok(Report::new()
        .judged("enough was acknowledged to prove something", &verdict::too_few(bench.kills, &log))
        .judged("every acknowledged batch is stored whole", &first(&counted.lost))
        .judged("no span is stored twice", &first(&counted.doubled))
        .judged("totals are those of whole batches", &counted.uncounted)
        .judged("traces over several days are whole and count once", &apart)
        .judged("the store is without damage", &damage)
        .judged("no question is answered with an error of the server", &first(&log.answered_wrong()))
        .judged("a server is ready again within seconds", slow.as_slice()))
}
