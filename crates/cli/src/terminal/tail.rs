//! Calls as lines: the latest ones, and with `--follow` each new one.

use std::collections::HashSet;
use std::io::Write as _;

use anyhow::Result;
use quipu_tui::figure::{rounded, short};
use serde_json::Value;

use super::feed::Feed;
use crate::args::Tail;
use crate::ask::{OpenSource, Question};
use crate::table::{millis, text};

/// Age up to which a call that ends late is still printed.
const WINDOW: &str = "-15m";
/// Calls of one request.
const PAGE: u16 = 500;

/// Prints calls.
///
/// # Errors
/// The source gives no answer at the start. With `--follow` a later outage is waited out.
pub fn run(ask: &Tail) -> Result<()> {
    let mut printed = Printed::default();
    // Before the first lines, so a call that ends in between is printed.
    let earlier = if ask.follow { calls(ask, Some(WINDOW), PAGE)? } else { Vec::new() };
    let first = calls(ask, None, ask.lines.max(1))?;
    let kept = if ask.lines == 0 { &[] } else { first.as_slice() };
    printed.print(ask, kept)?;
    if !ask.follow {
        return Ok(());
    }
    printed.ids.extend(earlier.iter().filter(|call| !is_running(call)).map(id));
    let feed = Feed::of(ask.source.url.as_deref());
    loop {
        feed.wait();
        // A server that restarts is asked again.
        if let Ok(calls) = calls(ask, Some(WINDOW), PAGE) {
            printed.print(ask, &calls)?;
            printed.forget_others(&calls);
        }
    }
}

/// Calls that match, newest first.
fn calls(ask: &Tail, since: Option<&str>, limit: u16) -> Result<Vec<Value>> {
    let question = Question::get("/api/v1/calls")
        .with("since", &since.map(str::to_owned))
        .with("filter", &ask.filter)
        .with("limit", &Some(limit.to_string()));
    // The files are opened again, because a new day has a new file.
    let answer = OpenSource::open(&ask.source)?.ask(&question)?;
    Ok(answer["calls"].as_array().cloned().unwrap_or_default())
}

fn id(call: &Value) -> String {
    format!("{}{}", text(&call["trace_id"]), text(&call["span_id"]))
}

fn is_running(call: &Value) -> bool {
    call["status"] == "running"
}

/// Ids of the printed calls.
#[derive(Default)]
struct Printed {
    ids: HashSet<String>,
}

impl Printed {
    /// Prints those of the calls that are new, oldest first. A running call is printed once it has ended.
    fn print(&mut self, ask: &Tail, calls: &[Value]) -> Result<()> {
        let mut out = std::io::stdout().lock();
        for call in calls.iter().rev().filter(|call| !(ask.follow && is_running(call))) {
            if !self.ids.insert(id(call)) {
                continue;
            }
            if ask.source.json { writeln!(out, "{call}")? } else { writeln!(out, "{}", line(call))? }
        }
        out.flush()?;
        Ok(())
    }

    /// Keeps only the ids within the window.
    fn forget_others(&mut self, calls: &[Value]) {
        if self.ids.len() > usize::from(PAGE) * 4 {
            let within: HashSet<String> = calls.iter().map(id).collect();
            self.ids.retain(|id| within.contains(id));
        }
    }
}

fn line(call: &Value) -> String {
    let tokens = &call["tokens"];
    let used = |key: &str| tokens[key].as_u64().map_or_else(|| "–".into(), short);
    let who = [&call["agent"], &call["service"]].into_iter().find(|name| name.is_string());
    format!(
        "{} {:<7} {} · {} · {} in, {} out · {} · {} · {}",
        text(&call["started_at"]).get(..19).unwrap_or_default().replace('T', " "),
        text(&call["status"]),
        text(&call["model"]),
        millis(&call["duration_ms"]),
        used("input"),
        used("output"),
        rounded(&call["cost_usd"]).unwrap_or_else(|| "unpriced".into()),
        who.map_or_else(|| "–".into(), text),
        text(&call["trace_id"]),
    )
}
