//! Cases on pages of traces: every row once, in order, for any page size.

use quipu_core::{Cost, Cursor, Sort, Timestamp, TraceFilter, TraceQuery, TraceRow, Usage};

use super::cases;
use crate::ask;
use crate::outcome::{check, same};
use crate::sample::{Random, agent_runs, batch, cost, draft, priced};
use crate::{Outcome, Subject};

cases! { "paging":
    [Store, Spans, Costs] newest_and_oldest,
    [Store, Spans, Costs] longest_and_shortest,
    [Store, Spans, Costs] dearest_and_cheapest,
    [Store, Spans, Costs] most_and_fewest_tokens,
    [Store, Spans] most_and_fewest_calls_tools_and_errors,
    [Store, Spans] pages_are_complete_over_ties,
    [Store, Spans] the_last_page_has_no_cursor,
    [Store, Spans] new_traces_do_not_disturb_older_pages,
    [Store, Spans, Costs] pages_of_a_filter,
    [Store, Spans] pages_over_many_days,
}

/// The figure that a sort uses, as in its [`Cursor`].
fn figure(sort: Sort, row: &TraceRow) -> i64 {
    match sort {
        Sort::Newest | Sort::Oldest => row.started_at.nanos(),
        Sort::Longest | Sort::Shortest => row.duration,
        Sort::Dearest | Sort::Cheapest => row.cost.unwrap_or_default().nanos(),
        Sort::MostTokens | Sort::FewestTokens => i64::try_from(row.tokens.total()).unwrap_or(i64::MAX),
        Sort::MostCalls | Sort::FewestCalls => i64::try_from(row.llm_calls).unwrap_or(i64::MAX),
        Sort::MostTools | Sort::FewestTools => i64::try_from(row.tool_calls).unwrap_or(i64::MAX),
        Sort::MostErrors | Sort::FewestErrors => i64::try_from(row.errors).unwrap_or(i64::MAX),
    }
}

const fn falls(sort: Sort) -> bool {
    matches!(
        sort,
        Sort::Newest
            | Sort::Longest
            | Sort::Dearest
            | Sort::MostTokens
            | Sort::MostCalls
            | Sort::MostTools
            | Sort::MostErrors
    )
}

/// Checks the same rows in the same order for pages of every size, with figures in order and every trace
/// once.
async fn goes_by(on: &Subject, filter: &TraceFilter, sort: Sort, count: usize) -> Outcome {
    let whole = ask::all_traces(on.store()?, filter, sort, 1_000).await?;
    same!(whole.len(), count, "traces by {sort:?}");
    for pair in whole.windows(2) {
        let (first, second) = (figure(sort, &pair[0]), figure(sort, &pair[1]));
        let in_order = if falls(sort) { first >= second } else { first <= second };
        check!(in_order, "{sort:?}: {first} stands before {second}");
    }
    let ids: std::collections::BTreeSet<_> = whole.iter().map(|row| row.trace_id).collect();
    same!(ids.len(), count, "different traces by {sort:?}");
    for limit in [1, 2, 7] {
        let paged = ask::all_traces(on.store()?, filter, sort, limit).await?;
        same!(paged, whole, "traces by {sort:?} in pages of {limit}");
    }
    Ok(())
}

async fn both(on: &Subject, one: Sort, other: Sort) -> Outcome {
    on.write(agent_runs(21, 30)).await?;
    goes_by(on, &TraceFilter::default(), one, 30).await?;
    goes_by(on, &TraceFilter::default(), other, 30).await
}

async fn newest_and_oldest(on: &Subject) -> Outcome {
    both(on, Sort::Newest, Sort::Oldest).await
}

async fn longest_and_shortest(on: &Subject) -> Outcome {
    both(on, Sort::Longest, Sort::Shortest).await
}

async fn dearest_and_cheapest(on: &Subject) -> Outcome {
    let spans = [draft(90, 1).llm("gpt-5", 1, 1).span(), draft(91, 1).llm("gpt-5", 1, 1).span()];
    let costs = [priced(&spans[0], "0.0000000000001"), cost(&spans[1])];
    on.write(agent_runs(21, 30)).await?;
    on.write(batch(spans, costs)).await?;
    goes_by(on, &TraceFilter::default(), Sort::Dearest, 32).await?;
    goes_by(on, &TraceFilter::default(), Sort::Cheapest, 32).await
}

async fn most_and_fewest_tokens(on: &Subject) -> Outcome {
    let span = draft(90, 1).llm("gpt-5", 1, 1).span();
    let usage = Usage { input: Some(1 << 33), output: Some(1), ..Usage::default() };
    on.write(batch([span.clone()], [Cost { usage: Some(usage), ..cost(&span) }])).await?;
    on.write(agent_runs(21, 29)).await?;
    goes_by(on, &TraceFilter::default(), Sort::MostTokens, 30).await?;
    goes_by(on, &TraceFilter::default(), Sort::FewestTokens, 30).await
}

