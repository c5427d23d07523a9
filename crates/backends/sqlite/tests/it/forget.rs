//! Tests of the remains of removed traces in files.

use std::path::Path;
use std::sync::Arc;

use quipu_backend_sqlite::Sqlite;
use quipu_conformance::sample::{agent_runs, at, draft, priced, trace_id};
use quipu_core::{
    Backend, ErrorKind, Store, StoreForgetting as _, Timestamp, TraceFilter, TraceId, TraceQuery, UsageQuery,
    UsageTotals,
};

use crate::{caught_up, open, sound, write};

async fn listed(store: &Sqlite, words: Option<&str>) -> Vec<TraceId> {
    let filter = TraceFilter { q: words.map(Into::into), ..TraceFilter::default() };
    let page = store.traces(&TraceQuery { filter, limit: 1_000, ..TraceQuery::default() }).await.unwrap();
    page.rows.into_iter().map(|row| row.trace_id).collect()
}

/// Whether any file of the store has these bytes.
pub(crate) fn occurs(folder: &Path, wanted: &[u8]) -> bool {
    loop {
        match try_occurs(folder, wanted) {
            // A log was moved into its day meanwhile. Its content may be in a file that was already read.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            found => return found.unwrap(),
        }
    }
}

fn try_occurs(folder: &Path, wanted: &[u8]) -> std::io::Result<bool> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let found = match path.is_dir() {
            true => try_occurs(&path, wanted)?,
            false => std::fs::read(&path)?.windows(wanted.len()).any(|bytes| bytes == wanted),
        };
        if found {
            return Ok(true);
        }
    }
    Ok(false)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn full_text_stays_sound_however_much_is_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    for round in 0..12_u64 {
        store.write(Arc::new(agent_runs(round, 40))).await.unwrap();
        if round % 3 != 1 {
            caught_up(&store).await;
        }
        let gone: Vec<_> = (1..=40).filter(|number| number % 4 != round % 4).map(trace_id).collect();
        assert_eq!(store.forget(&gone).await.unwrap(), 30);
        // Some rounds remove records before the index reads them. The remaining records are found after it
        // has caught up.
        caught_up(&store).await;
        assert_eq!(listed(&store, Some("chat")).await.len(), 10);
        sound(&store).await;
        store.forget(&(1..=40).map(trace_id).collect::<Vec<_>>()).await.unwrap();
        assert_eq!(listed(&store, Some("chat")).await, []);
    }
    sound(&store).await;
    store.close().await.unwrap();
    let store = open(folder.path());
    sound(&store).await;
    assert_eq!(store.info().await.unwrap().spans, 0);
    write(&store, [draft(1, 1).named("chat").span()], []).await;
    caught_up(&store).await;
    assert_eq!(listed(&store, Some("chat")).await, [trace_id(1)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_said_is_written_over() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let secret = b"s3cr3t-Qx7vBn2pLk9TzRw4";
    let told = |number: u64| {
        let noise = number.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        draft(number % 3 + 1, number).failed(&format!("{} {noise:x}", String::from_utf8_lossy(secret))).span()
    };
    let spans: Vec<_> = (1..=60).map(told).collect();
    write(&store, spans, []).await;
    store.flush().await.unwrap();
    assert!(occurs(folder.path(), secret), "an error's text is kept as it is");
    assert_eq!(store.forget(&[trace_id(1), trace_id(2), trace_id(3)]).await.unwrap(), 3);
    assert!(!occurs(&folder.path().join("days"), secret), "it is there still");
    sound(&store).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn room_that_became_free_is_taken_again() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let all: Vec<_> = (1..=200).map(trace_id).collect();
    let mut sizes = Vec::new();
    for round in 0..4_u64 {
        store.write(Arc::new(agent_runs(round, 200))).await.unwrap();
        assert_eq!(store.forget(&all).await.unwrap(), 200);
        caught_up(&store).await;
        sizes.push(std::fs::metadata(folder.path().join("days/d-20260302.db")).unwrap().len());
    }
    assert!(sizes[3] < sizes[0] * 3 / 2, "the day grows with what is forgotten: {sizes:?}");
    sound(&store).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn days_of_a_trace_that_came_back_are_all_found() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let late = |days: i64| at(0).plus(days * Timestamp::DAY);
    let spans = [draft(1, 1).starts(late(0)).span(), draft(1, 2).below(1).starts(late(1)).span()];
    write(&store, spans, []).await;
    store.close().await.unwrap();
    // Its home is no longer cached, and its neighbouring days do not have it, so it now has two homes.
    let store = open(folder.path());
    let call = draft(1, 3).llm("openai/gpt-5", 1, 1).starts(late(20)).span();
    write(&store, [call.clone()], [priced(&call, "1")]).await;
    assert_eq!(store.forget(&[trace_id(1)]).await.unwrap(), 1);
    assert_eq!(listed(&store, None).await, []);
    let usage = store.usage(&UsageQuery::default()).await.unwrap();
    assert_eq!(usage[0].totals, UsageTotals::default());
    sound(&store).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_to_read_forgets_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    write(&store, [draft(1, 1).span()], []).await;
    store.close().await.unwrap();
    let store = Sqlite::open_read_only(folder.path()).unwrap();
    assert_eq!(store.forget(&[trace_id(1)]).await.unwrap_err().kind(), ErrorKind::Denied);
    assert_eq!(listed(&store, None).await, [trace_id(1)]);
}
