//! Tests of retention: removed records, remaining records, and every sum before and after.

use std::path::Path;
use std::sync::Arc;

use quipu_backend_sqlite::Sqlite;
use quipu_conformance::sample::{agent_run, at, batch, draft, event, metric, priced, span_id, trace_id};
use quipu_core::{
    Backend, Batch, CostQuery, DayFate, Detail, ErrorKind, EventQuery, GroupBy, Hold, Instrument, Keep, Kind,
    Level, Retention, RetentionRule, Retired, SessionQuery, SpanQuery, Store, StoreRetention as _, Timestamp,
    TraceFilter, TraceId, TraceQuery, UsageQuery, WorkKey, WorkQuery, Worked,
};

use crate::{caught_up, open, sound};

const DAY: i64 = Timestamp::DAY;
/// Runs of a day.
pub(crate) const RUNS: u64 = 12;

/// The day `number` days after the day of the samples.
pub(crate) fn day(number: i64) -> Timestamp {
    at(0).floor(DAY).plus(number * DAY)
}

/// The number of a run of a day. Its trace has the next number.
pub(crate) fn run_of(day: u64, number: u64) -> u64 {
    day * 1_440 + number
}

pub(crate) fn one_day(day: u64) -> Batch {
    let mut whole = Batch::default();
    (0..RUNS).for_each(|number| whole.append(agent_run(7, run_of(day, number))));
    let time = at(i64::try_from(day).unwrap() * 86_400 + 60);
    whole.metrics.push(metric("load", Instrument::Gauge, "a", &[(time, 2.0), (time.plus(1), 3.0)]));
    whole
}

/// A store with some days of agent runs.
pub(crate) async fn with_days(folder: &Path, days: u64) -> Sqlite {
    let store = open(folder);
    for number in 0..days {
        store.write(Arc::new(one_day(number))).await.unwrap();
    }
    store
}

pub(crate) fn rules(text: &str) -> Retention {
    let mut rules = Retention::default();
    for (signal, keep) in text.split(' ').map(|word| word.split_once('=').unwrap()) {
        let keep: Option<Keep> = Some(keep.parse().unwrap());
        match signal {
            "traces" => rules.traces = keep,
            "logs" => rules.logs = keep,
            "metrics" => rules.metrics = keep,
            "costs" => rules.costs = keep,
            other => panic!("{other}"),
        }
    }
    rules
}

pub(crate) fn hold(trace: u64) -> Hold {
    Hold { trace_id: trace_id(trace), since: at(9), by: "ada".into(), note: "for the audit".into() }
}

pub(crate) async fn listed(store: &Sqlite, filter: TraceFilter) -> Vec<TraceId> {
    let page = store.traces(&TraceQuery { filter, limit: 1_000, ..TraceQuery::default() }).await.unwrap();
    let mut ids: Vec<TraceId> = page.rows.into_iter().map(|row| row.trace_id).collect();
    ids.sort_unstable();
    ids
}

async fn events(store: &Sqlite) -> usize {
    store.events(&EventQuery { limit: 10_000, ..EventQuery::default() }).await.unwrap().rows.len()
}

const KEYS: [GroupBy; 18] = [
    GroupBy::Model,
    GroupBy::Provider,
    GroupBy::Agent,
    GroupBy::Framework,
    GroupBy::Service,
    GroupBy::Session,
    GroupBy::User,
    GroupBy::Convention,
    GroupBy::Hour,
    GroupBy::Day,
    GroupBy::Week,
    GroupBy::Month,
    GroupBy::Tool,
    GroupBy::Tag,
    GroupBy::Project,
    GroupBy::Commit,
    GroupBy::Branch,
    GroupBy::Billing,
];

fn filters() -> Vec<TraceFilter> {
    let text = |text: &str| Some(text.to_owned());
    let every = TraceFilter::default;
    vec![
        every(),
        TraceFilter { since: Some(at(1_234)), until: Some(at(100_000)), ..every() },
        TraceFilter { model: text("openai/gpt-5"), ..every() },
        TraceFilter { agent: text("planner"), ..every() },
        TraceFilter { service: text("shop"), ..every() },
        TraceFilter { session: text("session-1"), ..every() },
        TraceFilter { user: text("user-2"), ..every() },
        TraceFilter { tool: text("web_search"), ..every() },
        TraceFilter { framework: text("crewai"), ..every() },
        TraceFilter { min_cost: Some("0.001".parse().unwrap()), ..every() },
    ]
}

