//! Cases on unsampled spans: hidden, but part of every sum.

use quipu_core::{
    Batch, Cost, Detail, GroupBy, Kind, SessionQuery, Span, SpanQuery, ToolGroup, TraceFilter, TraceQuery,
    UsageKey, UsageQuery, UsageTotals, Usd,
};

use super::cases;
use crate::ask;
use crate::outcome::same;
use crate::sample::{batch, cost, draft, priced, span_id, trace_id};
use crate::{Outcome, Subject};

cases! { "unsampled":
    [Store, Spans, Costs] sums_have_what_is_not_shown,
    [Store, Spans, Costs] a_trace_of_them_alone_is_in_no_list,
    [Store, Spans, Costs] a_trace_in_part_shows_what_was_kept,
    [Store, Spans, Costs] the_count_finds_them_again,
    [Store, Spans, Costs] a_copy_in_full_is_shown,
    [Store, Spans, Costs] corrections_take_their_sums_back,
    [Store, Reopen, Spans, Costs] unsampled_sums_are_there_after_close,
}

/// The remains of an unsampled span.
fn bare(mut span: Span) -> Span {
    span.attributes = [(Span::SAMPLED, false)].into_iter().collect();
    span.events = Vec::new();
    span.links = Vec::new();
    span
}

fn call(trace: u64, number: u64) -> Span {
    draft(trace, number).llm("openai/gpt-5", 100, 10).service("shop").session("s").user("u").span()
}

fn tool(trace: u64, number: u64) -> Span {
    draft(trace, number).tool("search").session("s").span()
}

/// The same work in four traces, in full for the sampled ones.
fn work(sampled: impl Fn(u64) -> bool) -> Batch {
    let mut whole = Batch::default();
    for trace in 1..=4 {
        let spans = [call(trace, 1), tool(trace, 2)];
        let costs = [priced(&spans[0], "0.5"), cost(&spans[1])];
        let kept = |span: Span| if sampled(trace) { span } else { bare(span) };
        whole.append(batch(spans.map(kept), costs));
    }
    whole
}

/// Total usage, usage by each key, tools, and the session's figures.
type Sums = (UsageTotals, Vec<(Vec<UsageKey>, UsageTotals)>, Vec<ToolGroup>, Vec<(u64, u64, u64, u64)>);

async fn sums(on: &Subject) -> Outcome<Sums> {
    let store = on.store()?;
    let keys = [GroupBy::Model, GroupBy::Service, GroupBy::Session, GroupBy::User, GroupBy::Day];
    let query = UsageQuery { filter: TraceFilter::default(), group_by: keys.to_vec() };
    let total = ask::total(store, TraceFilter::default()).await?;
    let groups = ask::groups(store, &query).await?.into_iter().collect();
    let tools = store.tools(&TraceFilter::default()).await?;
    let query = SessionQuery { filter: TraceFilter::default(), limit: 10, cursor: None };
    let sessions = store.sessions(&query).await?.rows;
    let figures = sessions.iter().map(|row| (row.traces, row.llm_calls, row.tool_calls, row.tokens.total()));
    Ok((total, groups, tools, figures.collect()))
}

async fn sums_have_what_is_not_shown(on: &Subject) -> Outcome {
    on.write(work(|trace| trace == 1)).await?;
    let (total, groups, tools, sessions) = sums(on).await?;
    same!((total.llm_calls, total.tokens.total()), (4, 440), "calls and tokens");
    same!(total.cost, "2".parse::<Usd>().ok(), "cost");
    same!(groups.len(), 1, "groups by model, service, session, user and day");
    same!(groups.first().map(|(_, totals)| totals.clone()), Some(total), "the sum of the only group");
    same!(tools.iter().map(|tool| tool.calls).collect::<Vec<_>>(), [4], "runs of the tool");
    same!(sessions, [(4, 4, 4, 440)], "figures of the session");
    let filter =
        TraceFilter { session: Some("s".into()), model: Some("gpt-5".into()), ..TraceFilter::default() };
    same!(ask::total(on.store()?, filter).await?.llm_calls, 4, "calls of the session and model");
    Ok(())
}

