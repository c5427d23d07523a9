//! Tests of repaired damage.

use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use quipu_backend_sqlite::{Config, Repaired, Sqlite, repair};
use quipu_conformance::sample::{at, cost, draft, event, priced, span_id, trace_id};
use quipu_core::{
    Arrival, Backend, Batch, ErrorKind, EventQuery, GroupBy, Level, Rule, Span, SpanQuery, Store,
    StoreIntegrity as _, StoreRetention as _, Timestamp, TraceFilter, TraceQuery, UsageGroup, UsageQuery,
};

use crate::retention::hold;
use crate::{open, sound, write};

const TRACES: u64 = 300;

/// A day with some hundred traces of three spans each, and a day with one trace.
async fn filled(folder: &Path) -> (PathBuf, Vec<UsageGroup>) {
    let store = open(folder);
    for number in 1..=TRACES {
        let root = draft(number, 1).named("root").project("kite").tag("beta").span();
        let call = draft(number, 2).below(1).llm("gpt-5", 100, 10).session("s").user("u").span();
        let tool = draft(number, 3).below(1).tool("search").span();
        let costs = [priced(&call, "0.25"), cost(&tool)];
        let batch = Batch {
            spans: vec![root, call, tool],
            costs: costs.to_vec(),
            events: vec![event(at(number as i64), Level::Info, "went", "well")],
            ..Batch::default()
        };
        store.write(batch.into()).await.unwrap();
    }
    write(&store, [draft(9_000, 1).starts(at(0).plus(Timestamp::DAY)).span()], []).await;
    let sums = sums(&store).await;
    store.close().await.unwrap();
    let mut days: Vec<PathBuf> =
        std::fs::read_dir(folder.join("days")).unwrap().map(|file| file.unwrap().path()).collect();
    days.retain(|path| path.file_name().unwrap().to_str().unwrap().starts_with("d-"));
    days.sort();
    (days.remove(0), sums)
}

async fn sums(store: &Sqlite) -> Vec<UsageGroup> {
    let query = UsageQuery { filter: TraceFilter::default(), group_by: vec![GroupBy::Model, GroupBy::Tool] };
    store.usage(&query).await.unwrap()
}

async fn mend(folder: &Path, deep: bool) -> Repaired {
    repair(Config::at(folder), deep, &crate::Unpriced, &mut |_| {}).await.unwrap()
}

/// The pages of a table, numbered as in SQLite.
fn pages_of(file: &Path, table: &str) -> Vec<u64> {
    let conn = crate::connect(file).unwrap();
    let root: u64 = conn
        .query_row("SELECT rootpage FROM sqlite_schema WHERE name = ?1", [table], |row| row.get(0))
        .unwrap();
    drop(conn);
    // Children of an interior page: the right-most one in its header, the others in its cells.
    let (bytes, size) = (std::fs::read(file).unwrap(), page_bytes(file));
    let page = &bytes[usize::try_from(root - 1).unwrap() * size..][..size];
    assert!(matches!(page[0], 2 | 5), "{table} is more than one page");
    let word = |at: usize| u64::from(u32::from_be_bytes(page[at..at + 4].try_into().unwrap()));
    let cells = usize::from(u16::from_be_bytes(page[3..5].try_into().unwrap()));
    let cell = |index: usize| {
        usize::from(u16::from_be_bytes(page[12 + 2 * index..14 + 2 * index].try_into().unwrap()))
    };
    (0..cells).map(|index| word(cell(index))).chain([word(8)]).collect()
}

fn page_bytes(file: &Path) -> usize {
    crate::connect(file).unwrap().query_row("PRAGMA page_size", [], |row| row.get(0)).unwrap()
}

