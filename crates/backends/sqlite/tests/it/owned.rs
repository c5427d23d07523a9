//! Tests of erased users and sessions: no answer and no file names them any more.

use std::sync::Arc;

use quipu_backend_sqlite::{Config, Sqlite};
use quipu_conformance::sample::{at, counter, draft, event, trace_id};
use quipu_core::*;

use crate::forget::occurs;
use crate::{open, sound};

const NAMES: &[&str] = &["user.id", "enduser.id"];
const GONE: &str = "u-forget-me-0317";

fn user(id: &str) -> Owner {
    Owner { kind: OwnerKind::User, id: id.into(), names: NAMES }
}

fn session(id: &str) -> Owner {
    Owner { kind: OwnerKind::Session, id: id.into(), names: &["session.id"] }
}

fn named(id: &str) -> Attributes {
    [("user.id", id)].into_iter().collect()
}

fn of(id: &str) -> Arc<Resource> {
    Arc::new(Resource { attributes: named(id), ..Resource::default() })
}

/// Traces by a span's user, by its second span's, and by its resource; events by an attribute, by session and
/// by resource. Also series by a label and by resource, and the same records of another owner.
fn all(id: &str, from: u64, days: i64) -> Batch {
    let day = |time: Timestamp| time.plus(days * Timestamp::DAY);
    let mut spans = vec![
        draft(from, 1).named("run").user(id).session(&format!("s-{id}")).span(),
        draft(from + 1, 1).named("run").span(),
        draft(from + 1, 2).below(1).named("step").user(id).span(),
        Span { resource: of(id), ..draft(from + 2, 1).named("run").span() },
        draft(from + 3, 1).named("other").user("somebody").span(),
    ];
    for span in &mut spans {
        (span.start, span.end) = (day(span.start), span.end.map(day));
    }
    let note =
        |attributes, resource| Event { attributes, resource, ..event(day(at(7)), Level::Info, "said", id) };
    let mut events = vec![
        note(named(id), Arc::default()),
        note(Attributes::new(), of(id)),
        Event { session: Some(format!("s-{id}").into()), ..note(Attributes::new(), Arc::default()) },
    ];
    events.push(event(day(at(8)), Level::Info, "said", "somebody else"));
    let mut metrics =
        vec![counter("calls", "a", &[(day(at(1)), 1.0)]), counter("calls", "b", &[(day(at(1)), 2.0)])];
    metrics[0].points[0].attributes = named(id);
    metrics.push(Metric { resource: of(id), ..counter("other", "a", &[(day(at(1)), 3.0)]) });
    Batch { spans, events, metrics, ..Batch::default() }
}

async fn filled(store: &Sqlite) {
    for (from, days) in [(1, 0), (11, 1)] {
        store.write(Arc::new(all(GONE, from, days))).await.unwrap();
    }
    store.write(Arc::new(all("u-other", 21, 0))).await.unwrap();
}

#[tokio::test]
async fn a_user_is_found_wherever_records_name_them_and_then_nowhere() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    filled(&store).await;
    let want: Vec<TraceId> = [1, 2, 3, 11, 12, 13].into_iter().map(trace_id).collect();
    let found = store.owned(&user(GONE)).await.unwrap();
    assert_eq!(found, Owned { traces: want, events: 4, series: 4, names: 2, ..Owned::default() });
    let removals = store.removals();
    assert_eq!(store.forget_owned(&user(GONE)).await.unwrap(), found);
    assert!(store.removals() > removals, "whoever remembers is told");
    assert!(store.owned(&user(GONE)).await.unwrap().is_empty());
    let other = store.owned(&user("u-other")).await.unwrap();
    assert_eq!((other.traces.len(), other.events, other.series), (3, 2, 2), "of others nothing is missing");
    assert_eq!(store.owned(&user("somebody")).await.unwrap().traces.len(), 3);
    // The session of the same name is another owner's record. Its events without a trace remain.
    assert_eq!(store.owned(&session(&format!("s-{GONE}"))).await.unwrap().events, 2);
    store.forget_owned(&session(&format!("s-{GONE}"))).await.unwrap();
    sound(&store).await;
    // Three of the other user, and those of the third owner, which are equal in two of the batches.
    assert_eq!(store.events(&EventQuery::default()).await.unwrap().rows.len(), 3 + 2);
    store.close().await.unwrap();
    assert!(!occurs(folder.path(), GONE.as_bytes()), "its name is in a file");
    assert!(occurs(folder.path(), b"u-other"));
}

