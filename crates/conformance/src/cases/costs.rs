//! Cases on pages of ledger rows.

use quipu_core::{Cost, CostPage, CostQuery, CostRow, Rule, Span, Timestamp, TraceFilter, Usd};

use super::cases;
use crate::ask;
use crate::outcome::{check, same};
use crate::sample::{agent_runs, at, batch, cost, draft, priced};
use crate::{Outcome, Subject};

cases! { "costs":
    [Store] without_data_an_empty_page,
    [Store, Spans, Costs] rows_are_whole_and_name_session_and_user,
    [Store, Spans, Costs] rows_that_add_nothing_are_left_out,
    [Store, Spans, Costs] by_time_then_trace_then_span,
    [Store, Spans, Costs] pages_are_complete_over_ties_and_days,
    [Store, Spans, Costs] filters_are_read_as_for_usage,
    [Store, Spans, Costs] rows_add_up_to_usage,
}

async fn without_data_an_empty_page(on: &Subject) -> Outcome {
    let page = on.store()?.costs(&CostQuery::default()).await?;
    same!(page, CostPage::default(), "the page");
    Ok(())
}

fn call(trace: u64, number: u64, time: Timestamp) -> Span {
    draft(trace, number).starts(time).llm("gpt-5", 10, 1).span()
}

async fn rows_are_whole_and_name_session_and_user(on: &Subject) -> Outcome {
    let root = draft(1, 1).session("s").user("u").span();
    let spans =
        [root, draft(1, 2).below(1).llm("gpt-5", 10, 1).span(), draft(2, 1).llm("claude", 1, 1).span()];
    let costs = [priced(&spans[1], "1"), Cost { reported: "2.5".parse().ok(), ..priced(&spans[2], "2") }];
    on.write(batch(spans, costs.clone())).await?;
    let rows = ask::all_costs(on.store()?, &TraceFilter::default(), 10).await?;
    let row = |cost: &Cost, session: Option<&str>, user: Option<&str>| CostRow {
        cost: cost.clone(),
        session: session.map(Into::into),
        user: user.map(Into::into),
    };
    same!(rows, [row(&costs[1], None, None), row(&costs[0], Some("s"), Some("u"))], "rows");
    Ok(())
}

async fn rows_that_add_nothing_are_left_out(on: &Subject) -> Outcome {
    let spans = [call(1, 1, at(1)), call(1, 2, at(2)), draft(1, 3).tool("search").span(), call(1, 4, at(4))];
    let costs = [
        Cost { rule: Rule::Repeats, ..cost(&spans[0]) },
        priced(&spans[1], "1"),
        cost(&spans[2]),
        Cost { rule: Rule::Echo, ..cost(&spans[3]) },
    ];
    on.write(batch(spans.clone(), costs)).await?;
    let ids = async || {
        let rows = ask::all_costs(on.store()?, &TraceFilter::default(), 10).await?;
        Outcome::Ok(rows.iter().map(|row| row.cost.span_id).collect::<Vec<_>>())
    };
    same!(ids().await?, [spans[1].span_id], "spans of the rows");
    on.write(batch([], [Cost { version: 2, rule: Rule::Repeats, ..cost(&spans[1]) }])).await?;
    same!(ids().await?, Vec::<quipu_core::SpanId>::new(), "spans of the rows, the only one taken back");
    Ok(())
}

async fn by_time_then_trace_then_span(on: &Subject) -> Outcome {
    let spans =
        [call(2, 9, at(5)), call(2, 8, at(5)), call(1, 9, at(5)), call(3, 1, at(4)), call(1, 1, at(6))];
    let costs: Vec<_> = spans.iter().map(|span| priced(span, "1")).collect();
    on.write(batch(spans.clone(), costs)).await?;
    let rows = ask::all_costs(on.store()?, &TraceFilter::default(), 2).await?;
    let have: Vec<_> = rows.iter().map(|row| (row.cost.trace_id, row.cost.span_id)).collect();
    let want = [3, 2, 1, 0, 4].map(|at: usize| (spans[at].trace_id, spans[at].span_id));
    same!(have, want, "rows");
    Ok(())
}

