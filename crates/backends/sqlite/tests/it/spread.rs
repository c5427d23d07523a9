//! Tests of traces that span days: counted once, with errors and restarts in between.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use proptest::prelude::*;
use quipu_backend_memory::Memory;
use quipu_backend_sqlite::{Config, Sqlite, repair};
use quipu_conformance::sample::{at, draft, span_id, trace_id};
use quipu_core::{
    Arrival, Backend, Batch, CostQuery, Detail, ErrorKind, Meeting, Rule, Signal, Span, SpanQuery, Store,
    StoreForgetting as _, Timestamp, Tokens, TraceId, Usage, UsageQuery,
};
use quipu_ledger::Ledger;

use crate::{Unpriced, config, sound};

const DAY: i64 = Timestamp::DAY;
const TRACES: u64 = 4;

/// Tokens and calls, and the rule of every row.
type Totals = (u64, Tokens, BTreeMap<(TraceId, quipu_core::SpanId), Rule>);

/// A store with a ledger in front of it, as in the pipeline.
struct Counted<'s> {
    store: &'s dyn Store,
    ledger: Ledger,
}

impl<'s> Counted<'s> {
    fn new(store: &'s dyn Store) -> Self {
        // Hardly any trace stays in memory.
        Self { store, ledger: Ledger::new(2) }
    }

    async fn send(&mut self, spans: &[Span]) -> quipu_core::Result<()> {
        let mut batch = Batch { spans: spans.to_vec(), ..Batch::default() };
        self.ledger.count(&mut batch, self.store).await?;
        let batch = Arc::new(batch);
        let written = self.store.write(Arc::clone(&batch)).await;
        if written.is_err() {
            self.ledger.clear();
        }
        written
    }
}

async fn totals(store: &dyn Store) -> Totals {
    let groups = store.usage(&UsageQuery::default()).await.unwrap();
    let rows = store.costs(&CostQuery { limit: 1_000, ..CostQuery::default() }).await.unwrap().rows;
    let rules = rows.iter().map(|row| ((row.cost.trace_id, row.cost.span_id), row.cost.rule)).collect();
    let all = groups.first().map(|group| &group.totals);
    (all.map_or(0, |sum| sum.llm_calls), all.map(|sum| sum.tokens).unwrap_or_default(), rules)
}

/// A config that caches hardly any trace, so every home has to be looked up.
fn forgetful(path: &Path) -> Config {
    Config { known_traces: 1, ..config(path) }
}

fn day(days: i64) -> Timestamp {
    at(0).plus(days * DAY)
}

/// A run that sums up two calls, each reported by two spans, on different days.
fn run(trace: u64, days: [i64; 5]) -> Vec<Span> {
    let meeting = Meeting::of("session", &format!("s{trace}"));
    let usage = Usage { input: Some(150), output: Some(15), ..Usage::default() };
    let root = draft(trace, 1).starts(day(days[0])).agent("a").read(|read| read.usage = Some(usage));
    let root = root.meets(meeting).span();
    let call = |id: u64, parent: u64, days: i64| {
        draft(trace, id)
            .starts(day(days))
            .below(parent)
            .llm("gpt-5", 50 * (1 + (id / 4)), 5 * (1 + (id / 4)))
            .span()
    };
    let told = draft(10 + trace, 1).starts(day(days[4])).llm("gpt-5", 100, 10);
    let told = told.made_of(Signal::Log).meets(meeting).span();
    vec![root, call(2, 1, days[1]), call(3, 2, days[2]), call(4, 1, days[3]), call(5, 4, days[4]), told]
}

#[derive(Debug, Clone)]
enum Step {
    /// Some spans, by their indices, in one batch.
    Send(Vec<prop::sample::Index>),
    Restart,
    /// The next batches fail at this step.
    Fail(u32),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => prop::collection::vec(any::<prop::sample::Index>(), 1..5).prop_map(Step::Send),
        2 => Just(Step::Restart),
        2 => (1_u32..7).prop_map(Step::Fail),
    ]
}