async fn a_trace_of_them_alone_is_in_no_list(on: &Subject) -> Outcome {
    on.write(work(|trace| trace == 1)).await?;
    let store = on.store()?;
    same!(ask::picked(store, TraceFilter::default()).await?, ask::ids(&[1]), "listed");
    let query = SpanQuery { trace_id: trace_id(2), after: None, limit: 10, detail: Detail::Full };
    same!(store.spans(&query).await?.rows.len(), 0, "spans of a trace that was left out");
    let row = store.trace(trace_id(2)).await?;
    let figures = row.map(|row| (row.spans, row.llm_calls, row.tool_calls, row.tokens.total()));
    same!(figures, Some((0, 1, 1, 110)), "its row, by its id");
    Ok(())
}

async fn a_trace_in_part_shows_what_was_kept(on: &Subject) -> Outcome {
    let (kept, left_out) = (call(1, 1), bare(call(1, 2)));
    let costs = [priced(&kept, "1"), priced(&left_out, "2")];
    on.write(batch([kept, left_out], costs)).await?;
    let store = on.store()?;
    let page = store.traces(&TraceQuery { limit: 10, ..TraceQuery::default() }).await?;
    let rows: Vec<_> = page.rows.iter().map(|row| (row.spans, row.llm_calls, row.cost)).collect();
    same!(rows, [(1, 2, "3".parse::<Usd>().ok())], "spans, calls and cost of the trace");
    let query = SpanQuery { trace_id: trace_id(1), after: None, limit: 10, detail: Detail::Summary };
    let shown: Vec<_> = store.spans(&query).await?.rows.iter().map(|row| row.span_id).collect();
    same!(shown, [span_id(1)], "spans shown");
    Ok(())
}

async fn the_count_finds_them_again(on: &Subject) -> Outcome {
    let span = call(1, 1);
    on.write(batch([bare(span.clone())], [priced(&span, "1")])).await?;
    let nodes = on.store()?.nodes(&[(span.trace_id, span.start)]).await?;
    let known: Vec<_> = nodes.iter().flatten().map(|node| (node.span_id, node.kind, node.signal)).collect();
    same!(known, [(span.span_id, Kind::Llm, span.canonical.signal)], "what the count is told");
    Ok(())
}

async fn a_copy_in_full_is_shown(on: &Subject) -> Outcome {
    let span = call(1, 1);
    on.write(batch([bare(span.clone())], [priced(&span, "1")])).await?;
    on.write(batch([span.clone()], [priced(&span, "1")])).await?;
    let row = on.store()?.trace(span.trace_id).await?;
    same!(row.map(|row| (row.spans, row.llm_calls)), Some((1, 1)), "spans and calls");
    same!(ask::picked(on.store()?, TraceFilter::default()).await?, ask::ids(&[1]), "listed");
    Ok(())
}

async fn corrections_take_their_sums_back(on: &Subject) -> Outcome {
    let span = call(1, 1);
    on.write(batch([bare(span.clone())], [Cost { version: 1, ..priced(&span, "1") }])).await?;
    let taken_back = Cost { version: 2, rule: quipu_core::Rule::Repeats, amount: None, ..priced(&span, "1") };
    on.write(batch([], [taken_back])).await?;
    same!(ask::total(on.store()?, TraceFilter::default()).await?, UsageTotals::default(), "the sum");
    let query = SessionQuery { filter: TraceFilter::default(), limit: 10, cursor: None };
    same!(on.store()?.sessions(&query).await?.rows.len(), 0, "sessions");
    Ok(())
}

async fn unsampled_sums_are_there_after_close(on: &Subject) -> Outcome {
    on.write(work(|trace| trace == 1)).await?;
    let before = sums(on).await?;
    let again = on.reopened().await?;
    same!(sums(&again).await?, before, "sums after close");
    same!(again.findings().await?, Vec::<String>::new(), "findings");
    Ok(())
}
