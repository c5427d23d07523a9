//! Tests of full text and dictionaries, which are built asynchronously.

use std::time::{Duration, Instant};

use quipu_backend_sqlite::{Config, Sqlite};
use quipu_conformance::sample::{draft, span_id, trace_id};
use quipu_core::{Backend, Store, TraceFilter, TraceId, TraceQuery};

use crate::{caught_up, open, sound, write};

async fn found(store: &Sqlite, words: &str) -> Vec<TraceId> {
    let filter = TraceFilter { q: Some(words.into()), ..TraceFilter::default() };
    let page = store.traces(&TraceQuery { filter, limit: 100, ..TraceQuery::default() }).await.unwrap();
    let mut traces: Vec<_> = page.rows.into_iter().map(|row| row.trace_id).collect();
    traces.sort_unstable();
    traces
}

async fn finds(store: &Sqlite, words: &str, want: &[u64]) {
    let want: Vec<_> = want.iter().map(|number| trace_id(*number)).collect();
    let began = Instant::now();
    while found(store, words).await != want {
        assert!(began.elapsed() < Duration::from_secs(30), "{words}: {:?}", found(store, words).await);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn beginnings_of_words_and_letters_of_scripts_without_spaces() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let spans = [
        draft(1, 1).with("prompt", "Where is Valparaíso?").span(),
        draft(2, 1).with("prompt", "東京の天気はどうですか").span(),
        draft(3, 1).with("prompt", "value").span(),
    ];
    write(&store, spans, []).await;
    caught_up(&store).await;
    finds(&store, "valpar*", &[1]).await;
    finds(&store, "val*", &[1, 3]).await;
    finds(&store, "valpar", &[]).await;
    finds(&store, "天気", &[2]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_missing_or_damaged_index_is_built_anew() {
    let folder = tempfile::tempdir().unwrap();
    for round in 1..=3_u64 {
        let store = open(folder.path());
        write(&store, [draft(round, 1).named("the same words").span()], []).await;
        caught_up(&store).await;
        finds(&store, "same words", &(1..=round).collect::<Vec<_>>()).await;
        store.close().await.unwrap();
        let files = std::fs::read_dir(folder.path().join("days")).unwrap().map(|file| file.unwrap().path());
        for file in files.filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with("x-")) {
            match round {
                1 => std::fs::remove_file(file).unwrap(),
                _ => std::fs::write(file, vec![7; 9_000]).unwrap(),
            }
        }
    }
    let store = open(folder.path());
    finds(&store, "same words", &[1, 2, 3]).await;
    finds(&store, "other words", &[]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_index_that_no_longer_grows_is_put_together() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    for part in 0..6_u64 {
        let span =
            |number| draft(1 + part, number).with("prompt", format!("row {number} of {part}").as_str());
        write(&store, (1..=300).map(|number| span(number).span()).collect::<Vec<_>>(), []).await;
        caught_up(&store).await;
    }
    let index = || {
        let files = std::fs::read_dir(folder.path().join("days")).unwrap().map(|file| file.unwrap().path());
        let mut indexes = files.filter(|path| {
            let name = path.file_name().unwrap().to_str().unwrap();
            name.starts_with("x-") && name.ends_with(".db")
        });
        let conn = crate::connect(indexes.next().unwrap()).unwrap();
        let number = |sql| conn.query_row(sql, [], |row| row.get::<_, u32>(0)).unwrap();
        (number("SELECT COUNT(DISTINCT segid) FROM words_idx"), number("PRAGMA freelist_count"))
    };
    let began = Instant::now();
    while index() != (1, 0) {
        assert!(began.elapsed() < Duration::from_secs(30), "parts and free pages: {:?}", index());
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    finds(&store, "row 17", &[1, 2, 3, 4, 5, 6]).await;
    store.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dictionary_is_trained_once_and_old_spans_stay_readable() {
    let folder = tempfile::tempdir().unwrap();
    let config = Config { train_after_spans: 600, ..Config::at(folder.path()) };
    let store = Sqlite::open(config.clone()).unwrap();
    let text = |number: u64| {
        format!("the order {number} of customer {} was shipped from the third warehouse", number * 7 % 97)
    };
    let span = |number: u64| draft(1 + number % 9, number).with("prompt", text(number).as_str()).span();
    let dictionaries = || {
        let catalog = crate::connect(folder.path().join("catalog.db")).unwrap();
        catalog.query_row("SELECT COUNT(*) FROM dicts", [], |row| row.get::<_, u32>(0)).unwrap()
    };
    write(&store, (1..=700).map(span).collect::<Vec<_>>(), []).await;
    let began = Instant::now();
    while dictionaries() == 0 {
        assert!(began.elapsed() < Duration::from_secs(60), "no dictionary was trained");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    tokio::time::sleep(Duration::from_millis(100)).await;
    write(&store, (701..=800).map(span).collect::<Vec<_>>(), []).await;
    store.close().await.unwrap();
    let store = Sqlite::open(config).unwrap();
    write(&store, (801..=900).map(span).collect::<Vec<_>>(), []).await;
    assert_eq!(dictionaries(), 1);
    for number in [1, 350, 700, 701, 800, 900] {
        let row = store.span(trace_id(1 + number % 9), span_id(number)).await.unwrap().unwrap();
        let want = quipu_core::Span { canonical: Box::default(), ..span(number) };
        assert_eq!(*row.raw.unwrap(), want, "span {number}");
    }
    // The day is self-contained, regardless of the catalog.
    store.close().await.unwrap();
    let day = std::fs::read_dir(folder.path().join("days")).unwrap().map(|file| file.unwrap().path());
    let day = day.filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with("d-")).min().unwrap();
    let conn = crate::connect(day).unwrap();
    assert_eq!(conn.query_row("SELECT COUNT(*) FROM dicts", [], |row| row.get::<_, u32>(0)).unwrap(), 2);
    std::fs::remove_file(folder.path().join("catalog.db")).unwrap();
    assert_eq!(Sqlite::open(Config::at(folder.path())).unwrap_err().kind(), quipu_core::ErrorKind::Damaged);
    quipu_backend_sqlite::repair(Config::at(folder.path()), false, &crate::Unpriced, &mut |_| {})
        .await
        .unwrap();
    let store = open(folder.path());
    assert!(store.span(trace_id(1), span_id(900)).await.unwrap().unwrap().raw.is_some());
    sound(&store).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_span_that_ends_while_it_is_indexed_is_found_by_its_last_words() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let numbers: Vec<u64> = (1..=90).collect();
    for number in &numbers {
        let begun = draft(*number, 1).with("prompt", "first words").running().span();
        write(&store, [begun], []).await;
        let ended = draft(*number, 1).with("prompt", "last words").span();
        write(&store, [ended], []).await;
    }
    finds(&store, "last", &numbers).await;
    finds(&store, "first", &[]).await;
}
