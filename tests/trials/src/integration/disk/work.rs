//! A workload over several days, and its acknowledged part.
//!
//! Each trace has a parent and a child that start days apart and arrive in different requests. The parent
//! repeats the tokens of its child, so the pair counts once.

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::integration::{Http, Server};

/// Requests between a child and its parent.
const LAG: u64 = 8;
/// Tokens of a child, and of the parent that repeats them.
pub const INPUT: u64 = 1_200;
/// Attempts for one request, as an SDK makes them.
const ATTEMPTS: usize = 12;
const PAUSE: Duration = Duration::from_millis(30);
const DAY: u64 = 86_400_000_000_000;
/// All starts are within this many days before now.
const DAYS: u64 = 5;

/// State of a sender.
#[derive(Clone)]
pub struct Work {
    /// One moment for all spans, so that a request that is sent again is the same.
    now: u64,
    /// Requests of the whole workload.
    requests: u64,
    /// Numbers of the requests that were acknowledged, and the mark of that moment.
    pub acknowledged: BTreeMap<u64, u64>,
    /// Names of the budgets that were acknowledged, and the mark of that moment.
    pub budgets: BTreeMap<String, u64>,
    /// Answers that an SDK would take for a final loss.
    pub refused: Vec<String>,
}

/// A span of the workload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    /// Number of its trace.
    pub trace: u64,
    /// Whether it is the parent.
    pub parent: bool,
}

impl Span {
    /// Its id in hexadecimal.
    pub fn id(self) -> String {
        format!("{:016x}", (self.trace + 1) * 2 + u64::from(self.parent))
    }
}

impl Work {
    /// A workload of this many traces.
    pub fn new(traces: u64) -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
        let now = u64::try_from(now).unwrap_or_default();
        let (acknowledged, budgets) = (BTreeMap::new(), BTreeMap::new());
        Self { now, requests: traces + LAG, acknowledged, budgets, refused: Vec::new() }
    }

    /// Ends the workload before request `next`: the traces that have begun get their parents, and no other
    /// follows.
    pub const fn end_before(&mut self, next: u64) {
        self.requests = next + LAG;
    }

    /// Numbers of all requests.
    pub const fn all(&self) -> Range<u64> {
        0..self.requests
    }

    /// Traces of the workload.
    pub const fn traces(&self) -> u64 {
        self.requests - LAG
    }

    /// Spans of a request: the child of one trace, and the parent of an older one.
    pub fn spans(&self, request: u64) -> Vec<Span> {
        let child = (request < self.traces()).then_some(Span { trace: request, parent: false });
        let parent = request.checked_sub(LAG).map(|trace| Span { trace, parent: true });
        child.into_iter().chain(parent).collect()
    }

    /// Sends those of these requests that are not acknowledged yet, and asks in between. `mark` is called
    /// after each answer. With `patient` a request is sent again for as long as an SDK does, without it once.
    pub fn send(&mut self, server: &Server, requests: Range<u64>, patient: bool, mark: impl Fn() -> u64) {
        let http = Http::new(Duration::from_secs(20));
        let url = format!("{}/v1/traces", server.otlp_http);
        let headers = [("content-type", "application/json")];
        for request in requests.filter(|request| !self.acknowledged.contains_key(request)).collect::<Vec<_>>()
        {
            for _ in 0..if patient { ATTEMPTS } else { 1 } {
                match http
                    .post(&url, &headers, &self.body(request))
                    .map(|answer| (answer.status, answer.text()))
                {
                    Ok((200, text)) if !text.contains("rejectedSpans") => {
                        self.acknowledged.insert(request, mark());
                        break;
                    }
                    Ok((429 | 502 | 503 | 504, _)) | Err(_) => std::thread::sleep(PAUSE),
                    Ok((status, text)) => {
                        self.refused.push(format!("request {request}: {status} {text}"));
                        break;
                    }
                }
            }
            // Reads that go through pages, bodies and the index of words.
            if request % 4 == 0 {
                for question in ["traces?q=valley&limit=5", "usage?group_by=model,day", "sessions"] {
                    let _ = http.get(&server.api(question));
                }
            }
        }
    }

    /// Defines a budget of this name.
    pub fn budget(&mut self, server: &Server, name: &str, mark: impl Fn() -> u64) {
        let http = Http::new(Duration::from_secs(20));
        let body = json!({"limit_usd": "25", "period": "day"}).to_string();
        let url = server.api(&format!("budgets/{name}"));
        let answer = http.put(&url, &[("content-type", "application/json")], body.as_bytes());
        if answer.is_ok_and(|answer| answer.status < 300) {
            self.budgets.insert(name.to_owned(), mark());
        }
    }

    fn body(&self, request: u64) -> Vec<u8> {
        let spans: Vec<Value> = self.spans(request).into_iter().map(|span| self.span(span)).collect();
        let resource = json!({"attributes": [text("service.name", "disk")]});
        let scopes = json!([{"scope": {"name": "disk"}, "spans": spans}]);
        json!({"resourceSpans": [{"resource": resource, "scopeSpans": scopes}]}).to_string().into_bytes()
    }

    fn span(&self, span: Span) -> Value {
        let child = Span { trace: span.trace, parent: false };
        let parent = Span { trace: span.trace, parent: true };
        // The child starts one to three days after its parent.
        let after = 1 + span.trace % 3;
        let before = DAYS - 1 - span.trace % (DAYS - after);
        let start = self.now - before * DAY + if span.parent { 0 } else { after * DAY } - DAY / 48;
        let words = format!(
            r#"[{{"role":"user","parts":[{{"type":"text","content":"Which valley has the most orchards? {}"}}]}}]"#,
            "Orchard by orchard, count them. ".repeat(40)
        );
        let number = |key: &str, value: u64| json!({"key": key, "value": {"intValue": value.to_string()}});
        let mut attributes =
            vec![number("gen_ai.usage.input_tokens", INPUT), number("gen_ai.usage.output_tokens", 300)];
        attributes.extend(if span.parent {
            [text("gen_ai.operation.name", "invoke_agent"), text("gen_ai.agent.name", "planner")].to_vec()
        } else {
            [
                text("gen_ai.operation.name", "chat"),
                text("gen_ai.provider.name", "openai"),
                text("gen_ai.request.model", "gpt-4o"),
                text("gen_ai.conversation.id", &format!("session-{}", span.trace % 5)),
                text("gen_ai.input.messages", &words),
            ]
            .to_vec()
        });
        let end = start + if span.parent { after * DAY } else { 0 } + 1_000_000;
        json!({
            "traceId": trace_id(span.trace), "spanId": span.id(),
            "parentSpanId": if span.parent { String::new() } else { parent.id() },
            "name": if span == child { "chat gpt-4o" } else { "invoke_agent planner" }, "kind": 3,
            "startTimeUnixNano": start.to_string(), "endTimeUnixNano": end.min(self.now).to_string(),
            "attributes": attributes,
        })
    }
}

/// Id of a trace in hexadecimal.
pub fn trace_id(trace: u64) -> String {
    format!("{:032x}", trace + 1)
}

fn text(key: &str, value: &str) -> Value {
    json!({"key": key, "value": {"stringValue": value}})
}
