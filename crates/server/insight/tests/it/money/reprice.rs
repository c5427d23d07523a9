//! Tests of re-pricing.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use quipu_backend_memory::Memory;
use quipu_backend_sqlite::{Config, Sqlite};
use quipu_conformance::sample::at;
use quipu_core::*;
use quipu_insight::reprice::{Ask, RepriceState, apply, finish, list, plan, undo};

use super::world::{Call, Flat, call, rows, stored, usd};

const MODELS: [&str; 3] = ["gpt-5", "gpt-6", "retired"];

fn old() -> Flat {
    Flat::new("1", &[("gpt-5", ["2", "0.5", "2.5", "8"]), ("retired", ["1", "1", "1", "1"])])
}

fn new() -> Flat {
    Flat::new("2", &[("gpt-5", ["1", "0.25", "1.25", "4"]), ("gpt-6", ["4", "1", "5", "16"])])
}

fn calls(count: u64) -> Vec<Call> {
    let seconds = |number: u64| i64::try_from(number * 7).unwrap();
    (1..=count)
        .map(|number| call(number, MODELS[number as usize % 3], seconds(number), (1_000, 100)))
        .collect()
}

type Money = (Option<Usd>, Option<Unpriced>, Option<PriceRef>);

/// Money fields of rows.
fn figures(rows: &[Cost]) -> Vec<(TraceId, Money)> {
    rows.iter().map(|row| (row.trace_id, (row.amount, row.unpriced, row.price.clone()))).collect()
}

async fn total(store: &dyn Store) -> UsageTotals {
    store.usage(&UsageQuery::default()).await.unwrap().remove(0).totals
}

/// A store that rejects every batch after this many.
struct Failing {
    inner: Arc<Memory>,
    left: AtomicUsize,
}

impl Failing {
    fn after(inner: &Arc<Memory>, batches: usize) -> Self {
        Self { inner: Arc::clone(inner), left: AtomicUsize::new(batches) }
    }
}

#[async_trait]
impl Backend for Failing {
    fn name(&self) -> &str {
        "failing"
    }

    async fn write(&self, batch: Arc<Batch>) -> Result<()> {
        if self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_err() {
            return Err(Error::new(ErrorKind::Exhausted, "write", "the disk is full"));
        }
        self.inner.write(batch).await
    }
}

macro_rules! passed_on {
    ($($name:ident($($arg:ident: $of:ty),*) -> $gives:ty;)*) => {
        #[async_trait]
        impl Store for Failing {
            $(async fn $name(&self, $($arg: $of),*) -> Result<$gives> {
                self.inner.$name($($arg),*).await
            })*
        }
    };
}

passed_on! {
    traces(query: &TraceQuery) -> TracePage;
    trace(id: TraceId) -> Option<TraceRow>;
    spans(query: &SpanQuery) -> SpanPage;
    span(trace: TraceId, span: SpanId) -> Option<SpanRow>;
    sessions(query: &SessionQuery) -> SessionPage;
    usage(query: &UsageQuery) -> Vec<UsageGroup>;
    costs(query: &CostQuery) -> CostPage;
    tools(filter: &TraceFilter) -> Vec<ToolGroup>;
    facets(field: FacetField, filter: &TraceFilter, limit: usize) -> Vec<Facet>;
    events(query: &EventQuery) -> EventPage;
    metrics() -> Vec<MetricName>;
    metric(query: &MetricQuery) -> Vec<MetricSeries>;
    nodes(traces: &[(TraceId, Timestamp)]) -> Vec<Vec<Node>>;
    meeting_traces(meetings: &[(Meeting, Timestamp)]) -> Vec<Vec<(TraceId, Timestamp)>>;
    work(query: &WorkQuery) -> Vec<WorkGroup>;
    work_rows(query: &WorkRowQuery) -> WorkRowPage;
    info() -> StoreInfo;
}

async fn apply_all(store: &dyn Store, folder: &Path) -> Result<quipu_insight::reprice::Applied> {
    let plan = plan(store, &new(), &Ask::default()).await.unwrap();
    apply(store, &new(), folder, &plan, at(0)).await
}

#[tokio::test]
async fn the_plan_tells_every_model_and_writes_nothing() {
    let store = stored(&old(), &calls(9)).await;
    let before = rows(&*store).await;
    let plan = plan(&*store, &new(), &Ask::default()).await.unwrap();
    assert_eq!(rows(&*store).await, before);
    let short: Vec<_> = plan
        .models
        .iter()
        .map(|sum| {
            (
                sum.model.as_deref().unwrap(),
                sum.calls,
                sum.changed,
                sum.newly_priced,
                sum.kept,
                sum.difference(),
            )
        })
        .collect();
    assert_eq!(
        short,
        [
            ("gpt-6", 3, 3, 3, 0, usd("0.0168")),
            ("gpt-5", 3, 3, 0, 0, usd("-0.0042")),
            ("retired", 3, 0, 0, 3, usd("0"))
        ]
    );
    assert_eq!((plan.total.old, plan.total.new), (usd("0.0117"), usd("0.0243")));
    assert_eq!((plan.books_before, plan.books_after), (vec!["flat 1".into()], vec!["flat 2".into()]));
}