#[tokio::test]
async fn forgetting_again_finds_nothing_and_what_comes_later_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    assert!(store.forget_owned(&user(GONE)).await.unwrap().is_empty());
    filled(&store).await;
    store.forget_owned(&user(GONE)).await.unwrap();
    assert!(store.forget_owned(&user(GONE)).await.unwrap().is_empty());
    filled(&store).await;
    assert_eq!(store.owned(&user(GONE)).await.unwrap().traces.len(), 6);
    sound(&store).await;
}

#[tokio::test]
async fn spans_that_only_their_attributes_tell_of_are_found() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    // Not of a model or agent, so no user was read from them.
    let spans = vec![
        draft(1, 1).named("GET /").with("enduser.id", GONE).span(),
        draft(1, 2).below(1).named("query").span(),
        draft(2, 1).named("GET /").with("enduser.id", "u-other").span(),
        draft(3, 1).named("GET /").user("somebody").span(),
    ];
    assert!(spans[..3].iter().all(|span| span.canonical.user.is_none()));
    store.write(Arc::new(Batch { spans, ..Batch::default() })).await.unwrap();
    let found = store.owned(&user(GONE)).await.unwrap();
    assert_eq!(found.traces, [trace_id(1)]);
    assert_eq!(store.forget_owned(&user(GONE)).await.unwrap(), found);
    assert!(store.owned(&user(GONE)).await.unwrap().is_empty());
    assert_eq!(store.owned(&user("u-other")).await.unwrap().traces, [trace_id(2)]);
    sound(&store).await;
    store.close().await.unwrap();
    assert!(!occurs(folder.path(), GONE.as_bytes()), "its name is in a file");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_is_said_to_be_gone_while_a_file_was_set_aside() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    crate::write(&store, [draft(1, 1).user(GONE).span()], []).await;
    for name in ["d-20260101.db.damaged-1", "d-20260101.db.repaired-1"] {
        let aside = folder.path().join("days").join(name);
        std::fs::write(&aside, GONE).unwrap();
        let error = store.forget_owned(&user(GONE)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Damaged);
        assert!(error.to_string().contains(name), "{error}");
        let found = store.owned(&user(GONE)).await.unwrap();
        assert_eq!(found.traces, [trace_id(1)]);
        // A query reports it too, and not only a removal.
        assert_eq!(found.unreached, [aside.display().to_string()]);
        assert_eq!(store.unreached().await.unwrap(), found.unreached);
        std::fs::remove_file(aside).unwrap();
    }
    assert_eq!(store.forget_owned(&user(GONE)).await.unwrap().traces, [trace_id(1)]);
}

