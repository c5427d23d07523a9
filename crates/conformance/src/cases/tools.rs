//! Cases on tool runs.

use quipu_core::{
    Cost, Criterion, FacetField, InferredRun, Rule, Term, Timestamp, ToolGroup, TraceFilter, Wanted,
};

use super::cases;
use crate::outcome::{check, same};
use crate::sample::{at, batch, cost, draft};
use crate::{Failure, Outcome, Subject};

cases! { "tools":
    [Store, Spans, Costs] are_summed_by_name,
    [Store, Spans, Costs] most_calls_come_first,
    [Store, Spans, Costs] the_last_error_is_the_latest_failure,
    [Store, Spans, Costs] a_long_error_is_cut_at_300_bytes,
    [Store, Spans, Costs] only_what_counts,
    [Store, Spans, Costs] follow_corrections,
    [Store, Spans, Costs] of_one_time_session_or_tool,
    [Store, Spans, Costs, Forgetting] inferred_runs_stand_apart,
}

async fn all(on: &Subject, filter: TraceFilter) -> Outcome<Vec<ToolGroup>> {
    Ok(on.store()?.tools(&filter).await?)
}

async fn one(on: &Subject, filter: TraceFilter) -> Outcome<ToolGroup> {
    let mut groups = all(on, filter).await?;
    match (groups.pop(), groups.len()) {
        (Some(group), 0) => Ok(group),
        (last, more) => Err(Failure::new(format!("not one tool but {more} and {last:?}"))),
    }
}

async fn are_summed_by_name(on: &Subject) -> Outcome {
    let spans = [
        draft(1, 1).tool("search").lasts(1_000).span(),
        draft(1, 2).tool("search").lasts(3_000).failed("no answer").span(),
        draft(2, 3).tool("search").running().span(),
    ];
    let costs = spans.each_ref().map(cost);
    on.write(batch(spans, costs)).await?;
    let group = one(on, TraceFilter::default()).await?;
    same!((group.tool, group.calls, group.errors), ("search", 3, 1), "tool, calls, errors");
    same!((group.latency.count(), group.latency.sum()), (2, 4_000), "latency");
    same!(group.last_error, Some("no answer"), "last error");
    Ok(())
}

async fn most_calls_come_first(on: &Subject) -> Outcome {
    for (number, tool) in (1..).zip(["rare", "often", "some", "often", "some", "often"]) {
        let span = draft(1, number).tool(tool).span();
        on.write(batch([span.clone()], [cost(&span)])).await?;
    }
    let names: Vec<_> = all(on, TraceFilter::default()).await?.into_iter().map(|group| group.tool).collect();
    same!(names, vec!["often", "some", "rare"], "tools");
    Ok(())
}

async fn the_last_error_is_the_latest_failure(on: &Subject) -> Outcome {
    let spans = [
        draft(1, 5).tool("search").failed("latest").span(),
        draft(1, 3).tool("search").failed("earlier").span(),
        draft(1, 9).tool("search").span(),
    ];
    let costs = spans.each_ref().map(cost);
    on.write(batch(spans, costs)).await?;
    same!(one(on, TraceFilter::default()).await?.last_error, Some("latest"), "last error");
    let mut silent = draft(1, 7).tool("search").failed("").span();
    silent.canonical.error_type = Some("Refused".into());
    on.write(batch([silent.clone()], [cost(&silent)])).await?;
    same!(one(on, TraceFilter::default()).await?.last_error, Some("Refused"), "last error without a message");
    Ok(())
}

async fn a_long_error_is_cut_at_300_bytes(on: &Subject) -> Outcome {
    let long = "ü€".repeat(200);
    let span = draft(1, 1).tool("search").failed(&long).span();
    on.write(batch([span.clone()], [cost(&span)])).await?;
    let text = one(on, TraceFilter::default()).await?.last_error.unwrap_or_default();
    check!((290..=300).contains(&text.len()), "the error has {} bytes", text.len());
    check!(long.starts_with(&text), "the error is not the start of the message");
    Ok(())
}

async fn only_what_counts(on: &Subject) -> Outcome {
    let spans = [
        draft(1, 1).tool("search").span(),
        draft(1, 2).tool("search").span(),
        draft(1, 3).tool("none").span(),
    ];
    let twin = Cost { rule: Rule::Duplicate, ..cost(&spans[1]) };
    on.write(batch(spans.clone(), [cost(&spans[0]), twin])).await?;
    let group = one(on, TraceFilter::default()).await?;
    same!((group.tool, group.calls), ("search", 1), "tool and calls");
    Ok(())
}

async fn follow_corrections(on: &Subject) -> Outcome {
    let span = draft(1, 1).tool("search").failed("no").span();
    on.write(batch([span.clone()], [cost(&span)])).await?;
    let fine =
        Cost { version: 2, failed: false, duration: Some(7_000), tool: Some("find".into()), ..cost(&span) };
    on.write(batch([], [fine])).await?;
    let group = one(on, TraceFilter::default()).await?;
    same!((group.tool, group.calls, group.errors), ("find", 1, 0), "tool, calls, errors");
    same!((group.latency.sum(), group.last_error), (7_000, None::<String>), "latency and last error");
    Ok(())
}