async fn most_and_fewest_calls_tools_and_errors(on: &Subject) -> Outcome {
    both(on, Sort::MostCalls, Sort::FewestCalls).await?;
    let all = TraceFilter::default();
    for sort in [Sort::MostTools, Sort::FewestTools, Sort::MostErrors, Sort::FewestErrors] {
        goes_by(on, &all, sort, 30).await?;
    }
    let rows = ask::all_traces(on.store()?, &all, Sort::MostCalls, 100).await?;
    check!(rows[0].llm_calls > rows[29].llm_calls, "all traces have the same number of calls");
    Ok(())
}

async fn pages_are_complete_over_ties(on: &Subject) -> Outcome {
    let mut numbers: Vec<u64> = (1..=25).collect();
    Random::new(9).shuffle(&mut numbers);
    let spans: Vec<_> = numbers.iter().map(|number| draft(*number, 1).span()).collect();
    on.write(batch(spans, [])).await?;
    let sorts = [
        Sort::Newest,
        Sort::Oldest,
        Sort::Longest,
        Sort::Shortest,
        Sort::Dearest,
        Sort::Cheapest,
        Sort::MostTokens,
        Sort::FewestTokens,
        Sort::MostErrors,
        Sort::FewestTools,
    ];
    for sort in sorts {
        goes_by(on, &TraceFilter::default(), sort, 25).await?;
        let rows = ask::all_traces(on.store()?, &TraceFilter::default(), sort, 10).await?;
        let ids: Vec<_> = rows.iter().map(|row| row.trace_id).collect();
        same!(ids, ask::ids(&(1..=25).collect::<Vec<_>>()), "ties go by trace id, {sort:?}");
    }
    Ok(())
}

async fn the_last_page_has_no_cursor(on: &Subject) -> Outcome {
    on.write(batch((1..=4).map(|number| draft(number, number).span()).collect::<Vec<_>>(), [])).await?;
    let page = |limit, cursor| TraceQuery { limit, cursor, ..TraceQuery::default() };
    let first = on.store()?.traces(&page(3, None)).await?;
    same!((first.rows.len(), first.next.is_some()), (3, true), "first page and whether there is more");
    let last = first.rows.last().map(|row| Cursor { value: row.started_at.nanos(), trace_id: row.trace_id });
    same!(first.next, last, "cursor");
    let second = on.store()?.traces(&page(3, first.next)).await?;
    same!((second.rows.len(), second.next), (1, None::<Cursor>), "second page");
    let exact = on.store()?.traces(&page(4, None)).await?;
    same!((exact.rows.len(), exact.next), (4, None::<Cursor>), "a page of just the right size");
    Ok(())
}

async fn new_traces_do_not_disturb_older_pages(on: &Subject) -> Outcome {
    on.write(batch((1..=6).map(|number| draft(number, number).span()).collect::<Vec<_>>(), [])).await?;
    let query = TraceQuery { limit: 3, ..TraceQuery::default() };
    let first = on.store()?.traces(&query).await?;
    on.write(batch([draft(9, 9).span()], [])).await?;
    let second = on.store()?.traces(&TraceQuery { cursor: first.next, ..query }).await?;
    let ids: Vec<_> = first.rows.iter().chain(&second.rows).map(|row| row.trace_id).collect();
    same!(ids, ask::ids(&[6, 5, 4, 3, 2, 1]), "traces");
    Ok(())
}

async fn pages_of_a_filter(on: &Subject) -> Outcome {
    on.write(agent_runs(21, 30)).await?;
    let filter = TraceFilter { framework: Some("crewai".to_owned()), ..TraceFilter::default() };
    goes_by(on, &filter, Sort::Newest, 10).await?;
    goes_by(on, &filter, Sort::Cheapest, 10).await?;
    let filter = TraceFilter { session: Some("session-2".to_owned()), ..TraceFilter::default() };
    goes_by(on, &filter, Sort::Longest, 3).await
}

async fn pages_over_many_days(on: &Subject) -> Outcome {
    let far = |number: u64| {
        let start = crate::sample::BASE.plus(i64::try_from(number).unwrap_or(0) * 9 * Timestamp::HOUR);
        draft(number, 1).starts(start).lasts(i64::try_from(number * 37 % 11).unwrap_or(0))
    };
    on.write(batch((1..=24).map(|number| far(number).span()).collect::<Vec<_>>(), [])).await?;
    goes_by(on, &TraceFilter::default(), Sort::Newest, 24).await?;
    goes_by(on, &TraceFilter::default(), Sort::Oldest, 24).await?;
    goes_by(on, &TraceFilter::default(), Sort::Longest, 24).await?;
    let (since, until) = (far(3).span().start, far(20).span().start);
    let filter = TraceFilter { since: Some(since), until: Some(until), ..TraceFilter::default() };
    goes_by(on, &filter, Sort::Newest, 17).await
}
