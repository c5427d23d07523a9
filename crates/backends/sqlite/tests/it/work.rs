//! Tests of sums over work and of terms of filters, with several days and long lists of names.

use quipu_backend_sqlite::Sqlite;
use quipu_conformance::sample::{at, cost, draft, span_id, trace_id};
use quipu_core::{
    Criterion, FacetField, Kind, Span, Store, Term, Timestamp, TraceFilter, TraceQuery, UsageKey, UsageQuery,
    Wanted, WorkKey, WorkQuery, WorkTotals, Worked,
};

use crate::{open, sound, write};

async fn totals(store: &Sqlite, query: WorkQuery) -> WorkTotals {
    assert_eq!(query.group_by, []);
    store.work(&query).await.unwrap().remove(0).totals
}

fn beginning(field: FacetField, text: &str) -> Term {
    Term { not: false, criterion: Criterion::Named(field, vec![Wanted::Beginning(text.into())]) }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn spans_of_another_day_than_their_traces_are_found_in_their_time() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let tomorrow = at(0).plus(Timestamp::DAY);
    write(&store, [draft(1, 1).running().span()], []).await;
    let late: Vec<Span> = vec![
        draft(1, 2).below(1).agent("amy").starts(tomorrow).failed("no").span(),
        draft(1, 3).below(1).starts(tomorrow.plus(1)).span(),
        draft(1, 4).below(1).tool("search").starts(tomorrow.plus(2)).span(),
    ];
    let run = cost(&late[2]);
    write(&store, late, [run]).await;
    let of_tomorrow = TraceFilter { since: Some(tomorrow), ..TraceFilter::default() };
    let of_today = TraceFilter { until: Some(tomorrow), ..TraceFilter::default() };
    let count = async |kinds: &[Kind], filter: &TraceFilter, failed: bool| {
        let of = Worked::Spans(kinds.to_vec());
        totals(&store, WorkQuery { of, filter: filter.clone(), failed, ..WorkQuery::default() }).await.count
    };
    assert_eq!((count(&[], &of_tomorrow, false).await, count(&[], &of_today, false).await), (3, 1));
    assert_eq!(
        (count(&[Kind::Agent], &of_tomorrow, false).await, count(&[Kind::Agent], &of_today, false).await),
        (1, 0)
    );
    assert_eq!(
        (count(&[Kind::Tool], &of_tomorrow, false).await, count(&[Kind::Tool], &of_today, false).await),
        (1, 0)
    );
    assert_eq!((count(&[], &of_tomorrow, true).await, count(&[], &of_today, true).await), (1, 0));
    sound(&store).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_names_than_fit_into_a_statement() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let (mut spans, mut costs) = (Vec::new(), Vec::new());
    for trace in 1..=300_u64 {
        let model = format!("openai/{}-{trace}", if trace % 2 == 0 { "even" } else { "odd" });
        let session = format!("{}-{trace}", if trace % 3 == 0 { "third" } else { "other" });
        let span = draft(trace, 1).llm(&model, 1, 1).session(&session).span();
        costs.push(cost(&span));
        spans.push(span);
    }
    write(&store, spans, costs).await;
    let even = beginning(FacetField::Model, "even-");
    let third = beginning(FacetField::Session, "third-");
    let other = beginning(FacetField::Session, "other-");
    let not_third = Term { not: true, ..third.clone() };
    for (terms, wanted) in [
        (vec![even.clone()], 150),
        (vec![other.clone()], 200),
        (vec![even.clone(), other.clone()], 100),
        (vec![other, even.clone()], 100),
        (vec![not_third, even.clone()], 100),
        (vec![even, third], 50),
    ] {
        let filter = TraceFilter { terms, ..TraceFilter::default() };
        let query = TraceQuery { filter: filter.clone(), limit: 500, ..TraceQuery::default() };
        assert_eq!(store.traces(&query).await.unwrap().rows.len(), wanted, "traces {filter:?}");
        let query = UsageQuery { filter: filter.clone(), group_by: Vec::new() };
        assert_eq!(store.usage(&query).await.unwrap()[0].totals.llm_calls, wanted as u64, "usage {filter:?}");
        let of = Worked::Spans(vec![Kind::Llm]);
        let query = WorkQuery { of, filter: filter.clone(), ..WorkQuery::default() };
        assert_eq!(totals(&store, query).await.count, wanted as u64, "work {filter:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn first_tokens_and_verdicts_are_summed() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let silent = draft(1, 2).below(1).llm("openai/gpt-5", 1, 1).span();
    let mut said = draft(1, 3).below(1).llm("openai/gpt-5", 1, 1).span();
    said.canonical.time_to_first_token = Some(250);
    let guard = |number, verdict| {
        let mut span = draft(1, number).below(1).named("guard").span();
        span.canonical.kind = Kind::Guardrail;
        span.canonical.guardrail_triggered = verdict;
        span
    };
    let guards = [guard(4, Some(true)), guard(5, Some(false)), guard(6, None)];
    let costs = [cost(&silent), cost(&said)];
    let spans = [vec![draft(1, 1).agent("amy").span(), silent, said], guards.to_vec()].concat();
    write(&store, spans, costs).await;
    let row = store.span(trace_id(1), span_id(4)).await.unwrap().unwrap();
    assert_eq!((row.triggered, row.first_token), (Some(true), None));
    assert_eq!(store.span(trace_id(1), span_id(6)).await.unwrap().unwrap().triggered, None);
    let query =
        WorkQuery { of: Worked::Spans(vec![]), group_by: vec![WorkKey::Kind], ..WorkQuery::default() };
    let groups = store.work(&query).await.unwrap();
    let figures: Vec<_> = groups
        .iter()
        .map(|group| {
            let UsageKey::Name(Some(kind)) = &group.key[0] else { panic!("{group:?}") };
            let totals = &group.totals;
            (kind.as_str(), totals.count, totals.triggered, totals.first_token.sum())
        })
        .collect();
    assert_eq!(figures, [("agent", 1, 0, 0), ("guardrail", 3, 1, 0), ("llm", 2, 0, 250)]);
}
