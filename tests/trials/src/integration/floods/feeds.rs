//! Live feeds without a reader, while events and spans of megabytes arrive.

use std::io::Read;
use std::time::Duration;

use anyhow::{Result, ensure};
use serde_json::{Value, json};

use super::Case;
use super::caged::{Ground, Step, ask_unread, now, post, send, span_at, text};
use crate::integration::Bench;

/// Feeds, and what a WebSocket's client asks with.
const FEEDS: usize = 30;
const UPGRADE: &str = "connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n\
    sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n";
/// Bytes of the text of an event and of a span.
const LARGE: usize = 4_000_000;
/// Small events of one request.
const SMALL: u64 = 2_000;

/// Runs the case.
///
/// # Errors
/// The server does not come up or does not survive.
pub fn feeds(bench: &Bench) -> Result<Case> {
    const STEPS: [Step; 1] = [("huge events", events)];
    let ground = Ground::start(bench, "")?;
    let case = ground.case("live feeds under 512 MiB", FEEDS, &STEPS)?;
    ground.server.stop()?;
    Ok(case)
}

fn events(ground: &Ground) -> Result<String> {
    let server = &ground.server;
    let feed = || ask_unread(server, "live?topics=traces,budgets,events,system", UPGRADE);
    let mut feeds = (0..FEEDS).map(|_| feed()).collect::<Result<Vec<_>>>()?;
    for feed in &mut feeds {
        feed.set_read_timeout(Some(Duration::from_secs(30)))?;
        let mut status = [0; 12];
        feed.read_exact(&mut status)?;
        ensure!(&status == b"HTTP/1.1 101", "a feed began with {}", String::from_utf8_lossy(&status));
    }
    let rounds = if ground.release { 60 } else { 15 };
    // Text that no compression makes small.
    let large: String =
        (0..LARGE as u64 / 16).map(|at| format!("{:016x}", at.wrapping_mul(0x9e37_79b9_7f4a_7c15))).collect();
    let logs = |records: Vec<Value>| json!({"resourceLogs": [{"resource": {"attributes": [text("service.name", "feeds")]}, "scopeLogs": [{"logRecords": records}]}]});
    let record = |body: &str| json!({"timeUnixNano": now().to_string(), "body": {"stringValue": body}});
    for round in 0..rounds {
        post(server, "logs", &logs(vec![record(&format!("{round} {large}"))]))?;
        post(server, "logs", &logs((0..SMALL).map(|number| record(&format!("{round} {number}"))).collect()))?;
        send(server, "feeds", &[span_at(now(), 0xfeed_0000 + round, 1, &[text("input.value", &large)])])?;
    }
    let with = server.memory_mib("VmRSS")?;
    drop(feeds);
    // The feed still works for a client that reads.
    let mut status = [0; 12];
    let mut again = feed()?;
    again.set_read_timeout(Some(Duration::from_secs(30)))?;
    again.read_exact(&mut status)?;
    ensure!(&status == b"HTTP/1.1 101", "a feed began with {}", String::from_utf8_lossy(&status));
    Ok(format!("{rounds} rounds, {with:.0} MiB with {FEEDS} feeds"))
}