#[tokio::test]
async fn applied_it_is_as_if_it_had_been_priced_so_and_undone_as_if_never() {
    let folder = tempfile::tempdir().unwrap();
    let store = stored(&old(), &calls(1_600)).await;
    let (before, sums) = (rows(&*store).await, total(&*store).await);
    let applied = apply_all(&*store, folder.path()).await.unwrap();
    let id = applied.id.unwrap();
    assert_eq!((applied.rows, applied.skipped), (1_067, 0));
    let after = rows(&*store).await;
    for (row, was) in after.iter().zip(&before) {
        let fresh = match was.model().map(|model| model.as_str()) {
            Some("retired") => was.amount,
            Some("gpt-5") => Some(usd("0.0014")),
            _ => Some(usd("0.0056")),
        };
        assert_eq!(row.amount, fresh);
        assert!(row.amount == was.amount || row.version > was.version);
        let same = Cost {
            amount: was.amount,
            unpriced: was.unpriced,
            price: was.price.clone(),
            version: was.version,
            ..row.clone()
        };
        assert_eq!(same, *was, "everything else stays");
    }
    assert_eq!(total(&*store).await.unpriced.values().sum::<u64>(), 0);

    let again = apply_all(&*store, folder.path()).await.unwrap();
    assert_eq!((again.id, again.rows), (None, 0), "there is nothing left to change");
    let finished = finish(&*store, folder.path(), &id).await.unwrap();
    assert_eq!((finished.rows, finished.skipped), (0, 0));

    let undone = undo(&*store, folder.path(), &id).await.unwrap();
    assert_eq!((undone.rows, undone.changed_since, undone.gone), (1_067, 0, 0));
    assert_eq!(figures(&rows(&*store).await), figures(&before));
    assert_eq!(total(&*store).await, sums);
    assert_eq!(undo(&*store, folder.path(), &id).await.unwrap().rows, 0);
    assert_eq!(finish(&*store, folder.path(), &id).await.unwrap_err().kind(), ErrorKind::Invalid);
    assert_eq!(list(folder.path()).unwrap()[0].state, RepriceState::Undone);
}

/// Killed after any number of batches, it can be finished, and it can be undone.
#[tokio::test]
async fn broken_off_anywhere_it_is_finished_or_undone() {
    let calls = calls(1_600);
    for batches in 0..3 {
        let folder = tempfile::tempdir().unwrap();
        let store = stored(&old(), &calls).await;
        let before = rows(&*store).await;
        let failing = Failing::after(&store, batches);
        let error = apply_all(&failing, folder.path()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Exhausted);
        let past = list(folder.path()).unwrap();
        assert_eq!(
            (past.len(), past[0].state, past[0].plan.total.changed),
            (1, RepriceState::Unfinished, 1_067)
        );

        let half = Failing::after(&store, 1);
        let undone = undo(&half, folder.path(), &past[0].id).await;
        assert_eq!(undone.is_ok(), batches < 2, "taking back can break off too");
        undo(&*store, folder.path(), &past[0].id).await.unwrap();
        assert_eq!(figures(&rows(&*store).await), figures(&before));

        let second = tempfile::tempdir().unwrap();
        apply_all(&Failing::after(&store, batches), second.path()).await.unwrap_err();
        let id = list(second.path()).unwrap().remove(0).id;
        let finished = finish(&*store, second.path(), &id).await.unwrap();
        assert_eq!(finished.rows, 1_067 - 500 * batches as u64);
        let whole = stored(&old(), &calls).await;
        apply_all(&*whole, tempfile::tempdir().unwrap().path()).await.unwrap();
        assert_eq!(figures(&rows(&*store).await), figures(&rows(&*whole).await));
    }
}

#[tokio::test]
async fn rows_that_changed_since_are_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let store = stored(&old(), &calls(6)).await;
    let id = apply_all(&*store, folder.path()).await.unwrap().id.unwrap();
    let mut touched = rows(&*store).await.remove(0);
    touched.amount = Some(usd("42"));
    touched.version += 1;
    store.write(Arc::new(Batch { costs: vec![touched.clone()], ..Batch::default() })).await.unwrap();
    let undone = undo(&*store, folder.path(), &id).await.unwrap();
    assert_eq!((undone.rows, undone.changed_since), (3, 1));
    assert_eq!(rows(&*store).await[0], touched);
}

