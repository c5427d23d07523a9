//! Tests of writing: large traces, groups, full disks.

use std::sync::Arc;

use quipu_backend_sqlite::Sqlite;
use quipu_conformance::sample::{Random, at, draft, metric, priced, span_id, trace_id};
use quipu_core::{Backend, Batch, ErrorKind, Exemplar, Health, Instrument, Retry, Store, TraceQuery};

use crate::{open, sound, write};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_trace_of_a_hundred_thousand_spans_in_any_order() {
    const SPANS: u64 = 100_000;
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let mut numbers: Vec<u64> = (1..=SPANS).collect();
    Random::new(5).shuffle(&mut numbers);
    for part in numbers.chunks(500) {
        let span = |number: &u64| {
            let start = at(0).plus(i64::try_from(*number).unwrap() * 1_000);
            let span = draft(1, *number).starts(start).lasts(500);
            if *number == 1 { span.named("root").span() } else { span.below(1).span() }
        };
        let spans: Vec<_> = part.iter().map(span).collect();
        write(&store, spans, []).await;
    }
    let row = store.trace(trace_id(1)).await.unwrap().unwrap();
    assert_eq!((row.name.as_str(), row.spans, row.started_at), ("root", SPANS, at(0).plus(1_000)));
    assert_eq!(row.duration, i64::try_from(SPANS - 1).unwrap() * 1_000 + 500);
    sound(&store).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_bad_batch_of_a_group_fails_alone() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let mut writers = Vec::new();
    for number in 1..=60_u64 {
        let store = store.clone();
        writers.push(tokio::spawn(async move {
            let span = draft(number, 1).llm("gpt-5", 10, 1).span();
            let of = if number % 10 == 0 { draft(number, 2).llm("gpt-5", 1, 1).span() } else { span.clone() };
            let batch = Batch { costs: vec![priced(&of, "0.01")], spans: vec![span], ..Batch::default() };
            (number, store.write(Arc::new(batch)).await)
        }));
    }
    for writer in writers {
        let (number, outcome) = writer.await.unwrap();
        match outcome {
            Ok(()) => assert_ne!(number % 10, 0, "batch {number}"),
            Err(error) => assert_eq!((number % 10, error.kind()), (0, ErrorKind::Invalid), "{error}"),
        }
        let kept = store.trace(trace_id(number)).await.unwrap();
        assert_eq!(kept.is_some(), number % 10 != 0, "trace {number}");
    }
    sound(&store).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_refuses_and_recovers() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    write(&store, [draft(1, 1).span()], []).await;
    store.limit_pages(90);
    let text: String = (0..40_000_u64)
        .map(|number| char::from_u32(33 + (number * number % 1_009 % 90) as u32).unwrap())
        .collect();
    let mut refused = None;
    for number in 2..400_u64 {
        let span = draft(number, 1)
            .with("prompt", format!("{number} {text} {}", text.len() * number as usize).as_str())
            .span();
        let batch = Batch { spans: vec![span], ..Batch::default() };
        if let Err(error) = store.write(Arc::new(batch)).await {
            refused = Some((number, error));
            break;
        }
    }
    let (number, error) = refused.expect("a full disk");
    assert_eq!((error.kind(), error.retry()), (ErrorKind::Exhausted, Retry::Yes), "{error}");
    assert!(matches!(store.health(), Health::Down(_)), "{:?}", store.health());
    assert!(store.trace(trace_id(number)).await.unwrap().is_none());
    assert!(store.trace(trace_id(1)).await.unwrap().is_some());
    store.limit_pages(0);
    write(&store, [draft(number, 1).with("prompt", text.as_str()).span()], []).await;
    assert_eq!(store.health(), Health::Ready);
    assert!(store.trace(trace_id(number)).await.unwrap().is_some());
    sound(&store).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn readers_do_not_wait_for_the_writer() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    write(&store, [draft(1, 1).span()], []).await;
    let writing = tokio::spawn({
        let store: Sqlite = store.clone();
        async move {
            for round in 0..20_u64 {
                let spans: Vec<_> =
                    (1..=300).map(|number| draft(2 + number % 30, 1_000 * round + number).span()).collect();
                write(&store, spans, []).await;
            }
        }
    });
    let mut asked = 0;
    while !writing.is_finished() {
        let page = store.traces(&TraceQuery { limit: 10, ..TraceQuery::default() }).await.unwrap();
        assert!(!page.rows.is_empty());
        asked += 1;
    }
    writing.await.unwrap();
    assert!(asked > 3, "{asked} questions answered while writing");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_is_there_after_a_drop_without_close() {
    let folder = tempfile::tempdir().unwrap();
    for round in 1..=5_u64 {
        let store = open(folder.path());
        let span = draft(round, round).llm("gpt-5", 1, 1).span();
        write(&store, [span.clone()], [priced(&span, "1")]).await;
        drop(store);
        let store = open(folder.path());
        for known in 1..=round {
            let row = store.trace(trace_id(known)).await.unwrap().unwrap();
            assert_eq!(row.llm_calls, 1, "calls of trace {known}");
            assert!(store.span(trace_id(known), span_id(known)).await.unwrap().unwrap().raw.is_some());
        }
        sound(&store).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_files_as_a_crash_leaves_them_are_a_store() {
    let (folder, crashed) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let store = open(folder.path());
    for number in 1..=30_u64 {
        let span = draft(number, 1).llm("gpt-5", 10, 1).span();
        write(&store, [span.clone()], [priced(&span, "0.1")]).await;
    }
    // Databases and write-ahead logs as on the disk. Shared memory of processes is lost.
    std::fs::create_dir(crashed.path().join("days")).unwrap();
    for sub in ["", "days"] {
        for file in std::fs::read_dir(folder.path().join(sub)).unwrap().map(|file| file.unwrap().path()) {
            let name = file.file_name().unwrap().to_str().unwrap().to_owned();
            if file.is_file() && !name.ends_with("-shm") && !name.starts_with("x-") {
                std::fs::copy(&file, crashed.path().join(sub).join(name)).unwrap();
            }
        }
    }
    let reader = Sqlite::open_read_only(crashed.path()).unwrap();
    assert_eq!(reader.trace(trace_id(30)).await.unwrap().unwrap().llm_calls, 1);
    drop(reader);
    let again = open(crashed.path());
    assert_eq!(again.info().await.unwrap().spans, 30);
    sound(&again).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_trace_leads_to_the_metrics_that_were_observed_in_it_once_however_often_they_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let exemplar = |value| Exemplar { time: at(1), value, trace_id: trace_id(1), span_id: span_id(1) };
    let mut told = metric("took", Instrument::Histogram, "a", &[(at(5), 1.0), (at(10), 2.0)]);
    told.points.iter_mut().for_each(|point| point.exemplars = vec![exemplar(0.25), exemplar(f64::NAN)]);
    let batch = Batch { metrics: vec![told], ..Batch::default() };
    store.write(Arc::new(batch)).await.unwrap();
    sound(&store).await;
    store.close().await.unwrap();
    let days = std::fs::read_dir(folder.path().join("days")).unwrap().map(|file| file.unwrap().path());
    let is_data = |path: &std::path::PathBuf| path.file_name().unwrap().to_str().unwrap().starts_with("d-");
    let file = days.into_iter().find(is_data).unwrap();
    let conn = crate::connect(file).unwrap();
    let sql = "SELECT dims.text, exemplars.value, observed FROM exemplars \
        JOIN series ON series.id = exemplars.series JOIN dims ON dims.id = series.name WHERE trace = ?1";
    let mut look = conn.prepare(sql).unwrap();
    let rows = look.query_map([trace_id(1).as_bytes()], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)));
    let rows: Vec<(String, f64, i64)> = rows.unwrap().map(Result::unwrap).collect();
    assert_eq!(rows, [("took".to_owned(), 0.25, at(1).nanos())]);
}