#[tokio::test]
async fn whoever_an_attribute_names_is_found_though_another_was_read() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let spans = vec![
        draft(1, 1).user("somebody").session("s-1").with("enduser.id", GONE).span(),
        draft(2, 1).user("somebody").session("s-1").with("session.id", "s-2").span(),
        draft(3, 1).user("somebody").session("s-1").span(),
    ];
    assert_eq!(spans[0].canonical.user.as_deref(), Some("somebody"));
    store.write(Arc::new(Batch { spans, ..Batch::default() })).await.unwrap();
    for (owner, trace) in [(user(GONE), 1), (session("s-2"), 2)] {
        let found = store.owned(&owner).await.unwrap();
        assert_eq!(found.traces, [trace_id(trace)]);
        assert_eq!(store.forget_owned(&owner).await.unwrap(), found);
        assert!(store.trace(trace_id(trace)).await.unwrap().is_none());
    }
    assert_eq!(store.owned(&user("somebody")).await.unwrap().traces, [trace_id(3)]);
    sound(&store).await;
    store.close().await.unwrap();
    assert!(!occurs(folder.path(), GONE.as_bytes()), "its name is in a file");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn much_of_somebody_goes_whole_while_others_write() {
    const TRACES: u64 = 600;
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    for from in (1..=TRACES).step_by(100) {
        let spans = (from..from + 100).map(|trace| draft(trace, 1).user(GONE).span()).collect();
        let events = (0..900).map(|at_s| {
            let number = from.cast_signed() * 1_000 + at_s;
            Event { attributes: named(GONE), ..event(at(number), Level::Info, "said", &number.to_string()) }
        });
        store.write(Arc::new(Batch { spans, events: events.collect(), ..Batch::default() })).await.unwrap();
    }
    let writer = store.clone();
    let others = tokio::spawn(async move {
        for trace in 10_000..10_050 {
            let events = vec![event(at(7), Level::Info, "other", &trace.to_string())];
            let spans = vec![draft(trace, 1).user("somebody").span()];
            writer.write(Arc::new(Batch { spans, events, ..Batch::default() })).await.unwrap();
        }
    });
    let gone = store.forget_owned(&user(GONE)).await.unwrap();
    others.await.unwrap();
    assert_eq!((gone.traces.len() as u64, gone.events), (TRACES, 5_400));
    assert!(store.owned(&user(GONE)).await.unwrap().is_empty());
    assert_eq!(store.owned(&user("somebody")).await.unwrap().traces.len(), 50);
    let query = EventQuery { limit: 1_000, ..EventQuery::default() };
    assert_eq!(store.events(&query).await.unwrap().rows.len(), 50);
    sound(&store).await;
    store.close().await.unwrap();
    assert!(!occurs(folder.path(), GONE.as_bytes()), "its name is in a file");
}

#[tokio::test]
async fn a_trace_with_a_part_on_another_day_goes_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let late = |days: i64| at(0).plus(days * Timestamp::DAY);
    let store = open(folder.path());
    crate::write(&store, [draft(1, 1).user(GONE).starts(late(0)).span()], []).await;
    store.close().await.unwrap();
    // Its home is no longer cached.
    let store = open(folder.path());
    crate::write(&store, [draft(1, 2).below(1).starts(late(20)).span()], []).await;
    assert_eq!(store.info().await.unwrap().spans, 2);
    assert_eq!(store.forget_owned(&user(GONE)).await.unwrap().traces, [trace_id(1)]);
    assert_eq!(store.info().await.unwrap().spans, 0);
    sound(&store).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dictionary_that_was_trained_meanwhile_does_not_name_who_is_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let store = Sqlite::open(Config { train_after_spans: 400, ..crate::config(folder.path()) }).unwrap();
    for from in (1..=800).step_by(100) {
        let told = |trace| {
            draft(trace, 1).user(GONE).with("user.id", GONE).with("gen_ai.input.messages", said(trace))
        };
        let spans = (from..from + 100).map(|trace| told(trace).span()).collect();
        store.write(Arc::new(Batch { spans, ..Batch::default() })).await.unwrap();
    }
    let catalog = folder.path().join("catalog.db");
    let began = std::time::Instant::now();
    let bytes = loop {
        let conn = crate::connect(&catalog).unwrap();
        let look = conn.query_row("SELECT bytes FROM dicts", [], |row| row.get::<_, Vec<u8>>(0));
        if let Ok(bytes) = look {
            break bytes;
        }
        assert!(began.elapsed() < std::time::Duration::from_secs(60), "nothing is trained");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    };
    // It is compressed, with its words.
    let learned = zstd::bulk::decompress(bytes.strip_prefix(b"QuW1").unwrap(), 4 << 20).unwrap();
    let learned = String::from_utf8_lossy(&learned);
    assert!(learned.contains("quarterly"), "something was learned");
    for part in ["forget", "0317"] {
        assert!(!learned.contains(part), "{part} was learned");
    }
    store.forget_owned(&user(GONE)).await.unwrap();
    store.close().await.unwrap();
    assert!(!occurs(folder.path(), GONE.as_bytes()), "its name is in a file");
}

