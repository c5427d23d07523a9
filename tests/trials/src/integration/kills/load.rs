//! Senders and query clients, and their logs.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::integration::disk::work::Work;
use crate::integration::{Http, Server};
use crate::shell;

const SENDERS: usize = 4;
const ASKERS: usize = 2;
/// Limits of sent traces over several days, and of requests checked again after a kill.
const MOST_TRACES: u64 = 50_000;
const AGAIN: u64 = 4;
/// A first acknowledgement comes within this time.
const FIRST: Duration = Duration::from_secs(10);
/// Spans of a batch.
pub const SPANS: u64 = 20;

/// Sent, acknowledged and answered requests over all rounds.
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

    /// Number of answered queries.
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

/// Traces whose parents and children start days apart, sent in order over all rounds.
pub struct Days {
    work: Work,
    next: u64,
}

impl Days {
    /// No request was sent yet.
    pub fn new() -> Self {
        Self { work: Work::new(MOST_TRACES), next: 0 }
    }

    /// Sends what a killed server did not acknowledge, then new requests while the server lives.
    fn send(&mut self, server: &Server, over: &AtomicBool) {
        self.work.send(server, self.next.saturating_sub(AGAIN)..self.next, false, || 0);
        while !over.load(Ordering::Relaxed) && self.next < MOST_TRACES {
            self.work.send(server, self.next..self.next + 1, false, || 0);
            self.next += 1;
        }
    }

    /// Sends the rest to a server that is not killed. Gives the whole workload.
    pub fn finish(mut self, server: &Server) -> Work {
        self.work.end_before(self.next);
        self.work.send(server, self.work.all(), true, || 0);
        self.work
    }
}

/// How long a server lives.
#[derive(Clone, Copy)]
pub enum Life {
    /// From its start.
    Started(Duration),
    /// From its first acknowledgement, so that a slow machine acknowledges something too.
    Acknowledged(Duration),
}

impl Life {
    fn wait(self, log: &Log, before: u64) {
        let (Self::Started(life) | Self::Acknowledged(life)) = self;
        if matches!(self, Self::Acknowledged(_)) {
            shell::poll(FIRST, || (log.acknowledged() > before).then_some(()));
        }
        std::thread::sleep(life);
    }
}

/// Sends and asks from all threads while the server lives; then cuts it off.
pub fn until_killed(server: Server, life: Life, log: &Log, days: &mut Days) {
    let before = log.acknowledged();
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
        scope.spawn(|| days.send(&server, &over));
        life.wait(log, before);
        server.cut_off();
        over.store(true, Ordering::Relaxed);
    });
    server.kill();
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

/// Id of a batch's trace in hexadecimal, apart from those of [`Days`].
pub fn trace_id(batch: u64) -> String {
    format!("{:016x}{batch:016x}", 0xba7c)
}

fn body(batch: u64) -> Vec<u8> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
    let text = |key: &str, value: &str| json!({"key": key, "value": {"stringValue": value}});
    let number = |key: &str, value: &str| json!({"key": key, "value": {"intValue": value}});
    let said =
        r#"[{"role":"user","parts":[{"type":"text","content":"Which valley has the most orchards?"}]}]"#;
    let span = |index: u64| {
        json!({
            "traceId": trace_id(batch), "spanId": format!("{:016x}", batch * 1_000 + index + 1),
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
