//! Tests of the memory that answers take over many days of distinct names.

use std::future::Future;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use quipu_backend_sqlite::Sqlite;
use quipu_conformance::sample::{at, draft, metric, priced};
use quipu_core::{
    AnswerMemory, Backend as _, Batch, CostQuery, FacetField, Instrument, MemoryBudget, Owner, OwnerKind,
    SessionQuery, Sort, Span, Store, StoreForgetting as _, Timestamp, TraceFilter, TraceQuery, TraceRow,
};

use crate::{open, write};

/// Days, and sessions on each. Their names differ.
const DAYS: u64 = 6;
const A_DAY: u64 = 600;
/// Size at which a list of groups ends.
const GROUPS: usize = 64 << 10;

/// A budget that knows the most that was held at a time.
#[derive(Default)]
struct Peak {
    held: AtomicUsize,
    peak: AtomicUsize,
}

impl MemoryBudget for Peak {
    fn take(&self, bytes: usize) -> bool {
        let held = self.held.fetch_add(bytes, Ordering::Relaxed) + bytes;
        self.peak.fetch_max(held, Ordering::Relaxed);
        true
    }

    fn give_back(&self, bytes: usize) {
        self.held.fetch_sub(bytes, Ordering::Relaxed);
    }
}

/// The answer, and the most that it held.
async fn held<T>(answer: impl Future<Output = T>) -> (T, usize) {
    let peak = Arc::new(Peak::default());
    let memory = AnswerMemory::of(Arc::clone(&peak) as _).with_groups(GROUPS);
    let answer = memory.scope(answer).await;
    assert_eq!(peak.held.load(Ordering::Relaxed), 0, "everything is given back");
    (answer, peak.peak.load(Ordering::Relaxed))
}

fn start(number: u64) -> Timestamp {
    let (day, within) = (number / A_DAY, number % A_DAY);
    at(0).plus(day.cast_signed() * Timestamp::DAY).plus(within.cast_signed() * Timestamp::SECOND)
}

fn name(kind: &str, number: u64) -> String {
    format!("{kind}-{number:06}-{}", "x".repeat(80))
}

