//! `floods`: idle, slow and greedy clients against the real binary, while a polite one continues.

mod answers;
mod cage;
mod caged;
mod clients;
mod days;
mod feeds;
mod names;
mod polite;
mod summaries;

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};

use self::clients::{Crowd, flood, slow_readers, trickle};
use self::polite::Polite;
use super::{Bench, Http, Report, Server};
use crate::{shell, table};

/// Memory that the server may take at any time of a case, besides what idle connections are granted.
const MOST_MIB: f64 = 250.0;
/// Memory of a connection that never said anything, and of one whose request was answered.
const SILENT_KIB: f64 = 4.0;
const ANSWERED_KIB: f64 = 40.0;
/// Clients that trickle.
const SLOW: usize = 300;
/// Bounds that are reached within seconds.
const LIMITS: &str = "[limits]\nconnections_per_address = 16384\nheader_seconds = 2\nstall_seconds = 3\n\
    queue_bytes = 4194304\nidle_seconds = 600\n";

/// Result of a case: errors, and a line for the table.
struct Case {
    name: &'static str,
    row: Vec<String>,
    wrong: Vec<String>,
}

type Run = fn(&Bench) -> Result<Case>;

/// The cases by the names that `--only` takes.
const CASES: [(&str, Run); 11] = [
    ("idle", idle),
    ("headers", headers),
    ("bodies", bodies),
    ("readers", readers),
    ("greedy", greedy),
    ("answers", answers::answers),
    ("bombs", answers::bombs),
    ("names", names::names),
    ("summaries", summaries::summaries),
    ("feeds", feeds::feeds),
    ("days", days::days),
];

/// Runs the cases.
///
/// # Errors
/// None: a server that does not come up fails its case.
pub fn run(bench: &Bench) -> Result<Report> {
    let mut report = Report::new();
    let mut rows = Vec::new();
    for (name, case) in CASES {
        if !bench.only.is_empty() && !bench.only.iter().any(|only| only == name) {
            continue;
        }
        // By themselves the bombs are a quick part of the answers.
        if name == "bombs" && bench.only.is_empty() {
            continue;
        }
        if name == "idle"
            && let Err(error) = clients::room_for(bench.idle)
        {
            report = report.skipped("idle connections", &format!("{error:#}"));
            continue;
        }
        match case(bench) {
            Ok(Case { name, row, wrong }) => {
                report = report.judged(name, &wrong);
                rows.push(row);
            }
            Err(error) => report = report.failed(name, &format!("{error:#}")),
        }
    }
    table::print(
        &["case", "clients", "polite sent", "refused", "slowest ms", "peak MiB", "what happened"],
        &rows,
    );
    Ok(report)
}

/// A server with those bounds, and where it listens.
fn server(bench: &Bench, folder: &Path) -> Result<(Server, SocketAddr)> {
    let file = folder.join("quipu.toml");
    fs::write(&file, LIMITS)?;
    let server = Server::on(&bench.binary, &folder.join("data"), &["--config", &file.to_string_lossy()])?;
    let address = server.otlp_http.trim_start_matches("http://").parse().context("where OTLP listens")?;
    Ok((server, address))
}

fn files(server: &Server) -> usize {
    fs::read_dir(format!("/proc/{}/fd", server.id())).map_or(0, Iterator::count)
}

/// Ends a case: the polite one loses nothing, memory stays within its bound, and all connections are gone in
/// the end.
fn judge(
    name: &'static str,
    clients: usize,
    server: &Server,
    polite: Polite,
    before: usize,
    told: String,
) -> Result<Case> {
    let polite = polite.stop();
    let peak = server.memory_mib("VmHWM")?;
    let mut wrong = Vec::new();
    if polite.refused > 0 || polite.sent == 0 {
        wrong.push(format!(
            "the polite sender was refused {} of {}: {}",
            polite.refused, polite.sent, polite.why
        ));
    }
    let granted = if name.contains("idle") {
        MOST_MIB + f64::from(u32::try_from(clients)?) * ANSWERED_KIB / 1024.0
    } else {
        MOST_MIB
    };
    if peak > granted {
        wrong.push(format!("{peak:.0} MiB of memory"));
    }
    if shell::poll(Duration::from_secs(30), || (files(server) <= before + 16).then_some(())).is_none() {
        wrong.push(format!("{} files are still open, of {before} before", files(server)));
    }
    let row = vec![
        name.to_owned(),
        clients.to_string(),
        polite.sent.to_string(),
        polite.refused.to_string(),
        format!("{:.0}", polite.slowest.as_secs_f64() * 1e3),
        format!("{peak:.0}"),
        told,
    ];
    Ok(Case { name, row, wrong })
}

