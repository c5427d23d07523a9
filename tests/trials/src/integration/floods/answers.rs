//! Answers, traces, groups and gateway bodies that would take more memory than the server has.

use std::io::Read;
use std::time::Duration;

use anyhow::Result;
use serde_json::{Value, json};

use super::Case;
use super::caged::{ANSWERED, ASKERS, Ground, Step, ask_unread, joined, now, send, span_at, text};
use crate::integration::provider::{self, PATH};
use crate::integration::{Bench, Http, Server};

/// Spans of the huge trace and bytes of text in each: 480 MB, in requests of 8 KB.
const HUGE_SPANS: u64 = 60;
const HUGE_TEXT: usize = 8_000_000;
/// Spans of the trace that slow readers ask for and bytes of text in each: 60 MB.
const LARGE_SPANS: u64 = 6_000;
const LARGE_TEXT: usize = 10_000;
const READERS: usize = 15;
/// Requests with sessions, users and models of their own.
const WIDE_REQUESTS: u64 = 40;

/// Calls of each such request. A build that is not optimised gets a part of them. These are still more groups
/// than an answer has.
const fn wide_calls(ground: &Ground) -> u64 {
    if ground.release { 2_500 } else { 500 }
}

const STEPS: [Step; 4] = [
    ("one huge trace", huge_trace),
    ("slow readers", slow_readers),
    ("wide groups", wide_groups),
    ("gateway bombs", gateway_bombs),
];

/// Runs the case.
///
/// # Errors
/// The server does not come up or does not survive.
pub fn answers(bench: &Bench) -> Result<Case> {
    let ground = Ground::start(bench, "")?;
    let case = ground.case("answers under 512 MiB", READERS + ASKERS, &STEPS)?;
    ground.server.stop()?;
    Ok(case)
}

/// Runs the steps that take seconds.
///
/// # Errors
/// As for [`answers`].
pub fn bombs(bench: &Bench) -> Result<Case> {
    let ground = Ground::start(bench, "")?;
    let case = ground.case("gateway bombs under 512 MiB", ASKERS, &[("gateway bombs", gateway_bombs)])?;
    ground.server.stop()?;
    Ok(case)
}

fn span(trace: u64, number: u64, attributes: &[Value]) -> Value {
    span_at(now(), trace, number, attributes)
}

/// Requests of some kilobytes fill one trace; then a search in it, the trace itself and a list.
fn huge_trace(ground: &Ground) -> Result<String> {
    let server = &ground.server;
    let long = "a".repeat(HUGE_TEXT);
    let mut sent = 0;
    for number in 1..=HUGE_SPANS {
        sent += send(server, "huge", &[span(0xbeef, number, &[text("input.value", &long)])])?;
    }
    let http = Http::new(Duration::from_secs(120));
    let trace = format!("traces/{:032x}", 0xbeef);
    let search = http.get(&server.api(&format!("{trace}/search?q=needle")))?.status;
    let first = http.get(&server.api(&format!("{trace}?limit=3")))?;
    anyhow::ensure!(
        first.status == 200 && first.body.len() > 3 * HUGE_TEXT,
        "a page: {} {}",
        first.status,
        first.text()
    );
    let whole = read_slowly(server, &trace, usize::MAX)?;
    anyhow::ensure!(
        whole as u64 > HUGE_SPANS * HUGE_TEXT as u64,
        "the whole trace ended after {whole} bytes"
    );
    Ok(format!("{sent} bytes sent, search {search}, {} MB read", whole / 1_000_000))
}

/// Sends a query on a separate connection and reads at most this many bytes.
fn read_slowly(server: &Server, path: &str, most: usize) -> Result<usize> {
    let mut stream = ask_unread(server, path, "connection: close\r\n")?;
    stream.set_read_timeout(Some(Duration::from_secs(60)))?;
    let (mut all, mut buffer) = (0, vec![0; 64 << 10]);
    while all < most {
        match stream.read(&mut buffer)? {
            0 => break,
            count => all += count,
        }
    }
    Ok(all)
}