async fn history(days: Vec<[i64; 5]>, steps: Vec<Step>) {
    let spans: Vec<Span> = (1..=TRACES).zip(days).flat_map(|(trace, days)| run(trace, days)).collect();
    let folder = tempfile::tempdir().unwrap();
    let memory = Memory::new();
    let mut model = Counted::new(&memory);
    let mut store = Sqlite::open(forgetful(folder.path())).unwrap();
    let mut ledger = Ledger::new(2);
    let all = Step::Send(Vec::new());
    for step in steps.iter().chain([&all]) {
        match step {
            Step::Restart => {
                store.close().await.unwrap();
                store = Sqlite::open(forgetful(folder.path())).unwrap();
                ledger = Ledger::new(2);
            }
            Step::Fail(n) => store.fail_at(*n),
            Step::Send(picked) => {
                let some: Vec<Span> = match picked.as_slice() {
                    [] => spans.clone(),
                    some => some.iter().map(|index| index.get(&spans).clone()).collect(),
                };
                let mut counted = Counted { store: &store, ledger };
                while let Err(error) = counted.send(&some).await {
                    assert_ne!(error.kind(), ErrorKind::Invalid, "{error}");
                }
                ledger = counted.ledger;
                model.send(&some).await.unwrap();
                store.fail_at(0);
                let (have, want) = (totals(&store).await, totals(&memory).await);
                assert_eq!(have, want);
            }
        }
    }
    assert_eq!(store.check_deep().await.unwrap(), Vec::<String>::new());
    store.close().await.unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn traces_over_days_count_as_the_model_says(
        days in prop::collection::vec(prop::array::uniform5(0_i64..9), 4),
        steps in prop::collection::vec(step(), 3..14),
    ) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(history(days, steps));
    }
}

