//! A sender at a steady pace that remembers acknowledged spans.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::json;

use crate::integration::Http;
use crate::integration::http::Answer;

/// Spans of one request.
pub const SPANS: u64 = 50;
/// Time between two requests: a thousand spans a second.
const PACE: Duration = Duration::from_millis(50);

#[derive(Default)]
struct Shared {
    over: AtomicBool,
    sent: AtomicU64,
    acknowledged: Mutex<Vec<u64>>,
    refused: AtomicU64,
}

/// A sender at work. Requests have numbers, of which follow the ids of their spans.
pub struct Load {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl Load {
    /// Begins to send there, with the number after `sent`.
    pub fn start(endpoint: &str, sent: u64) -> Self {
        let shared = Arc::new(Shared { sent: AtomicU64::new(sent), ..Shared::default() });
        let (own, url) = (Arc::clone(&shared), format!("{endpoint}/v1/traces"));
        let thread = std::thread::spawn(move || {
            let http = Http::new(Duration::from_secs(10));
            let begin = Instant::now();
            for turn in 1.. {
                if own.over.load(Ordering::Relaxed) {
                    return;
                }
                send(&http, &url, &own);
                std::thread::sleep((PACE * turn).saturating_sub(begin.elapsed()));
            }
        });
        Self { shared, thread: Some(thread) }
    }

    /// Ends it; gives the numbers of the requests that were acknowledged, and of how many were not.
    pub fn stop(mut self) -> (Vec<u64>, u64) {
        self.end();
        let acknowledged = self.shared.acknowledged.lock().unwrap_or_else(PoisonError::into_inner);
        (acknowledged.clone(), self.shared.refused.load(Ordering::Relaxed))
    }

    fn end(&mut self) {
        self.shared.over.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        self.end();
    }
}

fn send(http: &Http, url: &str, shared: &Shared) {
    let request = shared.sent.fetch_add(1, Ordering::Relaxed) + 1;
    let answer = http.post(url, &[("content-type", "application/json")], &body(request, "shop"));
    let whole = |answer: &Answer| answer.status == 200 && !answer.text().contains("rejectedSpans");
    if answer.is_ok_and(|answer| whole(&answer)) {
        shared.acknowledged.lock().unwrap_or_else(PoisonError::into_inner).push(request);
    } else {
        shared.refused.fetch_add(1, Ordering::Relaxed);
    }
}

/// The id of a span of a request.
pub fn span_id(request: u64, index: u64) -> String {
    format!("{:016x}", request * SPANS + index + 1)
}

/// A request of a service.
pub fn body(request: u64, service: &str) -> Vec<u8> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
    let text = |key: &str, value: &str| json!({"key": key, "value": {"stringValue": value}});
    let span = |index: u64| {
        json!({
            "traceId": format!("{request:032x}"), "spanId": span_id(request, index), "name": "GET /cart", "kind": 2,
            "startTimeUnixNano": now.to_string(), "endTimeUnixNano": (now + 1_000_000).to_string(),
            "attributes": [text("http.request.method", "GET"), text("url.path", "/cart"), text("user", &span_id(index, request))],
        })
    };
    let spans: Vec<_> = (0..SPANS).map(span).collect();
    let resource = json!({"attributes": [text("service.name", service)]});
    let request = json!({"resourceSpans": [{"resource": resource, "scopeSpans": [{"spans": spans}]}]});
    request.to_string().into_bytes()
}
