//! `kills`: what was acknowledged is stored, wherever the power went out.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Result, anyhow};
use serde_json::{Value, json};

use super::{Bench, Http, Report, Server};

const ROUNDS: u64 = 30;
const SENDERS: usize = 4;
const SPANS: u64 = 20;
/// Fewer acknowledged batches than this prove nothing.
const ENOUGH: usize = 200;

/// What was sent and what was acknowledged, over all rounds.
#[derive(Default)]
struct Log {
    sent: AtomicU64,
    acknowledged: Mutex<BTreeSet<u64>>,
}

/// Kills a server under load again and again, then counts.
///
/// # Errors
/// A server does not come up.
pub fn run(bench: &Bench) -> Result<Report> {
    let folder = tempfile::tempdir()?;
    let log = Log::default();
    for round in 0..ROUNDS {
        let server = Server::on(&bench.binary, folder.path(), &[])?;
        // Spread over 150 to 600 ms without luck: the same moments on every run.
        let life = Duration::from_millis(150 + (round * 197) % 451);
        load(server, life, &log);
    }
    let server = Server::on(&bench.binary, folder.path(), &[])?;
    judge(&server, &log)
}

/// Sends from all threads while the server lives; then cuts it off.
fn load(server: Server, life: Duration, log: &Log) {
    let over = AtomicBool::new(false);
    let url = format!("{}/v1/traces", server.otlp_http);
    std::thread::scope(|scope| {
        for _ in 0..SENDERS {
            scope.spawn(|| {
                let http = Http::new(Duration::from_secs(5));
                while !over.load(Ordering::Relaxed) {
                    let batch = log.sent.fetch_add(1, Ordering::Relaxed) + 1;
                    let answer = http.post(&url, &[("content-type", "application/json")], &body(batch));
                    if answer.is_ok_and(|answer| answer.status == 200) {
                        log.acknowledged
                            .lock()
                            .unwrap_or_else(|poisoned| poisoned.into_inner())
                            .insert(batch);
                    }
                }
            });
        }
        std::thread::sleep(life);
        server.kill();
        over.store(true, Ordering::Relaxed);
    });
}

fn judge(server: &Server, log: &Log) -> Result<Report> {
    let http = Http::new(Duration::from_secs(30));
    let sent = log.sent.load(Ordering::Relaxed);
    let acknowledged = log.acknowledged.lock().map_err(|_| anyhow!("a sender panicked"))?;
    let mut lost = Vec::new();
    for batch in acknowledged.iter() {
        let answer = http.get(&server.api(&format!("traces/{batch:032x}?limit=100")))?;
        let document: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        if document["spans"].as_array().map_or(0, Vec::len) as u64 != SPANS {
            lost.push(format!("batch {batch}: {}", answer.status));
        }
    }
    let total = http.json(&server.api("usage"))?["total"].clone();
    let calls = total["llm_calls"].as_u64().unwrap_or_default();
    println!(
        "{} batches of {SPANS} acknowledged of {sent} sent over {ROUNDS} kills; {calls} calls counted",
        acknowledged.len()
    );
    let mut uncounted = Vec::new();
    if !calls.is_multiple_of(SPANS) {
        uncounted.push(format!("{calls} calls are not whole batches of {SPANS}"));
    }
    if calls < acknowledged.len() as u64 * SPANS || calls > sent * SPANS {
        uncounted.push(format!("{calls} calls are fewer than acknowledged or more than sent"));
    }
    if total["tokens"]["input"].as_u64() != Some(calls * 3) {
        uncounted.push(format!("{} input tokens for {calls} calls of 3", total["tokens"]["input"]));
    }
    let few =
        (acknowledged.len() < ENOUGH).then(|| format!("only {} batches acknowledged", acknowledged.len()));
    let report = Report::new();
    Ok(report
        .judged("enough was acknowledged to prove something", few.as_slice())
        .judged("every acknowledged batch is stored whole", &lost[..lost.len().min(5)])
        .judged("totals are those of whole batches", &uncounted))
}

fn body(batch: u64) -> Vec<u8> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
    let text = |key: &str, value: &str| json!({"key": key, "value": {"stringValue": value}});
    let number = |key: &str, value: &str| json!({"key": key, "value": {"intValue": value}});
    let span = |index: u64| {
        json!({
            "traceId": format!("{batch:032x}"), "spanId": format!("{:016x}", batch * 1_000 + index + 1),
            "name": "chat gpt-4o", "kind": 3,
            "startTimeUnixNano": now.to_string(), "endTimeUnixNano": (now + 1_000_000).to_string(),
            "attributes": [
                text("gen_ai.operation.name", "chat"), text("gen_ai.request.model", "gpt-4o"),
                number("gen_ai.usage.input_tokens", "3"), number("gen_ai.usage.output_tokens", "2"),
            ],
        })
    };
    let spans: Vec<Value> = (0..SPANS).map(span).collect();
    let resource = json!({"attributes": [text("service.name", "kills")]});
    let scopes = json!([{"scope": {"name": "kills"}, "spans": spans}]);
    json!({"resourceSpans": [{"resource": resource, "scopeSpans": scopes}]}).to_string().into_bytes()
}