/// A call and its wrapper, five days apart.
fn pair(trace: u64) -> [Span; 2] {
    let parent = draft(trace, 1).starts(day(0)).llm("gpt-5", 100, 10).span();
    let child = draft(trace, 2).starts(day(5)).below(1).llm("gpt-5", 100, 10).span();
    [parent, child]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_parent_and_its_child_days_apart_count_once_in_any_order() {
    for (first, second) in [(0, 1), (1, 0)] {
        let folder = tempfile::tempdir().unwrap();
        for at in [first, second, first] {
            let store = Sqlite::open(forgetful(folder.path())).unwrap();
            Counted::new(&store).send(&[pair(1)[at].clone()]).await.unwrap();
            store.close().await.unwrap();
        }
        let store = Sqlite::open(forgetful(folder.path())).unwrap();
        assert_eq!(totals(&store).await.0, 1);
        assert_eq!(store.info().await.unwrap().days, 1);
        assert_eq!(store.check_deep().await.unwrap(), Vec::<String>::new());
        store.close().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_at_any_step_leaves_each_call_counted_once() {
    for step in 1..8 {
        let folder = tempfile::tempdir().unwrap();
        let store = Sqlite::open(config(folder.path())).unwrap();
        let mut counted = Counted::new(&store);
        let parents: Vec<Span> = (1..=20).map(|trace| pair(trace)[0].clone()).collect();
        let children: Vec<Span> = (1..=20).map(|trace| pair(trace)[1].clone()).collect();
        counted.send(&parents).await.unwrap();
        store.fail_at(step);
        let _ = counted.send(&children).await;
        store.fail_at(0);
        counted.send(&children).await.unwrap();
        store.close().await.unwrap();
        // After the restart, traces are found only by the stored data.
        let store = Sqlite::open(config(folder.path())).unwrap();
        Counted::new(&store).send(&children).await.unwrap();
        assert_eq!(totals(&store).await.0, 20, "step {step}");
        assert_eq!(store.check_deep().await.unwrap(), Vec::<String>::new());
        store.close().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_trace_of_a_failed_commit_keeps_its_planned_day() {
    // After a failed sync, the commit can appear in its file at the next start.
    for step in 2..5 {
        let folder = tempfile::tempdir().unwrap();
        let store = Sqlite::open(config(folder.path())).unwrap();
        let mut counted = Counted::new(&store);
        let [parent, child] = pair(1);
        store.fail_at(step);
        let failed = counted.send(std::slice::from_ref(&child)).await.is_err();
        store.fail_at(0);
        counted.send(&[parent]).await.unwrap();
        counted.send(&[child]).await.unwrap();
        let days: Vec<_> = std::fs::read_dir(folder.path().join("days")).unwrap().collect();
        let of_child = days.iter().flatten().filter(|file| {
            let name = file.file_name().into_string().unwrap();
            name.starts_with("d-") && name.ends_with(".db")
        });
        assert_eq!(of_child.count(), 1, "step {step}, failed: {failed}");
        assert_eq!(totals(&store).await.0, 1);
        store.close().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_home_that_retention_removed_leaves_what_comes_later() {
    let folder = tempfile::tempdir().unwrap();
    let store = Sqlite::open(forgetful(folder.path())).unwrap();
    let mut counted = Counted::new(&store);
    counted.send(&pair(1)).await.unwrap();
    assert_eq!(store.purge(day(1)).await.unwrap(), 1);
    counted.ledger.clear();
    counted.send(&[pair(1)[1].clone()]).await.unwrap();
    assert_eq!(totals(&store).await.0, 1);
    sound(&store).await;
    store.close().await.unwrap();
}

/// A store as earlier builds could leave it: trace 1 created again in a second and third day, each part
/// counted separately.
async fn doubled(folder: &Path) {
    for (at, begins) in [0, 5, 9].into_iter().enumerate() {
        let store = Sqlite::open(config(folder)).unwrap();
        let spans = (1..=3).flat_map(|trace| {
            let mut all = pair(trace).to_vec();
            all.push(draft(trace, 3).starts(day(9)).below(2).llm("gpt-5", 100, 10).span());
            all
        });
        let spans: Vec<Span> = spans.filter(|span| span.start == day(begins)).collect();
        Counted::new(&store).send(&spans).await.unwrap();
        store.close().await.unwrap();
        std::fs::rename(folder.join("days"), folder.join(format!("days-{at}"))).unwrap();
        std::fs::create_dir(folder.join("days")).unwrap();
    }
    for at in 0..3 {
        for file in std::fs::read_dir(folder.join(format!("days-{at}"))).unwrap() {
            let file = file.unwrap();
            std::fs::rename(file.path(), folder.join("days").join(file.file_name())).unwrap();
        }
        std::fs::remove_dir(folder.join(format!("days-{at}"))).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repair_brings_together_what_was_begun_anew_and_counts_it_again() {
    let folder = tempfile::tempdir().unwrap();
    doubled(folder.path()).await;
    let store = Sqlite::open(config(folder.path())).unwrap();
    assert_eq!(totals(&store).await.0, 9, "each part by itself");
    let forged = Arrival { sender: 1 << 32 | 7, millisecond: 1_795_000_000_000 };
    let forged =
        Span { arrival: forged, ..draft(1, 3).starts(day(9)).below(2).lasts(9).llm("gpt-5", 1, 1).span() };
    store.write(Arc::new(Batch { spans: vec![forged], ..Batch::default() })).await.unwrap();
    let rejected = store.span(trace_id(1), span_id(3)).await.unwrap().unwrap().conflicts;
    assert_eq!(rejected.len(), 1);
    let found = store.check_deep().await.unwrap();
    assert!(found.iter().any(|text| text.contains("3 traces have spans in several day files")), "{found:?}");
    store.close().await.unwrap();
    let mended = repair(Config::at(folder.path()), false, &Unpriced, &mut |_| {}).await.unwrap();
    assert_eq!((mended.done.len(), mended.lost.len()), (2, 0), "{mended:?}");
    let store = Sqlite::open(config(folder.path())).unwrap();
    assert_eq!(totals(&store).await.0, 3);
    let query = SpanQuery { trace_id: trace_id(1), after: None, limit: 10, detail: Detail::Full };
    assert_eq!(store.spans(&query).await.unwrap().rows.len(), 3);
    let kept = store.span(trace_id(1), span_id(3)).await.unwrap().unwrap().conflicts;
    assert_eq!(kept, rejected, "rejected versions move with their span");
    assert_eq!(store.check_deep().await.unwrap(), Vec::<String>::new());
    store.close().await.unwrap();
    let again = repair(Config::at(folder.path()), true, &Unpriced, &mut |_| {}).await.unwrap();
    assert_eq!((again.done, again.lost), (Vec::new(), Vec::new()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_trace_that_is_in_several_days_already_counts_once_when_it_is_heard_of_again() {
    let folder = tempfile::tempdir().unwrap();
    doubled(folder.path()).await;
    let store = Sqlite::open(config(folder.path())).unwrap();
    let all: Vec<Span> = (1..=3).flat_map(|trace| pair(trace).to_vec()).collect();
    Counted::new(&store).send(&all).await.unwrap();
    let _ = totals(&store).await;
    let spans = store.info().await.unwrap().spans;
    assert_eq!(spans, 9, "what is stored is not stored in another day again");
    store.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repeated_batch_decides_anew_after_some_of_its_days_were_stored() {
    let days = [[0; 5], [0; 5], [0, 0, 2, 0, 0], [0, 0, 0, 0, 1]];
    let all: Vec<Span> = (1..).zip(days).flat_map(|(trace, days)| run(trace, days)).collect();
    for step in 1..12 {
        let folder = tempfile::tempdir().unwrap();
        let (memory, store) = (Memory::new(), Sqlite::open(forgetful(folder.path())).unwrap());
        let (mut counted, mut model) = (Counted::new(&store), Counted::new(&memory));
        // A call of the third run, and the log record of the fourth.
        let some = [all[14].clone(), all[23].clone()];
        for spans in [&some[..], &all[..1]] {
            counted.send(spans).await.unwrap();
            model.send(spans).await.unwrap();
        }
        store.fail_at(step);
        while let Err(error) = counted.send(&all).await {
            assert_ne!(error.kind(), ErrorKind::Invalid, "{error}");
        }
        model.send(&all).await.unwrap();
        store.fail_at(0);
        assert_eq!(totals(&store).await, totals(&memory).await, "step {step}");
        store.close().await.unwrap();
    }
}