fn said(trace: u64) -> String {
    format!("please tell {GONE} about the quarterly figures of department {}", trace * 7_919 % 1_009)
}

#[tokio::test]
async fn whoever_an_event_of_a_span_names_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let said = |trace: u64, id: &str| {
        let mut span = draft(trace, 1).named("chat").span();
        span.events.push(SpanEvent { time: span.start, name: "said".into(), attributes: named(id) });
        span
    };
    crate::write(&store, [said(1, GONE), said(2, "u-other")], []).await;
    let found = store.owned(&user(GONE)).await.unwrap();
    assert_eq!(found.traces, [trace_id(1)]);
    assert_eq!(store.forget_owned(&user(GONE)).await.unwrap(), found);
    assert_eq!(store.owned(&user("u-other")).await.unwrap().traces, [trace_id(2)]);
    store.close().await.unwrap();
    assert!(!occurs(folder.path(), GONE.as_bytes()), "its name is in a file");
}

#[tokio::test]
async fn records_that_cannot_be_decoded_are_told_of_and_keep_nobody_from_being_forgotten() {
    for broken in [
        "UPDATE bodies SET z = x'ff' WHERE pk = 2",
        "UPDATE event_bodies SET z = x'ff'",
        "UPDATE sources SET bytes = x'00ff'",
        "UPDATE series SET labels = x'ff'",
    ] {
        let folder = tempfile::tempdir().unwrap();
        let day = folder.path().join("days/d-20260302.db");
        let store = open(folder.path());
        let batch = Batch {
            spans: vec![draft(1, 1).user(GONE).span(), draft(2, 1).span()],
            events: vec![event(at(7), Level::Info, "said", "something")],
            metrics: vec![counter("calls", "a", &[(at(1), 1.0)])],
            ..Batch::default()
        };
        store.write(Arc::new(batch)).await.unwrap();
        crate::connect(&day).unwrap().execute_batch(broken).unwrap();
        let found = store.owned(&user(GONE)).await.unwrap();
        assert_eq!(found.traces, [trace_id(1)], "{broken}");
        assert_eq!(found.unreached, [day.display().to_string()], "{broken}");
        assert_eq!(store.forget_owned(&user(GONE)).await.unwrap(), found, "{broken}");
        let left = store.owned(&user(GONE)).await.unwrap();
        assert!(left.is_empty() && left.unreached == found.unreached, "{broken}: nobody knows whose that is");
        assert!(store.trace(trace_id(1)).await.unwrap().is_none());
        assert_eq!(store.info().await.unwrap().spans, 1, "{broken}");
    }
}

#[tokio::test]
async fn a_trace_that_goes_takes_what_cannot_be_decoded_of_it_along() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    crate::write(&store, [draft(1, 1).span(), draft(1, 2).below(1).with("user.id", GONE).span()], []).await;
    let day = folder.path().join("days/d-20260302.db");
    crate::connect(&day).unwrap().execute_batch("UPDATE bodies SET z = x'ff' WHERE pk = 1").unwrap();
    let found = store.owned(&user(GONE)).await.unwrap();
    assert_eq!((&found.traces[..], found.unreached.len()), (&[trace_id(1)][..], 0));
    assert_eq!(store.forget_owned(&user(GONE)).await.unwrap(), found);
    sound(&store).await;
}