/// A store of many sessions, users, models and tools. One session and one tool are on each day.
async fn wide(folder: &Path) -> Sqlite {
    let store = open(folder);
    for day in 0..DAYS {
        let numbers = day * A_DAY..(day + 1) * A_DAY;
        let spans: Vec<Span> = numbers
            .flat_map(|number| {
                let session = if number % 10 == 0 { "daily".to_owned() } else { name("session", number) };
                let tool = if number % 10 == 0 { "daily".to_owned() } else { name("tool", number) };
                let call = draft(1 + number, 1).starts(start(number)).session(&session);
                let call = call.user(&name("user", number)).llm(&name("model", number), 10, 5).span();
                let run = draft(1 + number, 2).below(1).starts(start(number)).tool(&tool).span();
                [call, run]
            })
            .collect();
        let costs: Vec<_> = spans.iter().map(|span| priced(span, "0.01")).collect();
        write(&store, spans, costs).await;
    }
    store
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_over_days_of_distinct_names_stay_within_their_memory() {
    let folder = tempfile::tempdir().unwrap();
    let store = wide(folder.path()).await;
    let filter = TraceFilter::default();
    for field in [FacetField::Session, FacetField::User, FacetField::Model, FacetField::Tool] {
        let (facets, peak) = held(store.facets(field, &filter, 20)).await;
        let facets = facets.unwrap();
        assert_eq!(facets.len(), 20, "{field:?}");
        if matches!(field, FacetField::Session | FacetField::Tool) {
            assert_eq!((facets[0].value.as_str(), facets[0].traces), ("daily", DAYS * A_DAY / 10));
        }
        assert!(peak < 4 * GROUPS, "{field:?}: {peak} bytes");
    }
    let (tools, peak) = held(store.tools(&filter)).await;
    let tools = tools.unwrap();
    assert!(peak < GROUPS + (3 << 19), "tools: {peak} bytes");
    assert_eq!(tools.iter().map(|tool| tool.calls).sum::<u64>(), DAYS * A_DAY, "no run is lost");
    assert_eq!((tools[0].tool.as_str(), tools[0].calls), ("daily", DAYS * A_DAY / 10));
    let last = tools.last().unwrap();
    assert!(last.rest && last.tool.is_empty() && tools.iter().filter(|tool| tool.rest).count() == 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_list_of_metrics_ends_within_its_memory() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    for day in 0..DAYS {
        let time = start(day * A_DAY);
        let numbers = day * A_DAY..(day + 1) * A_DAY;
        let named = |number| metric(&name("metric", number), Instrument::Gauge, "a", &[(time, 1.0)]);
        let daily = metric("daily", Instrument::Gauge, "a", &[(time, 1.0)]);
        let metrics = [daily].into_iter().chain(numbers.map(named)).collect();
        store.write(Arc::new(Batch { metrics, ..Batch::default() })).await.unwrap();
    }
    let (metrics, peak) = held(store.metrics()).await;
    let metrics = metrics.unwrap();
    assert!(peak < 3 * GROUPS, "{peak} bytes");
    assert!((50..200).contains(&metrics.len()), "{} metrics", metrics.len());
    let daily = metrics.iter().find(|metric| metric.name == "daily").unwrap();
    assert_eq!((daily.series, daily.last_at), (1, start((DAYS - 1) * A_DAY)));
    // The API counts 640 bytes and the texts, so it knows that the list was cut.
    let bytes: usize = metrics.iter().map(|metric| 640 + 2 * metric.name.len()).sum();
    assert!(bytes > GROUPS, "{bytes}");
    let all = store.metrics().await.unwrap();
    assert_eq!(all.len() as u64, DAYS * A_DAY + 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_are_charged_for_what_they_hold_and_for_no_more() {
    let folder = tempfile::tempdir().unwrap();
    let store = wide(folder.path()).await;
    let mut query = SessionQuery { limit: 150, ..SessionQuery::default() };
    let mut sessions = 0;
    loop {
        let (page, peak) = held(store.sessions(&query)).await;
        let page = page.unwrap();
        let bytes: usize = page.rows.iter().map(|row| row.bytes()).sum();
        assert!((bytes..2 << 20).contains(&peak), "{peak} bytes for {bytes} of rows");
        sessions += page.rows.len() as u64;
        query.cursor = page.next;
        if query.cursor.is_none() {
            break;
        }
    }
    assert_eq!(sessions, DAYS * A_DAY * 9 / 10 + 1);
    let (page, peak) = held(store.costs(&CostQuery { limit: 500, ..CostQuery::default() })).await;
    let bytes: usize = page.unwrap().rows.iter().map(|row| row.bytes()).sum();
    assert!((bytes..8 * bytes).contains(&peak), "{peak} bytes for {bytes} of calls");
    for sort in [Sort::Newest, Sort::Longest] {
        let (page, peak) =
            held(store.traces(&TraceQuery { limit: 300, sort, ..TraceQuery::default() })).await;
        let bytes: usize = page.unwrap().rows.iter().map(|row| row.bytes()).sum();
        assert!((bytes..8 * bytes).contains(&peak), "{peak} bytes for {bytes} of traces");
    }
    let owner = Owner { kind: OwnerKind::Session, id: "daily".into(), names: &["session.id"] };
    let (owned, peak) = held(store.owned(&owner)).await;
    let traces = owned.unwrap().traces.len();
    assert_eq!(traces as u64, DAYS * A_DAY / 10);
    assert!(peak > traces * 48, "{peak} bytes for {traces} traces");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_and_a_trace_name_no_more_than_their_first_models() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let call = |number: u64| {
        let draft = draft(1 + number % 3, 1 + number).starts(at(0)).session("s");
        draft.llm(&name("model", number), 10, 5).span()
    };
    let spans: Vec<Span> = (0..4_000).map(call).collect();
    let costs: Vec<_> = spans.iter().map(|span| priced(span, "0.01")).collect();
    write(&store, spans, costs).await;
    let (page, peak) = held(store.sessions(&SessionQuery::default())).await;
    let page = page.unwrap();
    let models = &page.rows[0].models;
    assert_eq!((page.rows[0].llm_calls, models.len()), (4_000, TraceRow::MOST_NAMES));
    assert!(models.is_sorted() && models[0] == name("model", 0), "{}", models[0]);
    assert!((page.rows[0].bytes()..2 << 20).contains(&peak), "{peak}");
    let traces = store.traces(&TraceQuery::default()).await.unwrap();
    assert!(traces.rows.iter().all(|row| row.models.len() == TraceRow::MOST_NAMES));
}
