//! Tests of a trace larger than the memory limit of its answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::body::Body;
use axum::extract::Request;
use http_body_util::BodyExt;
use quipu_core::{AnswerMemory, Batch, MemoryBudget, Span, Timestamp};
use tower::ServiceExt;

use crate::fixture::{Fixture, span_id, trace_id};

const SPANS: u8 = 200;
const TEXT: usize = 100_000;

/// A budget that knows the most that was held at a time.
#[derive(Default)]
struct Peak {
    held: AtomicUsize,
    peak: AtomicUsize,
    most: usize,
}

impl MemoryBudget for Peak {
    fn take(&self, bytes: usize) -> bool {
        let held = self.held.fetch_add(bytes, Ordering::Relaxed) + bytes;
        if held > self.most {
            self.held.fetch_sub(bytes, Ordering::Relaxed);
            return false;
        }
        self.peak.fetch_max(held, Ordering::Relaxed);
        true
    }

    fn give_back(&self, bytes: usize) {
        self.held.fetch_sub(bytes, Ordering::Relaxed);
    }
}

async fn fixture() -> Fixture {
    let fixture = Fixture::empty();
    let span = |number: u8| {
        let start = Timestamp::from_nanos(i64::from(number) * 1_000_000);
        let mut span = Span::new(trace_id(9), span_id(number), "step", start, start.plus(1_000));
        span.attributes.push("input.value", format!("{number} {}", "word ".repeat(TEXT / 5)));
        span
    };
    fixture.write(Batch { spans: (1..=SPANS).map(span).collect(), ..Batch::default() }).await;
    fixture
}

async fn ask(fixture: &Fixture, path: &str, most: usize) -> (Arc<Peak>, u16, Vec<u8>) {
    let peak = Arc::new(Peak { most, ..Peak::default() });
    let memory = AnswerMemory::of(Arc::clone(&peak) as _);
    let request = Request::get(path).body(Body::empty()).unwrap();
    let (status, body) = memory
        .scope(async {
            let response = fixture.router().oneshot(request).await.unwrap();
            let status = response.status().as_u16();
            (status, response.into_body().collect().await.unwrap().to_bytes().to_vec())
        })
        .await;
    (peak, status, body)
}

#[tokio::test]
async fn a_large_trace_is_written_in_parts_and_its_json_is_the_same() {
    let fixture = fixture().await;
    let path = format!("/api/v1/traces/{}", trace_id(9));
    // Reading the answer holds all of it: what counts is what was held while it was made.
    let (_, status, body) = ask(&fixture, &path, usize::MAX).await;
    let answer: serde_json::Value = serde_json::from_slice(&body).unwrap();
    assert_eq!((status, body.len() > usize::from(SPANS) * TEXT), (200, true));
    assert_eq!(answer["spans"].as_array().unwrap().len(), usize::from(SPANS));
    assert_eq!(
        (&answer["next_after"], &answer["trace"]["spans"]),
        (&serde_json::Value::Null, &serde_json::json!(SPANS))
    );
    let page = fixture.get(&format!("{path}?limit=150")).await;
    let rest = fixture.get(&format!("{path}?limit=150&after={}", page["next_after"].as_str().unwrap())).await;
    let both =
        [page["spans"].as_array().unwrap().clone(), rest["spans"].as_array().unwrap().clone()].concat();
    assert_eq!(serde_json::Value::from(both), answer["spans"]);
}

#[tokio::test]
async fn a_search_in_a_large_trace_needs_little_memory() {
    let fixture = fixture().await;
    let (peak, status, body) =
        ask(&fixture, &format!("/api/v1/traces/{}/search?q=200", trace_id(9)), 16 << 20).await;
    let answer: serde_json::Value = serde_json::from_slice(&body).unwrap();
    assert_eq!((status, answer["rows"].as_array().map(Vec::len)), (200, Some(1)), "{answer}");
    let held = peak.peak.load(Ordering::Relaxed);
    assert!(held > 1 << 20 && held < 16 << 20, "{held}");
    assert_eq!(peak.held.load(Ordering::Relaxed), 0, "all is given back");
}

#[tokio::test]
async fn an_answer_that_gets_no_memory_is_a_503_that_says_so() {
    let fixture = fixture().await;
    let (_, status, body) = ask(&fixture, &format!("/api/v1/traces/{}", trace_id(9)), 1_000).await;
    let text = String::from_utf8(body).unwrap();
    assert_eq!(status, 503, "{text}");
    assert!(text.contains("answer_bytes"), "{text}");
}
