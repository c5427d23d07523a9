//! Senders and askers, and what they remember.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::integration::{Http, Server};

const SENDERS: usize = 4;
const ASKERS: usize = 2;
/// Spans of a batch.
pub const SPANS: u64 = 20;

/// What was sent and acknowledged, asked and answered, over all rounds.
#[derive(Default)]
pub struct Log {
    sent: AtomicU64,
    asked: AtomicU64,
    acknowledged: Mutex<BTreeSet<u64>>,
    wrong: Mutex<Vec<String>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Log {
    /// Batches sent.
    pub fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    /// Questions that were answered.
    pub fn asked(&self) -> u64 {
        self.asked.load(Ordering::Relaxed)
    }

    /// Batches acknowledged.
    pub fn acknowledged(&self) -> u64 {
        lock(&self.acknowledged).len() as u64
    }

    /// Their numbers.
    pub fn numbers(&self) -> BTreeSet<u64> {
        lock(&self.acknowledged).clone()
    }

    /// Answers that blame the server.
    pub fn answered_wrong(&self) -> Vec<String> {
        lock(&self.wrong).clone()
    }
}

/// Sends and asks from all threads while the server lives; then cuts it off.
pub fn until_killed(server: Server, life: Duration, log: &Log) {
    let over = AtomicBool::new(false);
    let url = format!("{}/v1/traces", server.otlp_http);
    let questions =
        ["traces?limit=20", "usage?group_by=model,hour", "sessions", "traces?q=valley&limit=5", "tools"];
    let questions = questions.map(|question| server.api(question));
    std::thread::scope(|scope| {
        for _ in 0..SENDERS {
            scope.spawn(|| send(&url, &over, log));
        }
        for asker in 0..ASKERS {
            let (questions, over) = (&questions, &over);
            scope.spawn(move || ask(questions, asker, over, log));
        }
        std::thread::sleep(life);
        server.kill();
        over.store(true, Ordering::Relaxed);
    });
}

fn send(url: &str, over: &AtomicBool, log: &Log) {
    let http = Http::new(Duration::from_secs(5));
    while !over.load(Ordering::Relaxed) {
        let batch = log.sent.fetch_add(1, Ordering::Relaxed) + 1;
        let answer = http.post(url, &[("content-type", "application/json")], &body(batch));
        if answer.is_ok_and(|answer| answer.status == 200) {
            lock(&log.acknowledged).insert(batch);
        }
    }
}

fn ask(questions: &[String], first: usize, over: &AtomicBool, log: &Log) {
    let http = Http::new(Duration::from_secs(5));
    for turn in first.. {
        if over.load(Ordering::Relaxed) {
            return;
        }
        let question = &questions[turn % questions.len()];
        // One that is killed meanwhile does not answer.
        let Ok(answer) = http.get(question) else { continue };
        log.asked.fetch_add(1, Ordering::Relaxed);
        if answer.status != 200 {
            lock(&log.wrong).push(format!("{question}: {} {}", answer.status, answer.text()));
        }
    }
}

fn body(batch: u64) -> Vec<u8> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
    let text = |key: &str, value: &str| json!({"key": key, "value": {"stringValue": value}});
    let number = |key: &str, value: &str| json!({"key": key, "value": {"intValue": value}});
    let said =
        r#"[{"role":"user","parts":[{"type":"text","content":"Which valley has the most orchards?"}]}]"#;
    let span = |index: u64| {
        json!({
            "traceId": format!("{batch:032x}"), "spanId": format!("{:016x}", batch * 1_000 + index + 1),
            "name": "chat gpt-4o", "kind": 3,
            "startTimeUnixNano": now.to_string(), "endTimeUnixNano": (now + 1_000_000).to_string(),
            "attributes": [
                text("gen_ai.operation.name", "chat"), text("gen_ai.request.model", "gpt-4o"),
                text("gen_ai.conversation.id", &format!("session-{}", batch % 50)), text("gen_ai.input.messages", said),
                number("gen_ai.usage.input_tokens", "3"), number("gen_ai.usage.output_tokens", "2"),
            ],
        })
    };
    let spans: Vec<Value> = (0..SPANS).map(span).collect();
    let resource = json!({"attributes": [text("service.name", "kills")]});
    let scopes = json!([{"scope": {"name": "kills"}, "spans": spans}]);
    json!({"resourceSpans": [{"resource": resource, "scopeSpans": scopes}]}).to_string().into_bytes()
}