#[tokio::test]
async fn only_what_is_asked_for_is_priced_again() {
    let folder = tempfile::tempdir().unwrap();
    let store = stored(&old(), &calls(30)).await;
    let store = &*store;
    let asked = |ask: Ask| async move { plan(store, &new(), &ask).await.unwrap().total.calls };
    assert_eq!(asked(Ask { provider: Some("elsewhere".into()), ..Ask::default() }).await, 0);
    assert_eq!(
        asked(Ask { provider: Some("Acme".into()), model: Some("gpt-6".into()), ..Ask::default() }).await,
        10
    );
    assert_eq!(asked(Ask { since: Some(at(70)), until: Some(at(140)), ..Ask::default() }).await, 10);
    let ask = Ask { model: Some("gpt-6".into()), ..Ask::default() };
    let plan = plan(store, &new(), &ask).await.unwrap();
    assert_eq!(apply(store, &new(), folder.path(), &plan, at(0)).await.unwrap().rows, 10);
    let past = list(folder.path()).unwrap();
    assert_eq!((past[0].plan.ask.clone(), past[0].state, past[0].at), (ask, RepriceState::Applied, at(0)));
}

#[tokio::test]
async fn names_that_are_none_and_broken_journals_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let store = stored(&old(), &calls(3)).await;
    for id in ["", "../etc/passwd", "20260101T000000-1"] {
        assert_eq!(undo(&*store, folder.path(), id).await.unwrap_err().kind(), ErrorKind::NotFound, "{id:?}");
    }
    assert!(list(&folder.path().join("none")).unwrap().is_empty());
    let id = apply_all(&*store, folder.path()).await.unwrap().id.unwrap();
    let path = folder.path().join(format!("{id}.jsonl"));
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replacen("\"trace\"", "\"track\"", 1)).unwrap();
    let error = undo(&*store, folder.path(), &id).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Damaged);
    assert!(error.to_string().contains("line 2"), "{error}");
}

#[tokio::test]
async fn one_re_pricing_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let store = stored(&old(), &calls(3)).await;
    let lock = std::fs::File::create(folder.path().join("lock")).unwrap();
    lock.lock().unwrap();
    assert_eq!(apply_all(&*store, folder.path()).await.unwrap_err().kind(), ErrorKind::Locked);
    drop(lock);
    assert!(apply_all(&*store, folder.path()).await.is_ok());
}

/// On disk, over many days, by another process than the one that recorded, and undone by a third.
#[tokio::test(flavor = "multi_thread")]
async fn on_disk_every_sum_follows_and_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let (data, journals) = (folder.path().join("data"), folder.path().join("reprices"));
    let open = || Sqlite::open(Config::at(&data)).unwrap();
    let calls: Vec<_> = (1..=1_200)
        .map(|number| call(number, MODELS[number as usize % 3], number as i64 * 2_000, (1_000, 100)))
        .collect();
    let store = open();
    store.write(Arc::new(super::world::batch(&old(), &calls))).await.unwrap();
    let (before, by_day) = (total(&store).await, days(&store).await);
    store.close().await.unwrap();

    let store = open();
    let applied = apply_all(&store, &journals).await.unwrap();
    assert_eq!((applied.rows, applied.skipped), (800, 0));
    let (kept, fresh): (Vec<Call>, Vec<Call>) =
        calls.iter().cloned().partition(|call| call.model.ends_with("retired"));
    let expected = stored(&old(), &kept).await;
    expected.write(Arc::new(super::world::batch(&new(), &fresh))).await.unwrap();
    assert_eq!(days(&store).await, days(&*expected).await);
    assert_eq!(store.check().await.unwrap(), Vec::<String>::new());
    store.close().await.unwrap();

    let store = open();
    let undone = undo(&store, &journals, &applied.id.unwrap()).await.unwrap();
    assert_eq!((undone.rows, undone.changed_since, undone.gone), (800, 0, 0));
    assert_eq!((total(&store).await, days(&store).await), (before, by_day));
    assert_eq!(store.check().await.unwrap(), Vec::<String>::new());
    store.close().await.unwrap();
}

async fn days(store: &dyn Store) -> Vec<(Vec<UsageKey>, Option<Usd>, u64)> {
    let query = UsageQuery { group_by: vec![GroupBy::Day, GroupBy::Model], ..UsageQuery::default() };
    let groups = store.usage(&query).await.unwrap().into_iter();
    let mut days: Vec<_> =
        groups.map(|group| (group.key, group.totals.cost, group.totals.unpriced.values().sum())).collect();
    days.sort();
    days
}
