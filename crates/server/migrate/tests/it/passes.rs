//! Changes between passes, progress of unchanged days, and refused starts.

use quipu_backend_memory::Memory;
use quipu_conformance::sample::{self, agent_run, at, batch, draft, event, trace_id};
use quipu_conformance::{difference, history};
use quipu_core::{
    Arrival, Backend as _, Batch, ErrorKind, EventQuery, Hold, Keep, Level, Retention, Store,
    StoreForgetting as _, StoreRetention as _, Timestamp,
};

use crate::{Place, finish, pass, write};

#[tokio::test(flavor = "multi_thread")]
async fn forgotten_and_thinned_traces_follow_in_the_next_pass() {
    let (place, from, to) = (Place::new(), Memory::new(), Memory::new());
    let batches: Vec<Batch> = (1..=6).map(|run| agent_run(1, run)).collect();
    write(&from, &batches).await;
    write(&from, &[Batch { events: vec![event(at(5), Level::Info, "alone", "kept")], ..Batch::default() }])
        .await;
    pass(&from, &to, &place.file()).await.unwrap();
    assert_eq!(difference(&to, &from).await, None);
    let gone = batches[0].spans[0].trace_id;
    from.forget(&[gone]).await.unwrap();
    let rules = Retention { traces: Some(Keep::days(1)), ..Retention::default() };
    let late = batches[1].spans[0].start.plus(40 * Timestamp::DAY);
    let retired = from.retire(&rules, late, false).await.unwrap();
    assert!(retired.days.iter().any(|day| day.traces > 0), "{retired:?}");
    assert_eq!(finish(&from, &to, &place.file()).await.unwrap(), Vec::<String>::new());
    assert_eq!(to.trace(gone).await.unwrap(), None);
    assert_eq!(difference(&to, &from).await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_versions_and_holds_move_too() {
    let place = Place::new();
    let (from, to) = (place.sqlite("from"), place.sqlite("to"));
    let version = |lasts: i64, sender: u64| {
        let mut span = draft(1, 1).lasts(lasts).llm("gpt-5", 10, 1).span();
        span.arrival = Arrival { sender, millisecond: 1_900_000_000_000 };
        span
    };
    let first = version(5, 1);
    let row = sample::priced(&first, "0.000000000000000000000001");
    write(&from, &[batch([first], [row]), batch([version(6, 2)], []), batch([version(7, 3)], [])]).await;
    let hold = |number: u64, note: &str| Hold {
        trace_id: trace_id(number),
        since: at(7),
        by: "ada".into(),
        note: note.into(),
    };
    from.hold(&[hold(1, "why"), hold(99, "unknown")]).await.unwrap();
    assert_eq!(finish(&from, &to, &place.file()).await.unwrap(), Vec::<String>::new());
    assert_eq!(difference(&to, &from).await, None);
    let row = to.span(trace_id(1), sample::span_id(1)).await.unwrap().unwrap();
    let said: Vec<_> = row.conflicts.iter().map(|one| one.span.duration()).collect();
    assert_eq!(said, vec![Some(6), Some(7)]);
    assert_eq!(to.holds().await.unwrap(), from.holds().await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_day_that_did_not_change_is_not_read_again() {
    let place = Place::new();
    let (from, to) = (place.sqlite("from"), place.sqlite("to"));
    write(&from, &history(9, 20)).await;
    from.close().await.unwrap();
    let from = place.sqlite("from");
    let first = pass(&from, &to, &place.file()).await.unwrap();
    assert!(first.days > 1 && first.unchanged_days == 0, "{first:?}");
    let again = pass(&from, &to, &place.file()).await.unwrap();
    assert_eq!((again.days, again.unchanged_days, again.spans), (0, first.days, 0));
    // A new record opens its day, and only this day.
    write(&from, &[batch([draft(77, 1).span()], [])]).await;
    let changed = pass(&from, &to, &place.file()).await.unwrap();
    assert_eq!((changed.days, changed.unchanged_days, changed.spans), (1, first.days - 1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_with_records_of_its_own_is_left_alone() {
    let (place, from, to) = (Place::new(), Memory::new(), Memory::new());
    write(&to, &[agent_run(1, 1)]).await;
    let error = pass(&from, &to, &place.file()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert!(error.to_string().contains("not of this migration"), "{error}");
    assert!(!place.file().exists());
    assert!(to.info().await.unwrap().spans > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_finished_migration_is_not_continued() {
    let (place, from, to) = (Place::new(), Memory::new(), Memory::new());
    write(&from, &[agent_run(1, 1)]).await;
    assert_eq!(finish(&from, &to, &place.file()).await.unwrap(), Vec::<String>::new());
    let error = pass(&from, &to, &place.file()).await.unwrap_err();
    assert!(error.to_string().contains("is finished"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_difference_is_told_by_day_and_figure_and_leaves_the_migration_open() {
    let (place, from, to) = (Place::new(), Memory::new(), Memory::new());
    write(&from, &[agent_run(1, 1)]).await;
    pass(&from, &to, &place.file()).await.unwrap();
    let stray = event(at(9), Level::Error, "stray", "only in the target");
    write(&to, &[Batch { events: vec![stray], ..Batch::default() }]).await;
    let differences = finish(&from, &to, &place.file()).await.unwrap();
    assert_eq!(differences.len(), 1, "{differences:#?}");
    assert!(differences[0].starts_with("2026-03-02, events: "), "{differences:?}");
    assert_eq!(finish(&from, &to, &place.file()).await.unwrap(), differences);
    let every = EventQuery::default();
    let (have, more) = (from.events(&every).await.unwrap(), to.events(&every).await.unwrap());
    assert_eq!(have.rows.len() + 1, more.rows.len());
}