/// Calls of many days, some at the same time, and traces that extend over midnight into the days of others.
async fn pages_are_complete_over_ties_and_days(on: &Subject) -> Outcome {
    let mut count = 0;
    for day in 0..5_i64 {
        let start = at(0).plus(day * Timestamp::DAY);
        let trace = u64::try_from(day).unwrap_or(0) * 2 + 1;
        let mut spans: Vec<_> = (1..=6).map(|number| call(trace, number, start)).collect();
        spans.extend((1..=3).map(|number| call(trace + 1, number, start)));
        // A late call of this trace, later than all calls of the next day.
        spans.push(call(trace, 90, start.plus(2 * Timestamp::DAY - Timestamp::HOUR)));
        count += spans.len();
        let costs: Vec<_> = spans.iter().map(|span| priced(span, "1")).collect();
        on.write(batch(spans, costs)).await?;
    }
    let whole = ask::all_costs(on.store()?, &TraceFilter::default(), 1_000).await?;
    same!(whole.len(), count, "rows");
    let place = |row: &CostRow| (row.cost.time, row.cost.trace_id, row.cost.span_id);
    check!(whole.windows(2).all(|pair| place(&pair[0]) < place(&pair[1])), "rows are not in order");
    for limit in [1, 3, 7] {
        let rows = ask::all_costs(on.store()?, &TraceFilter::default(), limit).await?;
        same!(rows, whole, "rows in pages of {limit}");
    }
    let filter = TraceFilter { since: Some(at(0).plus(Timestamp::DAY)), ..TraceFilter::default() };
    let since = ask::all_costs(on.store()?, &filter, 4).await?;
    let later: Vec<_> = whole.into_iter().filter(|row| row.cost.time >= at(0).plus(Timestamp::DAY)).collect();
    same!(since, later, "rows since the second day");
    Ok(())
}

async fn filters_are_read_as_for_usage(on: &Subject) -> Outcome {
    on.write(agent_runs(7, 30)).await?;
    let text = |text: &str| Some(text.to_owned());
    let every = TraceFilter::default;
    let filters = [
        TraceFilter { model: text("gpt-5"), ..every() },
        TraceFilter { agent: text("planner"), ..every() },
        TraceFilter { service: text("shop"), framework: text("crewai"), ..every() },
        TraceFilter { session: text("session-2"), ..every() },
        TraceFilter { user: text("user-1"), ..every() },
        TraceFilter { tool: text("web_search"), ..every() },
        TraceFilter { since: Some(at(300)), until: Some(at(900)), ..every() },
    ];
    for filter in filters {
        let rows = ask::all_costs(on.store()?, &filter, 4).await?;
        let total = ask::total(on.store()?, filter.clone()).await?;
        same!(calls(&rows), total.llm_calls, "calls of {filter:?}");
        check!(total.llm_calls > 0, "no calls of {filter:?}");
        same!(money(&rows), total.cost, "cost of {filter:?}");
    }
    Ok(())
}

fn calls(rows: &[CostRow]) -> u64 {
    u64::try_from(rows.iter().filter(|row| row.cost.is_call()).count()).unwrap_or(0)
}

fn money(rows: &[CostRow]) -> Option<Usd> {
    rows.iter().filter_map(|row| row.cost.billed()).reduce(|sum, amount| sum + amount)
}

async fn rows_add_up_to_usage(on: &Subject) -> Outcome {
    on.write(agent_runs(11, 40)).await?;
    let rows = ask::all_costs(on.store()?, &TraceFilter::default(), 16).await?;
    let total = ask::total(on.store()?, TraceFilter::default()).await?;
    same!((calls(&rows), money(&rows)), (total.llm_calls, total.cost), "calls and cost");
    let tokens: u64 =
        rows.iter().filter_map(|row| row.cost.usage.as_ref()).map(|usage| usage.tokens().total()).sum();
    same!(tokens, total.tokens.total(), "tokens");
    Ok(())
}
