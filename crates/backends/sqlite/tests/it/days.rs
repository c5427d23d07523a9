//! Tests of traces and days.

use std::sync::Arc;

use quipu_conformance::sample::{at, draft, priced, span_id, trace_id};
use quipu_core::{
    Backend, Batch, Detail, ErrorKind, Meeting, SpanQuery, Store, StoreForgetting as _, Timestamp,
    TraceStatus,
};

use crate::{open, sound, write};

const DAY: i64 = Timestamp::DAY;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_trace_of_many_days_stays_together() {
    let folder = tempfile::tempdir().unwrap();
    for day in 0..6_u64 {
        // Opened again each day, so caches do not help.
        let store = open(folder.path());
        let start = at(0).plus(i64::try_from(day).unwrap() * DAY);
        let span = draft(1, day + 1).starts(start).llm("gpt-5", 10, 1);
        let span = if day == 3 { span.named("root").span() } else { span.below(4).span() };
        write(&store, [span.clone()], [priced(&span, "0.5")]).await;
        store.close().await.unwrap();
    }
    let store = open(folder.path());
    assert_eq!(store.info().await.unwrap().days, 1, "all in the day of the first span");
    let row = store.trace(trace_id(1)).await.unwrap().unwrap();
    assert_eq!((row.name.as_str(), row.spans, row.llm_calls), ("root", 6, 6));
    assert_eq!(row.cost, Some("3".parse().unwrap()));
    let lists = store.nodes(&[(trace_id(1), at(0).plus(5 * DAY))]).await.unwrap();
    assert_eq!(lists[0].len(), 6, "nodes, asked with the time of the last span");
    sound(&store).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn parts_of_days_far_apart_are_kept_together() {
    let folder = tempfile::tempdir().unwrap();
    let first = draft(1, 2).starts(at(0)).below(1).llm("gpt-5", 10, 1).span();
    let store = open(folder.path());
    write(&store, [first.clone()], [priced(&first, "1")]).await;
    store.close().await.unwrap();
    let store = open(folder.path());
    let late = at(0).plus(10 * DAY);
    let root = draft(1, 1).starts(late).named("late root").span();
    let other = draft(1, 3).starts(late).below(1).llm("gpt-5-mini", 5, 5).span();
    write(&store, [root, other.clone()], [priced(&other, "2")]).await;
    assert_eq!(store.info().await.unwrap().days, 1, "all in the day of the first span");
    let row = store.trace(trace_id(1)).await.unwrap().unwrap();
    assert_eq!((row.name.as_str(), row.spans, row.llm_calls, row.started_at), ("late root", 3, 2, at(0)));
    assert_eq!(row.cost, Some("3".parse().unwrap()));
    assert_eq!(row.models, ["gpt-5", "gpt-5-mini"]);
    assert_ne!(row.status, TraceStatus::Running);
    let query = SpanQuery { trace_id: trace_id(1), after: None, limit: 10, detail: Detail::Full };
    let ids: Vec<_> = store.spans(&query).await.unwrap().rows.into_iter().map(|span| span.span_id).collect();
    assert_eq!(ids, [span_id(2), span_id(1), span_id(3)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_of_many_days_is_kept_whole_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let span = |day: u64| {
        draft(day, 1).starts(at(0).plus(i64::try_from(day).unwrap() * DAY)).llm("gpt-5", 1, 1).span()
    };
    let spans: Vec<_> = (1..=10).map(span).collect();
    let stranger = draft(10, 99).llm("gpt-5", 1, 1).span();
    let bad = Batch { spans: spans.clone(), costs: vec![priced(&stranger, "1")], ..Batch::default() };
    assert_eq!(store.write(Arc::new(bad)).await.unwrap_err().kind(), ErrorKind::Invalid);
    assert_eq!(store.info().await.unwrap().spans, 0);
    write(&store, spans.clone(), []).await;
    assert_eq!(store.info().await.unwrap().days, 10);
    // More days than are committed together.
    write(&store, (1..=40).map(span).collect::<Vec<_>>(), []).await;
    assert_eq!((store.info().await.unwrap().days, store.info().await.unwrap().spans), (40, 40));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_purged_day_leaves_no_file_and_can_come_back() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    write(&store, [draft(1, 1).span()], []).await;
    write(&store, [draft(2, 1).starts(at(0).plus(3 * DAY)).span()], []).await;
    assert_eq!(store.purge(at(0).plus(2 * DAY)).await.unwrap(), 1);
    let left = std::fs::read_dir(folder.path().join("days")).unwrap().map(|file| file.unwrap().file_name());
    let left: Vec<_> = left.filter_map(|name| name.into_string().ok()).collect();
    let stamp = left.iter().find(|name| name.starts_with("d-")).unwrap()[2..10].to_owned();
    assert!(left.iter().all(|name| name.contains(&stamp)), "{left:?}");
    assert!(store.trace(trace_id(1)).await.unwrap().is_none());
    write(&store, [draft(1, 2).span()], []).await;
    assert_eq!(store.trace(trace_id(1)).await.unwrap().unwrap().spans, 1);
    sound(&store).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn traces_meet_also_when_their_meetings_moved_to_the_large_table() {
    const TRACES: u64 = 9_000;
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let meeting = |trace: u64| Meeting::of("sample", &(trace / 2).to_string());
    let span = |trace: u64, number: u64| draft(trace, number).starts(at(0)).meets(meeting(trace)).span();
    for first in (2..TRACES + 2).step_by(3_000) {
        // The last trace of the batch before is written again, so its meeting can be in both tables.
        let again = (first - 1).max(2);
        let spans: Vec<_> = (first..first + 3_000).map(|trace| span(trace, 1)).collect();
        write(&store, spans, []).await;
        write(&store, [span(again, 2)], []).await;
    }
    sound(&store).await;
    let file = crate::files::day_files(folder.path()).remove(0);
    let rows = |table: &str| -> i64 {
        let sql = format!("SELECT COUNT(*) FROM {table}");
        crate::connect(&file).unwrap().query_row(&sql, [], |row| row.get(0)).unwrap()
    };
    assert!(rows("meetings") > 0 && rows("latest_meetings") < 8_192);
    let pairs: Vec<_> = (2..TRACES + 2).map(|trace| (meeting(trace), at(0))).collect();
    let found = store.meeting_traces(&pairs).await.unwrap();
    for (trace, found) in (2..TRACES + 2).zip(found) {
        let mut found: Vec<_> = found.into_iter().map(|(trace, _)| trace).collect();
        found.sort_unstable();
        let mut wanted = [trace_id(trace / 2 * 2), trace_id(trace / 2 * 2 + 1)];
        wanted.sort_unstable();
        assert_eq!(found, wanted, "{trace}");
    }
}