/// Connections that say nothing, and those that were answered once.
fn idle(bench: &Bench) -> Result<Case> {
    let folder = tempfile::tempdir()?;
    let (server, address) = server(bench, folder.path())?;
    let before = files(&server);
    let empty = server.memory_mib("VmRSS")?;
    let half = bench.idle / 2;
    let mut silent = Crowd::connect(address, half)?;
    let all_in = shell::poll(Duration::from_secs(30), || (files(&server) >= before + half).then_some(()));
    let with_silent = server.memory_mib("VmRSS")?;
    let mut answered = Crowd::connect(address, bench.idle - half)?;
    answered.ask_once()?;
    let with_answered = server.memory_mib("VmRSS")?;
    let each = |mib: f64| mib * 1024.0 / f64::from(u32::try_from(half.max(1)).unwrap_or(u32::MAX));
    let (quiet, spoken) = (each(with_silent - empty), each(with_answered - with_silent));
    // Not before: what its spans take up is not the connections'.
    let polite = Polite::start(&server, "polite");
    std::thread::sleep(Duration::from_secs(bench.seconds.min(5)));
    let lost = silent.closed() + answered.closed();
    drop((silent, answered));
    let told = format!("{quiet:.1} KiB a silent connection, {spoken:.1} an answered one");
    let mut case = judge("idle connections", bench.idle, &server, polite, before, told)?;
    if all_in.is_none() || lost > 0 {
        case.wrong.push(format!("{lost} connections were closed, of {} in all", bench.idle));
    }
    // Fewer say more about the allocator than about connections.
    if bench.idle >= 2_000 && (quiet > SILENT_KIB || spoken > ANSWERED_KIB) {
        case.wrong.push(format!("{quiet:.1} and {spoken:.1} KiB a connection"));
    }
    server.stop()?;
    Ok(case)
}

/// Headers that never end, a byte at a time.
fn headers(bench: &Bench) -> Result<Case> {
    slow(bench, "headers that trickle", "POST /v1/traces HTTP/1.1\r\nhost: a\r\nx: ")
}

/// Bodies that never end, a byte at a time.
fn bodies(bench: &Bench) -> Result<Case> {
    let head = "POST /v1/traces HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 1000000\r\n\r\n";
    slow(bench, "bodies that trickle", head)
}

fn slow(bench: &Bench, name: &'static str, head: &str) -> Result<Case> {
    let folder = tempfile::tempdir()?;
    let (server, address) = server(bench, folder.path())?;
    let before = files(&server);
    let polite = Polite::start(&server, "polite");
    let left = trickle(address, SLOW, head, Duration::from_secs(15))?;
    let mut case = judge(name, SLOW, &server, polite, before, format!("{} cut off", SLOW - left))?;
    if left > 0 {
        case.wrong.push(format!("{left} of {SLOW} went on after 15 s"));
    }
    server.stop()?;
    Ok(case)
}

/// Clients that ask for much and read nothing.
fn readers(bench: &Bench) -> Result<Case> {
    let folder = tempfile::tempdir()?;
    let (server, _) = server(bench, folder.path())?;
    let before = files(&server);
    let polite = Polite::start(&server, "polite");
    let address = server.http.trim_start_matches("http://").parse().context("where the API listens")?;
    let left = slow_readers(address, &large_file(&server)?, SLOW / 3, Duration::from_secs(20))?;
    let told = format!("{} cut off", SLOW / 3 - left);
    let mut case = judge("answers that nobody reads", SLOW / 3, &server, polite, before, told)?;
    if left > 0 {
        case.wrong.push(format!("{left} of {} went on after 20 s", SLOW / 3));
    }
    server.stop()?;
    Ok(case)
}

/// The dashboard's program: large, and made without any work.
fn large_file(server: &Server) -> Result<String> {
    let page = Http::new(Duration::from_secs(20)).get(&server.http)?;
    let page = String::from_utf8_lossy(&page.body).into_owned();
    let source = page.split("crossorigin src=\"").nth(1).and_then(|rest| rest.split('"').next());
    Ok(source.context("the dashboard names no program")?.to_owned())
}

/// One service that sends far more than the limit.
fn greedy(bench: &Bench) -> Result<Case> {
    let folder = tempfile::tempdir()?;
    let (server, _) = server(bench, folder.path())?;
    let before = files(&server);
    let polite = Polite::start(&server, "polite");
    let http = Http::new(Duration::from_secs(30));
    let flood = flood(&http, &server.otlp_http, Duration::from_secs(bench.seconds.clamp(3, 60)));
    let told = format!("flood: {} taken, {} told to come back", flood.taken, flood.refused);
    let mut case = judge("a flood beyond the room", clients::GREEDY, &server, polite, before, told)?;
    if flood.refused == 0 || flood.taken == 0 {
        case.wrong.push(format!("the flood was no flood: {} refused, {} taken", flood.refused, flood.taken));
    }
    if flood.failed > 0 {
        case.wrong.push(format!("{} requests of the flood got no answer", flood.failed));
    }
    server.stop()?;
    Ok(case)
}
