//! A sender whose spans cover ten years of days, while a polite one continues.

use std::fmt::Write as _;
use std::fs;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::Result;

use super::polite::Polite;
use super::{Case, files, judge};
use crate::integration::{Bench, Http, Server, size};

/// Days that are sent, and in one request.
const DAYS: u64 = 3_650;
const AT_ONCE: u64 = 73;
/// Concurrent requests.
const SENDERS: u64 = 4;
/// The polite sender's slowest answer, what a day may take on disk, and memory of the server.
const SLOWEST: Duration = Duration::from_secs(3);
const DAY_KB: u64 = 100;
const MOST_MIB: f64 = 400.0;
/// An operator may allow all of those days; what they cost is bounded all the same.
const LIMITS: &str = "[limits]\npast_seconds = 400000000\ndays_per_request = 73\ndays_per_hour = 3650\n";
const DAY: u64 = 86_400_000_000_000;
/// Files that the store keeps open after a query over many days: 64 connections of 3 files.
const POOL: usize = 64 * 3;

/// Runs the case.
///
/// # Errors
/// A server does not come up, or a question is not answered.
pub fn days(bench: &Bench) -> Result<Case> {
    let folder = tempfile::tempdir()?;
    let (file, data) = (folder.path().join("quipu.toml"), folder.path().join("data"));
    fs::write(&file, LIMITS)?;
    let server = Server::on(&bench.binary, &data, &["--config", &file.to_string_lossy()])?;
    let before = files(&server) + POOL;
    let polite = Polite::start(&server, "polite");
    let (taken, put_off) = (AtomicU64::new(0), AtomicU64::new(0));
    std::thread::scope(|scope| {
        for sender in 0..SENDERS {
            let (server, taken, put_off) = (&server, &taken, &put_off);
            scope.spawn(move || send(server, sender, taken, put_off));
        }
    });
    let each = size(&data) / 1_000 / DAYS;
    let usage = Http::new(Duration::from_secs(120)).get(&server.api("usage?group_by=model"))?;
    let (taken, put_off) = (taken.into_inner(), put_off.into_inner());
    let told = format!("{taken} requests taken, {put_off} told to come back, {each} KB a day");
    let slowest = |row: &[String]| row.get(4).and_then(|text| text.parse::<u64>().ok()).unwrap_or(u64::MAX);
    let mut case = judge("spans on 3,650 days", usize::try_from(SENDERS)?, &server, polite, before, told)?;
    if u128::from(slowest(&case.row)) > SLOWEST.as_millis() {
        case.wrong.push(format!("the polite sender waited {} ms", slowest(&case.row)));
    }
    if each > DAY_KB {
        case.wrong.push(format!("{each} KB a day, {DAY_KB} are allowed"));
    }
    if usage.status != 200 {
        case.wrong.push(format!("usage over all days is answered with {}", usage.status));
    }
    let peak = server.memory_mib("VmHWM")?;
    if peak > MOST_MIB {
        case.wrong.push(format!("{peak:.0} MiB of memory"));
    }
    server.stop()?;
    Ok(case)
}

/// Sends every `SENDERS`th request until it is taken.
fn send(server: &Server, sender: u64, taken: &AtomicU64, put_off: &AtomicU64) {
    let http = Http::new(Duration::from_secs(60));
    let url = format!("{}/v1/traces", server.otlp_http);
    for request in (sender..DAYS / AT_ONCE).step_by(usize::try_from(SENDERS).unwrap_or(1)) {
        let body = body(request * AT_ONCE + 2);
        for _ in 0..50 {
            let answer = http.post(&url, &[("content-type", "application/json")], &body);
            if answer.is_ok_and(|answer| answer.status == 200) {
                taken.fetch_add(1, Ordering::Relaxed);
                break;
            }
            put_off.fetch_add(1, Ordering::Relaxed);
            std::thread::sleep(Duration::from_millis(500));
        }
    }
}

/// One span on each of this many days, and the first day's age in days.
fn body(first: u64) -> Vec<u8> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.as_nanos() as u64);
    let mut spans = String::new();
    for day in first..first + AT_ONCE {
        let start = now.saturating_sub(day * DAY);
        let comma = if spans.is_empty() { "" } else { "," };
        let _ = write!(
            spans,
            r#"{comma}{{"traceId":"{day:032x}","spanId":"{day:016x}","name":"chat","startTimeUnixNano":"{start}","endTimeUnixNano":"{start}"}}"#
        );
    }
    format!(r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{spans}]}}]}}]}}"#).into_bytes()
}
