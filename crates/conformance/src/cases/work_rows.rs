//! Cases on the single spans behind sums over work: as many as the sum has, in order, on pages of any size.

use std::collections::BTreeSet;

use quipu_core::{
    Criterion, FacetField, Kind, Term, TraceFilter, Wanted, WorkQuery, WorkRow, WorkRowField, WorkRowQuery,
    WorkRowSort, WorkRowState, Worked,
};

use super::cases;
use crate::outcome::{check, same};
use crate::sample::{agent_runs, at, batch, cost, draft, priced, unpriced};
use crate::{Outcome, Subject};

cases! { "work_rows":
    [Store, Spans, Costs] rows_are_as_many_as_the_sum_has,
    [Store, Spans, Costs] pages_are_complete_in_every_order,
    [Store, Spans, Costs] a_row_has_the_facts_of_its_span,
    [Store, Spans, Costs] states_choose_rows,
    [Store, Spans, Costs] errors_and_own_values_choose_rows,
    [Store, Spans, Costs] fields_may_apply_to_the_trace,
}

const SORTS: [WorkRowSort; 10] = [
    WorkRowSort::Newest,
    WorkRowSort::Oldest,
    WorkRowSort::Longest,
    WorkRowSort::Shortest,
    WorkRowSort::MostTokens,
    WorkRowSort::FewestTokens,
    WorkRowSort::Dearest,
    WorkRowSort::Cheapest,
    WorkRowSort::FailedFirst,
    WorkRowSort::FailedLast,
];

fn calls() -> Vec<Kind> {
    Kind::ALL.into_iter().filter(|kind| kind.is_call()).collect()
}

/// All pages of a query, with the total of each checked.
async fn all(on: &Subject, query: &WorkRowQuery) -> Outcome<Vec<WorkRow>> {
    let mut query = query.clone();
    let (mut rows, mut totals) = (Vec::new(), BTreeSet::new());
    loop {
        let page = on.store()?.work_rows(&query).await?;
        check!(page.rows.len() <= query.limit, "a page of {} rows", page.rows.len());
        rows.extend(page.rows);
        totals.insert(page.total);
        query.cursor = page.next;
        if query.cursor.is_none() {
            break;
        }
    }
    same!(totals, BTreeSet::from([rows.len() as u64]), "the total on each page of {query:?}");
    Ok(rows)
}

async fn rows_are_as_many_as_the_sum_has(on: &Subject) -> Outcome {
    on.write(agent_runs(3, 12)).await?;
    let failed = draft(900, 1).failed("outer").span();
    let inner = draft(900, 2).below(1).tool("search").failed("inner").span();
    let row = cost(&inner);
    on.write(batch([failed, inner], [row])).await?;
    for kinds in [vec![], vec![Kind::Tool], calls(), vec![Kind::Agent, Kind::Other]] {
        for failed in [false, true] {
            let filter = TraceFilter::default();
            let of = Worked::Spans(kinds.clone());
            let work = WorkQuery { of, filter: filter.clone(), failed, group_by: Vec::new() };
            let sums = on.store()?.work(&work).await?;
            let count: u64 = sums.iter().map(|group| group.totals.count).sum();
            let state = failed.then_some(WorkRowState::Failed);
            let query =
                WorkRowQuery { kinds: kinds.clone(), filter, state, limit: 7, ..WorkRowQuery::default() };
            same!(all(on, &query).await?.len() as u64, count, "rows of {kinds:?}, failed: {failed}");
        }
    }
    Ok(())
}

async fn pages_are_complete_in_every_order(on: &Subject) -> Outcome {
    on.write(agent_runs(5, 10)).await?;
    for sort in SORTS {
        let whole = WorkRowQuery { sort, limit: 10_000, ..WorkRowQuery::default() };
        let rows = all(on, &whole).await?;
        let ids: BTreeSet<_> = rows.iter().map(|row| (row.trace_id, row.span.span_id)).collect();
        same!(ids.len(), rows.len(), "every span once by {sort:?}");
        let in_order = rows.is_sorted_by_key(|row| row.place(sort).rank(sort));
        check!(in_order, "rows by {sort:?} are not in order");
        for limit in [1, 3] {
            let paged = all(on, &WorkRowQuery { limit, ..whole.clone() }).await?;
            check!(paged == rows, "pages of {limit} by {sort:?} differ from the whole");
        }
    }
    Ok(())
}

