//! A sender whose spans cover ten years of days.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use super::Case;
use super::caged::{Ground, Step, joined, now};
use crate::integration::{Bench, Http};

/// Days of one request. A build that is not optimised gets a part of all days, because each takes 20 times as
/// long there.
const AT_ONCE: u64 = 73;
const REQUESTS: u64 = 50;
const REQUESTS_UNOPTIMISED: u64 = 10;
/// Concurrent requests.
const SENDERS: u64 = 4;
/// How long all requests together may take until they are taken.
const PATIENCE: Duration = Duration::from_secs(1_200);
/// Size of a day's files on disk. The logs of open connections do not count: they are of a limited number of
/// days, and removed in the end.
const DAY_KB: u64 = 100;
/// An operator may allow all of those days; what they cost is bounded all the same.
const LIMITS: &str = "[limits]\npast_seconds = 400000000\ndays_per_request = 73\ndays_per_hour = 3650\n";
const DAY: u64 = 86_400_000_000_000;

/// Runs the case.
///
/// # Errors
/// The server does not come up or does not survive.
pub fn days(bench: &Bench) -> Result<Case> {
    const STEPS: [Step; 2] = [("days", fill), ("questions over all days", ask)];
    let ground = Ground::start(bench, LIMITS)?;
    let case = ground.case("spans on 3,650 days under 512 MiB", usize::try_from(SENDERS)?, &STEPS)?;
    ground.server.stop()?;
    Ok(case)
}

const fn requests(ground: &Ground) -> u64 {
    if ground.release { REQUESTS } else { REQUESTS_UNOPTIMISED }
}

fn fill(ground: &Ground) -> Result<String> {
    let put_off = AtomicU64::new(0);
    let before = size_of_days(ground.data());
    let until = Instant::now() + PATIENCE;
    std::thread::scope(|scope| {
        let send = |sender: u64| {
            scope.spawn({
                let put_off = &put_off;
                move || send(ground, sender, until, put_off)
            })
        };
        let senders: Vec<_> = (0..SENDERS).map(send).collect();
        senders.into_iter().try_for_each(joined)
    })?;
    let each = (size_of_days(ground.data()) - before) / 1_000 / (requests(ground) * AT_ONCE);
    ensure!(each <= DAY_KB, "{each} KB a day, {DAY_KB} are allowed");
    let days = requests(ground) * AT_ONCE;
    Ok(format!("{days} days, {} told to come back, {each} KB a day", put_off.into_inner()))
}

/// Bytes of all files of days.
fn size_of_days(folder: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(folder) else { return 0 };
    let bytes = |entry: fs::DirEntry| {
        let (name, path) = (entry.file_name(), entry.path());
        let is_of_a_day = path.extension().is_some_and(|kind| kind == "db")
            && ["d-", "x-"].iter().any(|part| name.to_string_lossy().starts_with(part));
        match entry.metadata() {
            Ok(meta) if meta.is_dir() => size_of_days(&path),
            Ok(meta) if is_of_a_day => meta.len(),
            _ => 0,
        }
    };
    entries.flatten().map(bytes).sum()
}

/// Sends every `SENDERS`th request until it is taken.
fn send(ground: &Ground, sender: u64, until: Instant, put_off: &AtomicU64) -> Result<()> {
    let http = Http::new(Duration::from_secs(60));
    let url = format!("{}/v1/traces", ground.server.otlp_http);
    for request in (sender..requests(ground)).step_by(usize::try_from(SENDERS)?) {
        let body = body(request * AT_ONCE + 2);
        loop {
            // No answer within a minute counts as well: another attempt finds the work done.
            match http.post(&url, &[("content-type", "application/json")], &body) {
                Ok(answer) if answer.status == 200 => {
                    ensure!(!answer.text().contains("rejectedSpans"), "request {request}: {}", answer.text());
                    break;
                }
                Ok(answer) if !matches!(answer.status, 429 | 503) => {
                    anyhow::bail!("request {request}: {} {}", answer.status, answer.text())
                }
                _ => {}
            }
            ensure!(
                Instant::now() < until,
                "request {request} was not taken within {} s",
                PATIENCE.as_secs()
            );
            put_off.fetch_add(1, Ordering::Relaxed);
            std::thread::sleep(Duration::from_millis(500));
        }
    }
    Ok(())
}

/// Every trace is there, and lists over all days are answered.
fn ask(ground: &Ground) -> Result<String> {
    let days = requests(ground) * AT_ONCE;
    for path in ["usage?group_by=model", "facets?field=session", "tools", "sessions", "traces?sort=-duration"]
    {
        ground.ask(path)?;
    }
    for sort in ["duration", "started_at", "-tokens", "cost"] {
        ground.ask(&format!("traces?sort={sort}"))?;
    }
    let (_, facets) = ground.ask("facets?field=service")?;
    let of =
        |value: &serde_json::Value| (value["value"] == "days").then(|| value["traces"].as_u64()).flatten();
    let traces = facets["values"].as_array().into_iter().flatten().find_map(of).unwrap_or_default();
    ensure!(traces == days, "{traces} traces are stored, on {days} days");
    Ok(format!("{traces} traces"))
}

/// One span on each of this many days, and the first day's age in days.
fn body(first: u64) -> Vec<u8> {
    let mut spans = String::new();
    for day in first..first + AT_ONCE {
        let start = now().saturating_sub(day * DAY);
        let comma = if spans.is_empty() { "" } else { "," };
        let trace = 0x3_0000_0000 + day;
        let _ = write!(
            spans,
            r#"{comma}{{"traceId":"{trace:032x}","spanId":"{day:016x}","name":"chat","startTimeUnixNano":"{start}","endTimeUnixNano":"{start}"}}"#
        );
    }
    let resource = r#"{"attributes":[{"key":"service.name","value":{"stringValue":"days"}}]}"#;
    format!(r#"{{"resourceSpans":[{{"resource":{resource},"scopeSpans":[{{"spans":[{spans}]}}]}}]}}"#)
        .into_bytes()
}