/// Clients that ask for a trace of 60 MB and read nothing for a while; then one reads it whole.
fn slow_readers(ground: &Ground) -> Result<String> {
    let server = &ground.server;
    let words = "some words of a prompt ".repeat(LARGE_TEXT / 23);
    let numbers: Vec<u64> = (1..=LARGE_SPANS).collect();
    for some in numbers.chunks(500) {
        let spans: Vec<Value> =
            some.iter().map(|number| span(0xcafe, *number, &[text("input.value", &words)])).collect();
        send(server, "large", &spans)?;
    }
    let trace = format!("traces/{:032x}", 0xcafe);
    let before = server.memory_mib("VmRSS")?;
    let readers = (0..READERS).map(|_| ask_unread(server, &trace, "")).collect::<Result<Vec<_>>>()?;
    std::thread::sleep(Duration::from_secs(8));
    let with = server.memory_mib("VmRSS")?;
    drop(readers);
    let whole = read_slowly(server, &trace, usize::MAX)?;
    anyhow::ensure!(whole as u64 > LARGE_SPANS * 9_000, "the trace ended after {whole} bytes");
    Ok(format!("{READERS} readers took {:.0} MiB, {} MB read", with - before, whole / 1_000_000))
}

/// Calls whose sessions, users and models are all different, and questions that group by them.
fn wide_groups(ground: &Ground) -> Result<String> {
    let server = &ground.server;
    for request in 0..WIDE_REQUESTS {
        let numbers = request * wide_calls(ground)..(request + 1) * wide_calls(ground);
        let calls: Vec<Value> = numbers.map(wide_call).collect();
        send(server, "wide", &calls)?;
    }
    let mut told = Vec::new();
    for path in [
        "usage?group_by=session,user,model",
        "query?from=calls&group_by=session,model&top=10",
        "facets?field=session",
        "tools",
    ] {
        let (statuses, _) = ground.ask(path)?;
        told.push(format!("{} {statuses:?}", path.split('?').next().unwrap_or_default()));
    }
    let (_, answer) = ground.ask("usage?group_by=session,user,model")?;
    let calls = answer["total"]["llm_calls"].as_u64().unwrap_or_default();
    anyhow::ensure!(calls == WIDE_REQUESTS * wide_calls(ground), "the total is {calls} calls");
    let groups = answer["groups"].as_array().map_or(0, Vec::len);
    Ok(format!("{}, {groups} groups, truncated {}", told.join(", "), answer["truncated"]))
}

/// Clients that send the gateway bodies of some KB that are large as a tree, at the same time.
fn gateway_bombs(ground: &Ground) -> Result<String> {
    let server = &ground.server;
    let bombs = provider::bombs();
    let url = format!("{}{PATH}", server.gateway);
    let headers = [("content-type", "application/json"), ("content-encoding", "gzip")];
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let senders: Vec<_> = (0..ASKERS)
            .map(|_| {
                scope.spawn(|| -> Result<Vec<u16>> {
                    let http = Http::new(ANSWERED);
                    bombs.iter().map(|(_, body)| Ok(http.post(&url, &headers, body)?.status)).collect()
                })
            })
            .collect();
        let all = senders.into_iter().map(joined).collect::<Result<Vec<_>>>();
        all.map(|all| all.concat())
    })?;
    anyhow::ensure!(
        statuses.iter().all(|status| matches!(status, 200 | 400 | 413 | 415 | 503)),
        "the gateway answered {statuses:?}"
    );
    let passed = statuses.iter().filter(|status| **status == 200).count();
    Ok(format!("{passed} of {} passed", statuses.len()))
}

fn wide_call(number: u64) -> Value {
    let long = format!("{number:08x}").repeat(12);
    let attributes = [
        text("gen_ai.operation.name", "chat"),
        text("gen_ai.provider.name", "openai"),
        text("gen_ai.request.model", &format!("model-{long}")),
        text("gen_ai.conversation.id", &format!("session-{long}")),
        text("user.id", &format!("user-{long}")),
        json!({"key": "gen_ai.usage.input_tokens", "value": {"intValue": "3"}}),
        json!({"key": "gen_ai.usage.output_tokens", "value": {"intValue": "4"}}),
    ];
    span(0x1_0000_0000 + number, number + 1, &attributes)
}