fn break_page(file: &Path, page: u64) {
    let size = page_bytes(file);
    let file = std::fs::File::options().write(true).open(file).unwrap();
    file.write_all_at(&vec![0xa5; size], (page - 1) * size as u64).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sums_that_are_wrong_follow_from_the_rows_again() {
    for change in [
        "UPDATE traces SET spans = 9",
        "DELETE FROM by_model",
        "UPDATE by_tool SET hour = hour + 1, figures = x'00'",
    ] {
        let folder = tempfile::tempdir().unwrap();
        let (file, before) = filled(folder.path()).await;
        crate::connect(&file).unwrap().execute_batch(change).unwrap();
        let repaired = mend(folder.path(), false).await;
        assert_eq!(repaired.lost, Vec::<String>::new(), "{change}");
        assert_eq!(repaired.done.len(), 2, "{repaired:?}");
        let store = open(folder.path());
        sound(&store).await;
        assert_eq!(sums(&store).await, before, "{change}");
        let row = store.trace(trace_id(7)).await.unwrap().unwrap();
        assert_eq!((row.name.as_str(), row.spans, row.llm_calls, row.tool_calls), ("root", 3, 1, 1));
        assert_eq!((row.project.as_deref(), row.tags.len()), (Some("kite"), 1));
        let (session, user) = (row.session, row.user);
        assert_eq!((session.as_deref(), user.as_deref()), (Some("s"), Some("u")));
        let events = store.events(&EventQuery { limit: 1_000, ..EventQuery::default() }).await.unwrap();
        assert_eq!(events.rows.len(), TRACES as usize);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broken_page_costs_the_rows_on_it_and_no_others() {
    for (table, most) in [("spans", 150), ("bodies", 0), ("calls", 0), ("traces", 0)] {
        let folder = tempfile::tempdir().unwrap();
        let (file, _) = filled(folder.path()).await;
        let pages = pages_of(&file, table);
        break_page(&file, pages[pages.len() / 2]);
        let repaired = mend(folder.path(), false).await;
        let store = open(folder.path());
        sound(&store).await;
        let query = TraceQuery { limit: 1_000, ..TraceQuery::default() };
        let rows = store.traces(&query).await.unwrap().rows;
        let spans: u64 = rows.iter().map(|row| row.spans).sum();
        assert!(spans >= 3 * TRACES + 1 - most, "{table}: {spans} spans are left; {repaired:?}");
        assert_eq!(repaired.lost.is_empty(), table == "traces", "{table}: {repaired:?}");
        let aside = file.with_extension("db.repaired-1");
        assert!(aside.exists(), "{table}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rejected_versions_stay_with_their_spans() {
    let folder = tempfile::tempdir().unwrap();
    let (file, _) = filled(folder.path()).await;
    let store = open(folder.path());
    let arrival = Arrival { sender: 1 << 32 | 7, millisecond: 1_795_000_000_000 };
    let forged = draft(7, 2).below(1).lasts(9).llm("gpt-5", 1, 1).span();
    write(&store, [Span { arrival, ..forged }], []).await;
    let before = store.span(trace_id(7), span_id(2)).await.unwrap().unwrap();
    assert_eq!(before.conflicts.len(), 1);
    assert_eq!(before.conflicts[0].at, arrival.at());
    store.close().await.unwrap();
    crate::connect(&file).unwrap().execute_batch("UPDATE traces SET spans = 9").unwrap();
    let repaired = mend(folder.path(), false).await;
    assert_eq!(repaired.lost, Vec::<String>::new());
    let store = open(folder.path());
    sound(&store).await;
    assert_eq!(store.span(trace_id(7), span_id(2)).await.unwrap().unwrap().conflicts, before.conflicts);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_came_after_a_day_was_set_aside_is_joined_with_what_was_before() {
    let folder = tempfile::tempdir().unwrap();
    let (file, _) = filled(folder.path()).await;
    let pages = pages_of(&file, "traces");
    pages.iter().for_each(|page| break_page(&file, *page));
    let store = open(folder.path());
    // A late span of a trace that cannot be looked up, and a new trace.
    write(&store, [draft(7, 4).below(1).span(), draft(5_000, 1).span()], []).await;
    store.close().await.unwrap();
    assert!(file.with_extension("db.damaged-1").exists());
    let repaired = mend(folder.path(), false).await;
    assert!(repaired.lost.is_empty(), "{repaired:?}");
    let store = open(folder.path());
    sound(&store).await;
    assert_eq!(store.trace(trace_id(7)).await.unwrap().unwrap().spans, 4);
    assert!(store.trace(trace_id(5_000)).await.unwrap().is_some());
    assert_eq!(store.info().await.unwrap().spans, 3 * TRACES + 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_of_which_nothing_can_be_read_is_kept_and_named() {
    let folder = tempfile::tempdir().unwrap();
    let (file, _) = filled(folder.path()).await;
    std::fs::write(&file, vec![b'?'; 50_000]).unwrap();
    let repaired = mend(folder.path(), false).await;
    assert_eq!(repaired.lost.len(), 1, "{repaired:?}");
    let aside = file.with_extension("db.damaged-1");
    assert!(repaired.lost[0].contains(aside.to_str().unwrap()), "{repaired:?}");
    assert!(aside.exists());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_catalog_is_made_anew_from_the_days() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let (day, next) = (Timestamp::DAY, at(0).plus(Timestamp::DAY));
    write(&store, [draft(1, 1).named("root").span()], []).await;
    write(&store, [draft(1, 2).below(1).starts(next.plus(day)).span()], []).await;
    let call = draft(2, 1).llm("gpt-5", 1, 1).span();
    write(&store, [call.clone()], [cost(&call)]).await;
    store.close().await.unwrap();
    std::fs::write(folder.path().join("catalog.db"), "nothing of the kind").unwrap();
    let repaired = mend(folder.path(), false).await;
    assert!(repaired.done[0].contains("catalog"), "{repaired:?}");
    let store = open(folder.path());
    sound(&store).await;
    // A stray is found in its old home, and so is the next one.
    write(&store, [draft(1, 3).below(1).starts(next.plus(2 * day)).span()], []).await;
    assert_eq!(store.trace(trace_id(1)).await.unwrap().unwrap().spans, 3);
    let spans = store.spans(&SpanQuery::of(trace_id(1))).await.unwrap();
    assert_eq!(spans.rows.len(), 3);
    // A later correction counts, although no row has the number of its opening.
    write(&store, [], [quipu_core::Cost { version: 9, rule: Rule::Repeats, amount: None, ..cost(&call) }])
        .await;
    assert_eq!(store.span(trace_id(2), span_id(1)).await.unwrap().unwrap().cost.unwrap().rule, Rule::Repeats);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_that_cannot_be_read_is_found_when_every_record_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let (file, before) = filled(folder.path()).await;
    let broken = "UPDATE bodies SET z = x'ff' WHERE pk IN (4, 5)";
    crate::connect(&file).unwrap().execute_batch(broken).unwrap();
    let store = open(folder.path());
    sound(&store).await;
    let findings = store.check_deep().await.unwrap();
    assert_eq!(findings.len(), 1);
    assert!(findings[0].contains("2 spans"), "{findings:?}");
    store.close().await.unwrap();
    let repaired = mend(folder.path(), true).await;
    assert!(repaired.lost[0].contains("2 bodies"), "{repaired:?}");
    let store = open(folder.path());
    assert_eq!(store.check_deep().await.unwrap(), Vec::<String>::new());
    assert_eq!(sums(&store).await, before, "money does not depend on a body");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn damaged_full_text_is_built_anew() {
    let folder = tempfile::tempdir().unwrap();
    let (file, _) = filled(folder.path()).await;
    let text = PathBuf::from(file.to_str().unwrap().replace("d-", "x-"));
    let length = std::fs::metadata(&text).unwrap().len();
    for page in 2..=length / page_bytes(&text) as u64 {
        break_page(&text, page);
    }
    let repaired = mend(folder.path(), false).await;
    assert!(repaired.done.concat().contains("Full text"), "{repaired:?}");
    sound(&open(folder.path())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_somebody_writes_to_is_not_mended() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let error = repair(Config::at(folder.path()), false, &crate::Unpriced, &mut |_| {}).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Locked);
    store.close().await.unwrap();
    let nothing = repair(Config::at(folder.path().join("none")), false, &crate::Unpriced, &mut |_| {})
        .await
        .unwrap_err();
    assert_eq!(nothing.kind(), ErrorKind::NotFound);
    assert_eq!(mend(folder.path(), true).await, Repaired::default());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_check_looks_at_the_catalog_and_what_it_does_not_know_is_learned() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    write(&store, [draft(1, 1).span()], []).await;
    write(&store, [draft(1, 2).below(1).starts(at(0).plus(2 * Timestamp::DAY)).span()], []).await;
    store.close().await.unwrap();
    let catalog = folder.path().join("catalog.db");
    crate::connect(&catalog).unwrap().execute_batch("DELETE FROM strays").unwrap();
    let store = open(folder.path());
    sound(&store).await;
    let findings = store.check_deep().await.unwrap();
    assert!(findings.len() == 1 && findings[0].contains("the day of 1 traces"), "{findings:?}");
    store.close().await.unwrap();
    let mended = mend(folder.path(), true).await;
    assert_eq!((mended.done.len(), mended.lost.len()), (1, 0), "{mended:?}");
    let store = open(folder.path());
    assert_eq!(store.check_deep().await.unwrap(), Vec::<String>::new());
    store.close().await.unwrap();
    // A damaged dictionary, then a damaged page.
    let broken = "INSERT INTO dicts(id, bytes, trained) VALUES (7, x'00', 0)";
    crate::connect(&catalog).unwrap().execute_batch(broken).unwrap();
    let reader = Sqlite::open_read_only(folder.path());
    let told = match reader {
        Ok(reader) => reader.check().await.unwrap().concat(),
        Err(error) => error.to_string(),
    };
    assert!(told.contains("catalog.db") || told.contains("dictionary 7"), "{told}");
    assert!(mend(folder.path(), false).await.done[0].contains("catalog"));
    let store = open(folder.path());
    assert_eq!(store.check_deep().await.unwrap(), Vec::<String>::new());
    assert_eq!(store.trace(trace_id(1)).await.unwrap().unwrap().spans, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broken_page_of_the_catalog_is_found() {
    let folder = tempfile::tempdir().unwrap();
    filled(folder.path()).await;
    let catalog = folder.path().join("catalog.db");
    let page: u64 = crate::connect(&catalog)
        .unwrap()
        .query_row("SELECT rootpage FROM sqlite_schema WHERE name = 'holds'", [], |row| row.get(0))
        .unwrap();
    let store = Sqlite::open_read_only(folder.path()).unwrap();
    assert_eq!(store.check().await.unwrap(), Vec::<String>::new());
    let file = std::fs::File::options().write(true).open(&catalog).unwrap();
    file.write_all_at(&[0xa5; 64], (page - 1) * 4_096 + 2_000).unwrap();
    let findings = store.check().await.unwrap();
    let page = format!("page {page}");
    assert!(findings.len() == 1 && findings[0].starts_with("Catalog: "), "{findings:?}");
    assert!(findings[0].contains(&page), "{findings:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_that_cannot_be_read_does_not_keep_others_from_being_found() {
    let folder = tempfile::tempdir().unwrap();
    let config = |search| Config { search, ..crate::config(folder.path()) };
    let store = Sqlite::open(config(false)).unwrap();
    let spans: Vec<_> = (1..=9).map(|trace| draft(trace, 1).named("walk").span()).collect();
    write(&store, spans, []).await;
    store.close().await.unwrap();
    let day = folder.path().join("days/d-20260302.db");
    crate::connect(&day).unwrap().execute_batch("UPDATE bodies SET z = x'ff' WHERE pk IN (4, 9)").unwrap();
    let store = Sqlite::open(config(true)).unwrap();
    let began = std::time::Instant::now();
    let filter = TraceFilter { q: Some("walk".into()), ..TraceFilter::default() };
    let query = TraceQuery { filter, limit: 20, ..TraceQuery::default() };
    while store.traces(&query).await.unwrap().rows.len() < 7
        || store.info().await.unwrap().search_lag_spans > 0
    {
        assert!(began.elapsed() < std::time::Duration::from_secs(30), "search does not get on");
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    assert_eq!(store.traces(&query).await.unwrap().rows.len(), 7);
    let findings = store.check().await.unwrap();
    assert!(findings.len() == 1 && findings[0].contains("lacks 2 spans"), "{findings:?}");
    // Later records are found too.
    write(&store, [draft(20, 1).named("walk").span()], []).await;
    store.close().await.unwrap();
    let mended = mend(folder.path(), false).await;
    assert!(mended.lost[0].contains("2 bodies"), "{mended:?}");
    sound(&open(folder.path())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn marks_that_hold_traces_outlive_their_catalog_as_far_as_they_can_be_read() {
    const HELD: u64 = 400;
    for broken in ["a dictionary", "a page of them"] {
        let folder = tempfile::tempdir().unwrap();
        let (catalog, store) = (folder.path().join("catalog.db"), open(folder.path()));
        write(&store, [draft(1, 1).span()], []).await;
        let all: Vec<_> = (1..=HELD).map(hold).collect();
        assert_eq!(store.hold(&all).await.unwrap(), HELD);
        let all = store.holds().await.unwrap();
        store.close().await.unwrap();
        if broken == "a dictionary" {
            let bad = "INSERT INTO dicts(id, bytes, trained) VALUES (7, x'00', 0)";
            crate::connect(&catalog).unwrap().execute_batch(bad).unwrap();
        } else {
            let pages = pages_of(&catalog, "holds");
            break_page(&catalog, pages[pages.len() / 2]);
        }
        let mended = mend(folder.path(), false).await;
        let store = open(folder.path());
        let kept = store.holds().await.unwrap();
        assert!(mended.done[0].contains(&format!("{} readable holds", kept.len())), "{mended:?}");
        assert!(kept.iter().all(|hold| all.contains(hold)));
        if broken == "a dictionary" {
            assert_eq!((kept, mended.lost.len()), (all, 0));
        } else {
            assert!(kept.len() > 100 && kept.len() < all.len(), "{}", kept.len());
            assert!(mended.lost[0].contains("which are missing"), "{mended:?}");
        }
        sound(&store).await;
    }
}