async fn a_row_has_the_facts_of_its_span(on: &Subject) -> Outcome {
    let root = draft(1, 1).named("run").session("s").user("u").service("shop").span();
    let call = draft(1, 2)
        .below(1)
        .session("s")
        .user("u")
        .service("shop")
        .llm("gpt-5", 3, 4)
        .failed("429")
        .read(|read| {
            read.agent = Some("planner".into());
            read.time_to_first_token = Some(77);
        })
        .span();
    let row = priced(&call, "0.5");
    on.write(batch([root, call.clone()], [row.clone()])).await?;
    let found = all(on, &WorkRowQuery { kinds: calls(), ..WorkRowQuery::default() }).await?;
    let [found] = found.as_slice() else {
        return Err(crate::Failure::new(format!("one call was expected, not {}", found.len())));
    };
    same!((found.trace_id, found.span.span_id), (call.trace_id, call.span_id), "ids");
    same!((found.time(), found.duration(), found.failed()), (call.start, call.duration(), true), "facts");
    let name = |name: &Option<compact_str::CompactString>| name.as_deref().map(str::to_owned);
    same!(
        [name(&found.session), name(&found.user), name(&found.service), found.error.clone()],
        ["s", "u", "shop", "429"].map(|text| Some(text.to_owned())),
        "names"
    );
    same!(found.span.first_token, Some(77), "time to the first token");
    same!(found.counted().and_then(|cost| cost.amount), row.amount, "cost");
    Ok(())
}

async fn states_choose_rows(on: &Subject) -> Outcome {
    let paid = draft(1, 1).llm("gpt-5", 1, 1).span();
    let free = draft(1, 2).llm("mine", 1, 1).span();
    let open = draft(1, 3).llm("gpt-5", 1, 1).running().span();
    let guard = draft(1, 4)
        .read(|read| {
            read.kind = Kind::Guardrail;
            read.guardrail_triggered = Some(true);
        })
        .span();
    let rows =
        [priced(&paid, "0.1"), unpriced(&free, quipu_core::Unpriced::UnknownModel), priced(&open, "0.2")];
    on.write(batch([paid, free, open, guard], rows)).await?;
    for (state, want) in [
        (WorkRowState::Unpriced, 1),
        (WorkRowState::Subscription, 0),
        (WorkRowState::Running, 1),
        (WorkRowState::Triggered, 1),
        (WorkRowState::Failed, 0),
    ] {
        let query = WorkRowQuery { state: Some(state), ..WorkRowQuery::default() };
        same!(all(on, &query).await?.len(), want, "rows in state {state:?}");
    }
    Ok(())
}

async fn errors_and_own_values_choose_rows(on: &Subject) -> Outcome {
    let long = "x".repeat(250);
    let spans = [
        draft(1, 1).failed("429").span(),
        draft(2, 1).failed("429 again").span(),
        draft(3, 1).failed("").read(|read| read.error_type = None).span(),
        draft(4, 1).failed(&long).span(),
        draft(5, 1).tool("search").failed("429").span(),
    ];
    let rows = [cost(&spans[4])];
    on.write(batch(spans, rows)).await?;
    let failed = WorkRowQuery { state: Some(WorkRowState::Failed), ..WorkRowQuery::default() };
    for (errors, want) in
        [(vec!["429".to_owned()], 2), (vec![String::new()], 1), (vec![long[..200].into()], 1)]
    {
        let query = WorkRowQuery { errors: errors.clone(), ..failed.clone() };
        same!(all(on, &query).await?.len(), want, "failures with the error {errors:?}");
    }
    for (own, want) in [(Some("search".to_owned()), 1), (Some("none".to_owned()), 0), (None, 0)] {
        let query = WorkRowQuery { own: vec![(WorkRowField::Within, own.clone())], ..failed.clone() };
        same!(all(on, &query).await?.len(), want, "rows within {own:?}");
    }
    Ok(())
}

async fn fields_may_apply_to_the_trace(on: &Subject) -> Outcome {
    let spans = [
        draft(1, 1).starts(at(0)).llm("gpt-5", 1, 1).span(),
        draft(1, 2).starts(at(1)).tool("search").span(),
        draft(2, 1).starts(at(2)).llm("gpt-5", 1, 1).span(),
        draft(2, 2).starts(at(3)).tool("write").span(),
    ];
    let rows: Vec<_> = spans.iter().map(cost).collect();
    on.write(batch(spans, rows)).await?;
    let term = |field, text: &str| Term {
        not: false,
        criterion: Criterion::Named(field, vec![Wanted::Exactly(text.into())]),
    };
    for (kinds, field, text, own, of_trace) in
        [(calls(), FacetField::Tool, "search", 0, 1), (vec![Kind::Tool], FacetField::Model, "gpt-5", 0, 2)]
    {
        let terms = TraceFilter { terms: vec![term(field, text)], ..TraceFilter::default() };
        let plain = match field {
            FacetField::Tool => TraceFilter { tool: Some(text.into()), ..TraceFilter::default() },
            _ => TraceFilter { model: Some(text.into()), ..TraceFilter::default() },
        };
        for filter in [terms, plain] {
            let query = WorkRowQuery { kinds: kinds.clone(), filter, ..WorkRowQuery::default() };
            same!(all(on, &query).await?.len(), own, "{field:?} of the span itself");
            let query = WorkRowQuery { of_trace: vec![field], ..query };
            same!(all(on, &query).await?.len(), of_trace, "{field:?} of the trace");
        }
    }
    Ok(())
}
