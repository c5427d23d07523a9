//! Tests of files as earlier builds wrote them.

use std::path::Path;

use quipu_backend_sqlite::Sqlite;
use quipu_conformance::sample::{at, cost, draft, priced, span_id, trace_id};
use quipu_core::Backend;
use quipu_core::{
    Billing, Cost, CostQuery, GroupBy, Rule, Store, Timestamp, Tokens, TraceFilter, Usage, UsageQuery,
    UsageTotals, Usd,
};

use crate::{open, sound, write};

/// A day of layout 4 with a trace of five spans and one of a failed call, written by the last build of that
/// layout.
pub(crate) static DAY_4: &[u8] = include_bytes!("../data/day-4.db.zst");

async fn store_of(folder: &Path, day: &[u8]) -> Sqlite {
    open(folder).close().await.unwrap();
    std::fs::write(folder.join("days/d-20260302.db"), zstd::decode_all(day).unwrap()).unwrap();
    open(folder)
}

fn usd(text: &str) -> Option<Usd> {
    text.parse().ok()
}

async fn total(store: &Sqlite, filter: TraceFilter) -> UsageTotals {
    let query = UsageQuery { filter, group_by: Vec::new() };
    store.usage(&query).await.unwrap().remove(0).totals
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_day_of_layout_4_answers_as_before_and_counts_what_deviates() {
    let folder = tempfile::tempdir().unwrap();
    let store = store_of(folder.path(), DAY_4).await;
    sound(&store).await;
    let row = store.trace(trace_id(1)).await.unwrap().unwrap();
    assert_eq!((row.name.as_str(), row.spans, row.llm_calls, row.tool_calls), ("root", 5, 3, 1));
    assert_eq!((row.cost, row.subscription), (usd("3.500000000000000000000004"), None));
    assert_eq!((row.project, row.commit, row.branch, row.tags.len()), (None, None, None, 0));
    assert_eq!(
        row.tokens,
        Tokens { input: 605, output: 65, cache_read: 50, reasoning: 7, ..Tokens::default() }
    );
    let every = total(&store, TraceFilter::default()).await;
    assert_eq!((every.cost, every.reported), (usd("7.500000000000000000000004"), usd("19.11")));
    // The call reported at three instead of two, the one at seven instead of nothing, the tool and the failed
    // one.
    assert_eq!((every.deviating, every.subscription), (4, None));
    let hour = Some(at(7_200).floor(Timestamp::HOUR));
    assert_eq!(total(&store, TraceFilter { since: hour, ..TraceFilter::default() }).await.deviating, 1);
    for by in [GroupBy::Model, GroupBy::Agent, GroupBy::Service, GroupBy::Session, GroupBy::Billing] {
        let query = UsageQuery { filter: TraceFilter::default(), group_by: vec![by] };
        let groups = store.usage(&query).await.unwrap();
        assert_eq!(groups.iter().map(|group| group.totals.deviating).sum::<u64>(), 4, "by {by:?}");
    }
    let rows = store.costs(&CostQuery::default()).await.unwrap().rows;
    assert_eq!(rows.len(), 5);
    assert!(rows.iter().all(|row| row.cost.billing == Billing::Metered), "{rows:?}");
    assert_eq!(rows.iter().filter(|row| row.cost.deviates()).count(), 4);
    assert_eq!(rows[0].session.as_deref(), Some("s"));
    assert_eq!(rows[2].cost.usage, Some(Usage::of(300, 30).cache_read(50).reasoning(7)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_day_of_layout_4_takes_what_is_new() {
    let folder = tempfile::tempdir().unwrap();
    let store = store_of(folder.path(), DAY_4).await;
    let late =
        draft(1, 6).below(1).llm("openai/gpt-5", 1, 1).project("kite").tag("beta").code("c", "main").span();
    let usage = Usage::of(1, 1).unit("web_searches", 3);
    let under = Cost { billing: Billing::Subscription, usage: Some(usage), ..priced(&late, "16") };
    // An old row, subtracted.
    let old = store.span(trace_id(1), span_id(3)).await.unwrap().unwrap().cost.unwrap();
    let taken_back = Cost { version: 9, rule: Rule::Repeats, amount: None, ..old };
    write(&store, [late], [under.clone(), taken_back]).await;
    sound(&store).await;
    let row = store.trace(trace_id(1)).await.unwrap().unwrap();
    assert_eq!((row.cost, row.subscription), (usd("1.500000000000000000000004"), usd("16")));
    assert_eq!(
        (row.project.as_deref(), row.branch.as_deref(), row.tags.len()),
        (Some("kite"), Some("main"), 1)
    );
    let tagged = total(&store, TraceFilter { tag: Some("beta".into()), ..TraceFilter::default() }).await;
    assert_eq!((tagged.deviating, tagged.subscription), (2, usd("16")));
    assert_eq!(store.span(trace_id(1), span_id(6)).await.unwrap().unwrap().cost, Some(under));
    // A better copy of an old span may have additional values.
    let root = draft(1, 1).named("root").lasts(90 * Timestamp::SECOND).project("anvil").good().span();
    write(&store, [root.clone()], [cost(&root)]).await;
    assert_eq!(store.trace(trace_id(1)).await.unwrap().unwrap().project.as_deref(), Some("anvil"));
    sound(&store).await;
}
