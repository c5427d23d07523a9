//! Tests of a trace larger than the memory limit of its answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::body::Body;
use axum::extract::Request;
use http_body_util::BodyExt;
use quipu_core::{AnswerMemory, Batch, Kind, MemoryBudget, Span, Timestamp};
use tower::ServiceExt;

use crate::fixture::{Fixture, span_id, trace_id};

const SPANS: u8 = 200;
const TEXT: usize = 100_000;

/// A budget that knows the most that was held at a time, and how often it had too little.
#[derive(Default)]
struct Peak {
    held: AtomicUsize,
    peak: AtomicUsize,
    refused: AtomicUsize,
    most: usize,
}

impl MemoryBudget for Peak {
    fn take(&self, bytes: usize) -> bool {
        let taken = |held: usize| held.checked_add(bytes).filter(|held| *held <= self.most);
        let before = self.held.fetch_update(Ordering::Relaxed, Ordering::Relaxed, taken);
        match before {
            Ok(before) => self.peak.fetch_max(before + bytes, Ordering::Relaxed),
            Err(_) => self.refused.fetch_add(1, Ordering::Relaxed),
        };
        before.is_ok()
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
async fn an_export_waits_for_the_memory_that_other_answers_use() {
    const MOST: usize = 8 << 20;
    let fixture = fixture().await;
    let budget = Arc::new(Peak { most: MOST, ..Peak::default() });
    let memory = AnswerMemory::of(Arc::clone(&budget) as _);
    let request = Request::get("/api/v1/export/spans?format=jsonl").body(Body::empty()).unwrap();
    let response = memory.scope(fixture.router().oneshot(request)).await.unwrap();
    assert_eq!(response.status(), 200);
    // Other answers take all that is free until a page in the middle finds none.
    let others = async {
        let mut taken = 0;
        while budget.refused.load(Ordering::Relaxed) == 0 {
            taken += MOST - budget.held.swap(MOST, Ordering::Relaxed);
            tokio::task::yield_now().await;
        }
        budget.give_back(taken);
    };
    let both = async { tokio::join!(others, response.into_body().collect()) };
    let ((), body) = tokio::time::timeout(std::time::Duration::from_secs(30), both).await.unwrap();
    let text = String::from_utf8(body.unwrap().to_bytes().to_vec()).unwrap();
    assert_eq!(text.lines().count(), usize::from(SPANS));
}

#[tokio::test]
async fn an_answer_that_gets_no_memory_is_a_503_that_says_so() {
    let fixture = fixture().await;
    let (_, status, body) = ask(&fixture, &format!("/api/v1/traces/{}", trace_id(9)), 1_000).await;
    let text = String::from_utf8(body).unwrap();
    assert_eq!(status, 503, "{text}");
    assert!(text.contains("answer_bytes"), "{text}");
}

/// A trace whose spans have names of 2 kB that no other has.
async fn named() -> Fixture {
    let fixture = Fixture::empty();
    let span = |number: u8| {
        let start = Timestamp::from_nanos(i64::from(number) * 1_000_000);
        let name = format!("{number} {}", "name ".repeat(200));
        let mut span = Span::new(trace_id(9), span_id(number), &name, start, start.plus(1_000));
        span.canonical.kind = Kind::Agent;
        span.canonical.agent = Some(name.as_str().into());
        span
    };
    fixture.write(Batch { spans: (1..=SPANS).map(span).collect(), ..Batch::default() }).await;
    fixture
}

#[tokio::test]
async fn whole_traces_in_memory_are_charged_until_the_answer_is_made() {
    let whole = format!("/api/v1/traces/{}", trace_id(9));
    let paths = [
        format!("{whole}/outline"),
        format!("{whole}/graph"),
        format!("{whole}/agents"),
        format!("{whole}/search?q=none"),
        "/api/v1/map".to_owned(),
    ];
    for path in paths {
        // The names alone have 400 kB.
        let (_, status, body) = ask(&named().await, &path, 300_000).await;
        let text = String::from_utf8(body).unwrap();
        assert_eq!(status, 503, "{path}: {text}");
        assert!(text.contains("answer_bytes"), "{path}: {text}");
        let (peak, status, _) = ask(&named().await, &path, 64 << 20).await;
        assert_eq!((status, peak.held.load(Ordering::Relaxed)), (200, 0), "{path}");
    }
}

#[tokio::test]
async fn caches_of_all_projects_share_one_memory_and_an_answer_needs_none_of_it() {
    const MOST: usize = 1 << 20;
    let free =
        |caches: &AnswerMemory| (0..=MOST).rev().step_by(1_024).find(|size| caches.hold(*size).is_ok());
    let outline = format!("/api/v1/traces/{}/outline", trace_id(9));
    let caches = AnswerMemory::within(MOST);
    let (mut one, mut other) = (named().await, named().await);
    (one.state.caches, other.state.caches) = (caches.clone(), caches.clone());
    let all = free(&caches).unwrap();
    // A router is a project with caches of its own. They end with it.
    let project = |fixture: &Fixture| (fixture.router(), outline.clone());
    let (first, second) = (project(&one), project(&other));
    let get = async |(router, path): &(axum::Router, String)| {
        let request = Request::get(path).body(Body::empty()).unwrap();
        let response = router.clone().oneshot(request).await.unwrap();
        let status = response.status();
        (status.as_u16(), response.into_body().collect().await.unwrap().to_bytes())
    };
    let answer = get(&first).await;
    let with_one = free(&caches).unwrap();
    assert!(answer.0 == 200 && with_one + 200_000 < all, "{with_one} of {all}");
    let second_answer = get(&second).await;
    let with_both = free(&caches).unwrap();
    assert!(second_answer.0 == 200 && with_both + 200_000 < with_one, "{with_both} of {with_one}");
    // Without memory for caches the answer is the same.
    let mut none = named().await;
    none.state.caches = AnswerMemory::within(0);
    let uncached = project(&none);
    assert_eq!(get(&uncached).await.1.len(), answer.1.len());
    let (peak, status, _) = ask(&none, &outline, 64 << 20).await;
    assert_eq!((status, peak.held.load(Ordering::Relaxed)), (200, 0));
}