async fn of_one_time_session_or_tool(on: &Subject) -> Outcome {
    let spans = [
        draft(1, 1).tool("search").session("a").span(),
        draft(2, 2).tool("search").session("b").span(),
        draft(3, 3).tool("read").session("b").span(),
    ];
    let costs = spans.each_ref().map(cost);
    on.write(batch(spans, costs)).await?;
    let every = TraceFilter::default;
    let search = TraceFilter { tool: Some("search".to_owned()), ..every() };
    same!(one(on, search.clone()).await?.calls, 2, "runs of one tool");
    same!(one(on, TraceFilter { session: Some("b".to_owned()), ..search }).await?.calls, 1, "of a session");
    let early = TraceFilter { since: Some(at(1)), until: Some(at(2)), ..every() };
    same!(one(on, early).await?.calls, 1, "runs of a time");
    let later = TraceFilter { since: Some(at(0).plus(Timestamp::HOUR)), ..every() };
    same!(all(on, later).await?.len(), 0, "tools of a later time");
    Ok(())
}

fn inferred(tools: &[&str]) -> Vec<InferredRun> {
    let run =
        |(key, tool): (u64, &&str)| InferredRun { key, tool: (*tool).into(), since: None, failed: false };
    (1..).zip(tools).map(run).collect()
}

async fn counts(on: &Subject, filter: TraceFilter) -> Outcome<Vec<(String, u64, u64)>> {
    let groups = all(on, filter).await?.into_iter();
    Ok(groups.map(|group| (group.tool.to_string(), group.calls, group.inferred)).collect())
}

fn want(groups: &[(&str, u64, u64)]) -> Vec<(String, u64, u64)> {
    groups.iter().map(|(tool, calls, inferred)| ((*tool).to_owned(), *calls, *inferred)).collect()
}

async fn inferred_runs_stand_apart(on: &Subject) -> Outcome {
    let spans = [
        draft(1, 1).tool("search").session("a").span(),
        draft(1, 2).session("a").span(),
        draft(2, 3).session("b").span(),
        draft(3, 4).session("b").span(),
    ];
    let mut costs = spans.each_ref().map(cost);
    costs[1].inferred = inferred(&["search", "read"]);
    costs[2].inferred = inferred(&["read"]);
    costs[3].inferred = inferred(&["read"]);
    // A row outside the totals can hold inferred runs.
    costs[3].rule = Rule::Duplicate;
    on.write(batch(spans.clone(), costs.clone())).await?;
    same!(counts(on, TraceFilter::default()).await?, want(&[("search", 1, 1), ("read", 0, 3)]), "all");
    let of_session = TraceFilter { session: Some("a".to_owned()), ..TraceFilter::default() };
    same!(counts(on, of_session).await?, want(&[("search", 1, 1), ("read", 0, 1)]), "of a session");
    let of_tool = TraceFilter { tool: Some("read".to_owned()), ..TraceFilter::default() };
    same!(counts(on, of_tool).await?, want(&[("read", 0, 3)]), "of a tool");
    let criterion = Criterion::Named(FacetField::Tool, vec![Wanted::Beginning("re".to_owned())]);
    let not_read = TraceFilter { terms: vec![Term { not: true, criterion }], ..TraceFilter::default() };
    same!(counts(on, not_read).await?, want(&[("search", 1, 1)]), "of other tools");
    let either = |named: [(FacetField, &str); 2]| {
        let term = |(field, name): (FacetField, &str)| Term {
            not: false,
            criterion: Criterion::Named(field, vec![Wanted::Exactly(name.to_owned())]),
        };
        let any = Criterion::Any(named.map(term).to_vec());
        TraceFilter { terms: vec![Term { not: false, criterion: any }], ..TraceFilter::default() }
    };
    let of_run = either([(FacetField::Tool, "search"), (FacetField::Agent, "none")]);
    same!(counts(on, of_run).await?, want(&[("search", 1, 1)]), "of a tool or an agent");
    let of_trace = either([(FacetField::Tool, "search"), (FacetField::Session, "none")]);
    same!(counts(on, of_trace).await?, want(&[("search", 1, 1), ("read", 0, 1)]), "of a trace with a tool");
    let later = TraceFilter { since: Some(at(3)), ..TraceFilter::default() };
    same!(counts(on, later).await?, want(&[("read", 0, 2)]), "of a time");
    let found = on.store()?.facets(FacetField::Tool, &TraceFilter::default(), 9).await?;
    same!(found.first().map(|facet| facet.traces), Some(3), "traces of the tool that most ran");

    let seen = Cost { version: 9, inferred: inferred(&["search"]), ..costs[1].clone() };
    on.write(batch([], [seen])).await?;
    same!(counts(on, TraceFilter::default()).await?, want(&[("search", 1, 1), ("read", 0, 2)]), "corrected");
    same!(on.findings().await?, Vec::<String>::new(), "findings");
    on.forgetting()?.forget(&[spans[2].trace_id]).await?;
    same!(counts(on, TraceFilter::default()).await?, want(&[("search", 1, 1), ("read", 0, 1)]), "forgotten");
    same!(on.findings().await?, Vec::<String>::new(), "findings");
    Ok(())
}