/// Every sum of the ledger: each key alone and in pairs, under each filter; rows, tools, sessions' money,
/// work on calls.
pub(crate) async fn sums(store: &Sqlite) -> Vec<String> {
    let mut all = Vec::new();
    for filter in filters() {
        for one in KEYS {
            for group_by in KEYS.iter().map(|two| vec![one, *two]).chain([vec![one], Vec::new()]) {
                let query = UsageQuery { filter: filter.clone(), group_by };
                all.push(format!("{query:?}: {:?}", store.usage(&query).await.unwrap()));
            }
        }
        let query = CostQuery { filter: filter.clone(), limit: 10_000, ..CostQuery::default() };
        all.push(format!("{:?}", store.costs(&query).await.unwrap()));
        // The error text of a failed run belongs to its span, and is removed with it.
        let tools = store.tools(&filter).await.unwrap().into_iter();
        all.extend(tools.map(|tool| format!("{:?}", (tool.tool, tool.calls, tool.errors, tool.latency))));
        let query = SessionQuery { filter: filter.clone(), limit: 1_000, ..SessionQuery::default() };
        for row in store.sessions(&query).await.unwrap().rows {
            all.push(format!(
                "{:?}",
                (row.session, row.user, row.traces, row.llm_calls, row.tokens, row.cost)
            ));
        }
        let calls = Kind::ALL.into_iter().filter(|kind| kind.is_call() || *kind == Kind::Tool).collect();
        let group_by = vec![WorkKey::Step(Timestamp::HOUR), WorkKey::Status];
        let query = WorkQuery { of: Worked::Spans(calls), filter, group_by, ..WorkQuery::default() };
        all.push(format!("{:?}", store.work(&query).await.unwrap()));
    }
    all
}

pub(crate) fn assert_same(before: &[String], after: &[String]) {
    assert_eq!(before.len(), after.len());
    before.iter().zip(after).for_each(|(before, after)| assert_eq!(before, after));
}

