//! Tests of retention by size, of retention during writes and reads, and of the number of holds.

use std::sync::Arc;

use quipu_backend_sqlite::{Config, Sqlite};
use quipu_conformance::sample::{at, batch, draft, priced, trace_id};
use quipu_core::{
    Backend, DayFate, DiskBytes, ErrorKind, Hold, Retention, RetiredFor, Store, StoreForgetting as _,
    StoreRetention as _, TraceFilter, UsageQuery,
};

use crate::retention::{
    RUNS, assert_same, day, hold, listed, one_day, retire, rules, run_of, sums, with_days,
};
use crate::{caught_up, open, sound};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn beyond_its_bound_the_store_gives_up_the_oldest_days() {
    let folder = tempfile::tempdir().unwrap();
    let store = with_days(folder.path(), 4).await;
    let held = run_of(0, 1) + 1;
    store.hold(&[hold(held)]).await.unwrap();
    caught_up(&store).await;
    // Without a log that may be moved meanwhile.
    store.close().await.unwrap();
    let store = open(folder.path());
    let bound = |bytes: u64| Retention { max_bytes: Some(DiskBytes(bytes)), ..Retention::default() };
    let told = retire(&store, &bound(1 << 40), day(4)).await;
    assert_eq!(told.days, []);
    let bytes = told.bytes;
    let before = sums(&store).await;
    // A tenth less: the oldest days lose their content, and every sum stays.
    let told = retire(&store, &bound(bytes - bytes / 10), day(4)).await;
    assert!(!told.days.is_empty() && told.days.len() < 4 && told.over.is_none(), "{told:?}");
    assert_eq!((told.days[0].day, told.days[0].held), (day(0), 1));
    assert!(
        told.days.iter().all(|day| day.fate == DayFate::Thinned && day.why == RetiredFor::Size),
        "{told:?}"
    );
    assert!(told.days[0].freed > 0);
    assert_same(&before, &sums(&store).await);
    // Only held traces of the ended days may stay. The last day has not ended.
    let told = retire(&store, &bound(1 << 20), day(3)).await;
    let removed = told.days.iter().filter(|day| day.fate == DayFate::Removed).map(|day| day.day);
    assert_eq!(removed.collect::<Vec<_>>(), [day(1), day(2)]);
    let shown = listed(&store, TraceFilter::default()).await;
    assert_eq!(shown.len(), usize::try_from(RUNS).unwrap() + 1);
    assert!(shown.contains(&trace_id(held)));
    sound(&store).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_written_meanwhile_is_not_lost() {
    let folder = tempfile::tempdir().unwrap();
    let store = Sqlite::open(Config { train_after_spans: 0, ..Config::at(folder.path()) }).unwrap();
    for number in 0..3 {
        store.write(Arc::new(one_day(number))).await.unwrap();
    }
    let rules = rules("traces=1h");
    let writer = store.clone();
    // Calls of new traces in the days that are rewritten at that moment.
    let writing = tokio::spawn(async move {
        for number in 0..150_u64 {
            let start = at(i64::try_from(number % 3).unwrap() * 86_400 + 7);
            let call = draft(50_000 + number, 1).starts(start).llm("openai/gpt-5", 10, 1).span();
            let cost = priced(&call, "1");
            writer.write(Arc::new(batch([call], [cost]))).await.unwrap();
        }
    });
    while !writing.is_finished() {
        // Days with constant writes are left to a later run.
        store.retire(&rules, day(4), false).await.unwrap();
    }
    writing.await.unwrap();
    let query = UsageQuery {
        filter: TraceFilter { min_cost: Some("1".parse().unwrap()), ..TraceFilter::default() },
        ..UsageQuery::default()
    };
    assert_eq!(store.usage(&query).await.unwrap()[0].totals.llm_calls, 150);
    sound(&store).await;
    retire(&store, &rules, day(4)).await;
    assert_eq!(store.usage(&query).await.unwrap()[0].totals.llm_calls, 150);
    assert_eq!(listed(&store, TraceFilter::default()).await, []);
    sound(&store).await;
    // No other files are left in the folder of days.
    let names = std::fs::read_dir(folder.path().join("days")).unwrap().flatten();
    let odd: Vec<_> = names
        .map(|entry| entry.file_name())
        .filter(|name| name.to_string_lossy().contains("thinned"))
        .collect();
    assert!(odd.is_empty(), "{odd:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn readers_of_another_process_see_the_new_file() {
    let folder = tempfile::tempdir().unwrap();
    let store = with_days(folder.path(), 2).await;
    let reader = Sqlite::open_read_only(folder.path()).unwrap();
    let before = sums(&reader).await;
    assert_eq!(listed(&reader, TraceFilter::default()).await.len(), 2 * usize::try_from(RUNS).unwrap());
    retire(&store, &rules("traces=1h"), day(4)).await;
    assert_eq!(listed(&reader, TraceFilter::default()).await, []);
    assert_same(&before, &sums(&reader).await);
    sound(&reader).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn too_many_holds_are_refused_as_a_whole() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let many: Vec<Hold> = (1..=10_001).map(hold).collect();
    let error = store.hold(&many).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Exhausted);
    assert!(error.to_string().contains("at most 10000 traces can be held"), "{error}");
    assert_eq!(store.holds().await.unwrap(), []);
    assert_eq!(store.hold(&many[..10_000]).await.unwrap(), 10_000);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn to_forget_a_trace_ends_its_hold() {
    let folder = tempfile::tempdir().unwrap();
    let store = with_days(folder.path(), 1).await;
    store.hold(&[hold(1), hold(2)]).await.unwrap();
    assert_eq!(store.forget(&[trace_id(1)]).await.unwrap(), 1);
    assert_eq!(store.holds().await.unwrap(), [hold(2)]);
}