pub(crate) async fn retire(store: &Sqlite, rules: &Retention, now: Timestamp) -> Retired {
    let told = store.retire(rules, now, false).await.unwrap();
    assert_eq!(told.left, Vec::new());
    told
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sums_are_the_same_before_and_after() {
    let folder = tempfile::tempdir().unwrap();
    let store = with_days(folder.path(), 4).await;
    let before = sums(&store).await;
    let told = retire(&store, &rules("traces=1d"), day(3)).await;
    assert_eq!(
        told.days.iter().map(|day| (day.day, day.fate)).collect::<Vec<_>>(),
        [(day(0), DayFate::Thinned), (day(1), DayFate::Thinned),]
    );
    assert_same(&before, &sums(&store).await);
    sound(&store).await;
    let shown = listed(&store, TraceFilter::default()).await;
    let left: Vec<TraceId> =
        (2..4).flat_map(|day| (0..RUNS).map(move |run| trace_id(run_of(day, run) + 1))).collect();
    assert_eq!(shown, left);
    // Also after the files are opened again.
    store.close().await.unwrap();
    let store = open(folder.path());
    assert_same(&before, &sums(&store).await);
    sound(&store).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_thinned_trace_nothing_is_left_but_its_costs() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let spans = [
        draft(1, 1).named("trip to Vilnius").session("s").user("u").with("note", "plesiosaur").span(),
        draft(1, 2).below(1).named("plan the trip").span(),
        draft(1, 3)
            .below(2)
            .llm("openai/gpt-5", 100, 10)
            .with("prompt", "plesiosaur")
            .failed("plesiosaur")
            .span(),
        draft(2, 1).named("nothing was called").with("note", "plesiosaur").span(),
    ];
    let costs = [priced(&spans[2], "0.25")];
    store.write(Arc::new(batch(spans, costs))).await.unwrap();
    caught_up(&store).await;
    let word = TraceFilter { q: Some("plesiosaur".into()), ..TraceFilter::default() };
    assert_eq!(listed(&store, word.clone()).await, [trace_id(1), trace_id(2)]);
    let told = retire(&store, &rules("traces=1d"), day(9)).await;
    assert_eq!((told.days[0].traces, told.days[0].spans, told.days[0].costs), (2, 4, 0));
    caught_up(&store).await;
    assert_eq!(listed(&store, word).await, []);
    let query = SpanQuery { trace_id: trace_id(1), detail: Detail::Full, limit: 10, after: None };
    assert_eq!(store.spans(&query).await.unwrap().rows.len(), 0);
    assert_eq!(store.trace(trace_id(2)).await.unwrap(), None);
    let row = store.trace(trace_id(1)).await.unwrap().unwrap();
    assert_eq!((row.spans, row.llm_calls, row.cost), (0, 1, "0.25".parse().ok()));
    assert_eq!(
        (row.name.as_str(), row.session.as_deref(), row.user.as_deref()),
        ("trip to Vilnius", Some("s"), Some("u"))
    );
    // The data of a call that the count needs remains, with its ancestors.
    let nodes = store.nodes(&[(trace_id(1), at(0))]).await.unwrap().remove(0);
    assert_eq!(nodes.len(), 3);
    store.close().await.unwrap();
    let bytes = std::fs::read(folder.path().join("days/d-20260302.db")).unwrap();
    assert!(!bytes.windows(10).any(|word| word == b"plesiosaur"), "a word of a thinned span is in the file");
    assert!(
        !bytes.windows(18).any(|word| word == b"nothing was called"),
        "the name of a removed span is in the file"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_preview_tells_what_a_run_does_and_does_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = with_days(folder.path(), 3).await;
    let rules = rules("traces=1d logs=1d metrics=forever");
    let (shown, sums_before) = (listed(&store, TraceFilter::default()).await, sums(&store).await);
    let plan = store.retire(&rules, day(3), true).await.unwrap();
    assert_eq!(plan.days.len(), 2);
    assert_eq!((plan.days[0].traces, plan.days[0].events, plan.days[0].points), (RUNS, RUNS, 0));
    assert_eq!(listed(&store, TraceFilter::default()).await, shown);
    // A store open for reading reports the same.
    let reader = Sqlite::open_read_only(folder.path()).unwrap();
    let counts = |told: &Retired| {
        told.days.iter().map(|day| (day.day, day.fate, day.traces, day.spans, day.events)).collect::<Vec<_>>()
    };
    assert_eq!(counts(&reader.retire(&rules, day(3), true).await.unwrap()), counts(&plan));
    assert_eq!(reader.retire(&rules, day(3), false).await.unwrap_err().kind(), ErrorKind::Denied);
    assert_eq!(counts(&retire(&store, &rules, day(3)).await), counts(&plan));
    assert_same(&sums_before, &sums(&store).await);
    // A second run does nothing.
    assert_eq!(retire(&store, &rules, day(3)).await.days, []);
    assert_eq!(store.retire(&rules, day(3), true).await.unwrap().days, []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_signal_has_its_own_period() {
    let folder = tempfile::tempdir().unwrap();
    let store = with_days(folder.path(), 2).await;
    let runs = usize::try_from(RUNS).unwrap();
    assert_eq!(events(&store).await, 2 * runs);
    retire(&store, &rules("logs=1d"), day(2)).await;
    assert_eq!(events(&store).await, runs);
    assert_eq!(listed(&store, TraceFilter::default()).await.len(), 2 * runs);
    assert_eq!(store.metrics().await.unwrap().len(), 1);
    sound(&store).await;
    retire(&store, &rules("metrics=1h logs=1h"), day(3)).await;
    assert_eq!((events(&store).await, store.metrics().await.unwrap().len()), (0, 0));
    assert_eq!(listed(&store, TraceFilter::default()).await.len(), 2 * runs);
    sound(&store).await;
    // A day without remaining records is removed completely. Costs never expire before their traces.
    retire(&store, &rules("costs=1h"), day(3)).await;
    assert_eq!(listed(&store, TraceFilter::default()).await.len(), 2 * runs);
    let told = retire(&store, &rules("traces=1h costs=1h"), day(3)).await;
    assert_eq!(told.days.iter().map(|day| day.fate).collect::<Vec<_>>(), [DayFate::Removed; 2]);
    assert_eq!(std::fs::read_dir(folder.path().join("days")).unwrap().count(), 0);
    assert_eq!(store.info().await.unwrap().days, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn services_and_projects_have_rules_of_their_own() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let call = |trace: u64, service: &str, project: &str| {
        draft(trace, 1).service(service).project(project).llm("openai/gpt-5", 10, 1).span()
    };
    let spans = [call(1, "shop", "a"), call(2, "shop", "b"), call(3, "till", "a"), call(4, "till", "b")];
    let costs =
        [priced(&spans[0], "1"), priced(&spans[1], "2"), priced(&spans[2], "4"), priced(&spans[3], "8")];
    let mut whole = batch(spans, costs);
    let mut note = event(at(5), Level::Info, "n", "of the till");
    note.resource = Arc::clone(&whole.spans[2].resource);
    whole.events = vec![event(at(5), Level::Info, "n", "of nobody"), note];
    store.write(Arc::new(whole)).await.unwrap();
    let rule = |service: Option<&str>, project: Option<&str>| RetentionRule {
        service: service.map(Into::into),
        project: project.map(Into::into),
        ..RetentionRule::default()
    };
    let rules = Retention {
        traces: Some(Keep::Forever),
        rule: vec![
            RetentionRule {
                traces: Some(Keep::days(1)),
                costs: Some(Keep::days(1)),
                ..rule(Some("shop"), Some("b"))
            },
            RetentionRule { traces: Some(Keep::days(1)), ..rule(None, Some("b")) },
            RetentionRule { logs: Some(Keep::days(1)), ..rule(Some("till"), None) },
        ],
        ..Retention::default()
    }
    .checked()
    .unwrap();
    let told = retire(&store, &rules, day(3)).await;
    assert_eq!((told.days[0].traces, told.days[0].costs, told.days[0].events), (2, 1, 1));
    assert_eq!(listed(&store, TraceFilter::default()).await, [trace_id(1), trace_id(3)]);
    let total = store.usage(&UsageQuery::default()).await.unwrap().remove(0).totals;
    assert_eq!((total.llm_calls, total.cost), (3, "13".parse().ok()));
    let texts = store.events(&EventQuery::default()).await.unwrap().rows;
    assert_eq!(texts.iter().map(|event| event.body.as_str()).collect::<Vec<_>>(), [Some("of nobody")]);
    sound(&store).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn held_traces_stay_whole() {
    let folder = tempfile::tempdir().unwrap();
    let store = with_days(folder.path(), 2).await;
    let kept = [run_of(0, 3) + 1, run_of(0, 5) + 1];
    assert_eq!(store.hold(&kept.map(hold)).await.unwrap(), 2);
    assert_eq!(store.hold(&[hold(kept[0])]).await.unwrap(), 0);
    assert_eq!(store.holds().await.unwrap(), kept.map(hold));
    let span = span_id((run_of(0, 3) + 1) * 1_000);
    let before = format!("{:?}", store.span(trace_id(kept[0]), span).await.unwrap().unwrap());
    let rules = rules("traces=1h logs=1h metrics=1h costs=1h");
    let told = retire(&store, &rules, day(5)).await;
    assert_eq!(
        told.days.iter().map(|day| (day.fate, day.held)).collect::<Vec<_>>(),
        [(DayFate::Thinned, 2), (DayFate::Removed, 0),]
    );
    assert_eq!(listed(&store, TraceFilter::default()).await, kept.map(trace_id));
    assert_eq!(format!("{:?}", store.span(trace_id(kept[0]), span).await.unwrap().unwrap()), before);
    assert_eq!(events(&store).await, 2);
    sound(&store).await;
    caught_up(&store).await;
    let row = store.trace(trace_id(kept[0])).await.unwrap().unwrap();
    let words = TraceFilter { q: Some(row.name.clone()), ..TraceFilter::default() };
    assert!(listed(&store, words).await.contains(&trace_id(kept[0])), "search knows the held trace");
    // A hold remains after the store is opened again. After its release, the trace is removed.
    store.close().await.unwrap();
    let store = open(folder.path());
    assert_eq!(retire(&store, &rules, day(5)).await.days, []);
    assert_eq!(store.release(&kept.map(trace_id)).await.unwrap(), 2);
    assert_eq!(retire(&store, &rules, day(5)).await.days.len(), 1);
    assert_eq!(store.info().await.unwrap().days, 0);
    assert_eq!(store.holds().await.unwrap(), []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_comes_late_is_kept_and_goes_with_the_next_run() {
    let folder = tempfile::tempdir().unwrap();
    let store = with_days(folder.path(), 1).await;
    let before = sums(&store).await;
    let rules = rules("traces=1h");
    retire(&store, &rules, day(2)).await;
    // The same records once more: spans are visible again, and nothing counts twice.
    store.write(Arc::new(one_day(0))).await.unwrap();
    assert_same(&before, &sums(&store).await);
    sound(&store).await;
    assert_eq!(listed(&store, TraceFilter::default()).await.len(), usize::try_from(RUNS).unwrap());
    let told = retire(&store, &rules, day(2)).await;
    assert_eq!(told.days[0].traces, RUNS);
    assert_same(&before, &sums(&store).await);
    assert_eq!(listed(&store, TraceFilter::default()).await, []);
    sound(&store).await;
    // A call of a new trace in that day.
    let call = draft(9_999, 1).starts(at(3)).llm("openai/gpt-5", 10, 1).span();
    store.write(Arc::new(batch([call.clone()], [priced(&call, "5")]))).await.unwrap();
    assert_eq!(listed(&store, TraceFilter::default()).await, [trace_id(9_999)]);
    sound(&store).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_trace_that_went_on_after_its_day_is_kept_from_its_end_on() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let spans = [draft(1, 1).lasts(3 * DAY).span(), draft(2, 1).span()];
    store.write(Arc::new(batch(spans, []))).await.unwrap();
    let rules = rules("traces=1d");
    retire(&store, &rules, day(2)).await;
    assert_eq!(listed(&store, TraceFilter::default()).await, [trace_id(1)]);
    retire(&store, &rules, day(5)).await;
    assert_eq!(listed(&store, TraceFilter::default()).await, []);
}
