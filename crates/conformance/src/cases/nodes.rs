//! Cases on nodes: the ledger reads exactly the values that it counted with.

use quipu_core::{Kind, Meeting, Node, Reading, RequestMark, Signal, Span, TextMark, Usage};

use super::cases;
use crate::ask;
use crate::outcome::same;
use crate::sample::{agent_run, at, batch, draft, trace_id};
use crate::{Outcome, Subject};

cases! { "nodes":
    [Store, Spans] of_an_unknown_trace_there_are_none,
    [Store, Spans] a_call_keeps_its_facts,
    [Store, Spans] other_spans_have_none,
    [Store, Spans] usage_on_any_kind_of_span_is_a_fact,
    [Store, Spans, Costs] of_a_whole_run,
    [Store, Spans, Costs] of_several_traces_in_the_order_asked,
    [Store, Spans] they_say_which_signal_told_and_where_it_meets,
    [Store, Spans] the_kept_copy_decides,
    [Store, Reopen, Spans] they_outlive_close,
}

async fn nodes_are(on: &Subject, trace: u64, spans: &[Span]) -> Outcome {
    let start = spans.last().map_or(at(0), |span| span.start);
    let mut lists = on.store()?.nodes(&[(trace_id(trace), start)]).await?;
    same!(lists.len(), 1, "lists for one trace");
    let mut have = lists.pop().unwrap_or_default();
    have.sort_by_key(|node| node.span_id);
    let mut want: Vec<_> = spans.iter().map(Node::of).collect();
    want.sort_by_key(|node| node.span_id);
    same!(have, want, "nodes of trace {trace}");
    Ok(())
}

async fn of_several_traces_in_the_order_asked(on: &Subject) -> Outcome {
    on.write(agent_run(3, 0)).await?;
    on.write(agent_run(3, 1)).await?;
    let asked = [(trace_id(2), at(60)), (trace_id(404), at(0)), (trace_id(1), at(0))];
    let lists = on.store()?.nodes(&asked).await?;
    let counts: Vec<_> = lists.iter().map(Vec::len).collect();
    same!(counts, vec![agent_run(3, 1).spans.len(), 0, agent_run(3, 0).spans.len()], "spans of each trace");
    same!(on.store()?.nodes(&[]).await?.len(), 0, "lists for no trace");
    Ok(())
}

async fn of_an_unknown_trace_there_are_none(on: &Subject) -> Outcome {
    nodes_are(on, 404, &[]).await
}

fn full(trace: u64, number: u64) -> Span {
    let call = draft(trace, number).below(9).llm("anthropic/claude", 10, 5).service("shop").failed("no");
    call.read(|read| {
        read.marks.text = TextMark::of(["an answer of more than twenty letters"].into_iter(), true);
        read.marks.request = RequestMark::of("req_011CSHoEeqs5C35K2UUqR7Fy", true);
        read.usage = Some(Usage {
            input: Some(10),
            cache_read: Some(4),
            output: Some(5),
            reasoning: Some(0),
            reading: Reading::Inferred,
            estimated: true,
            ..Usage::default()
        });
        read.reported_cost = "0.000000000000000000000007".parse().ok();
        read.never_count = true;
        read.framework = Some("crewai".into());
        read.agent = Some("writer".into());
        read.response_id = Some("resp_1".into());
        read.response_model = Some("claude-2026".into());
        read.service_tier = Some("flex".into());
    })
    .span()
}

async fn a_call_keeps_its_facts(on: &Subject) -> Outcome {
    let silent = draft(1, 3).llm("gpt-5", 1, 1).read(|read| read.error_type = Some("refused".into()));
    let spans = [full(1, 1), draft(1, 2).running().llm("gpt-5", 0, 0).span(), silent.span()];
    on.write(batch(spans.clone(), [])).await?;
    nodes_are(on, 1, &spans).await
}

async fn other_spans_have_none(on: &Subject) -> Outcome {
    let spans =
        [draft(1, 1).agent("boss").span(), draft(1, 2).tool("search").below(1).span(), draft(1, 3).span()];
    on.write(batch(spans.clone(), [])).await?;
    nodes_are(on, 1, &spans).await
}

async fn usage_on_any_kind_of_span_is_a_fact(on: &Subject) -> Outcome {
    let with_usage = |number: u64, kind: Kind| {
        let usage = Usage { input: Some(number), ..Usage::default() };
        draft(1, number).read(|read| (read.kind, read.usage) = (kind, Some(usage))).span()
    };
    let spans: Vec<_> = (1..).zip(Kind::ALL).map(|(number, kind)| with_usage(number, kind)).collect();
    on.write(batch(spans.clone(), [])).await?;
    nodes_are(on, 1, &spans).await
}

async fn of_a_whole_run(on: &Subject) -> Outcome {
    let run = agent_run(3, 4);
    on.write(run.clone()).await?;
    nodes_are(on, 5, &run.spans).await
}

async fn they_say_which_signal_told_and_where_it_meets(on: &Subject) -> Outcome {
    let meetings = [i64::MIN, -1, 0, 1, i64::MAX].map(Meeting::from_number);
    let made = |(number, (signal, meeting)): (u64, (Signal, Meeting))| {
        draft(1, number).llm("gpt-5", 1, 1).made_of(signal).meets(meeting).span()
    };
    let mut spans: Vec<_> = (1..).zip(Signal::ALL.into_iter().zip(meetings)).map(made).collect();
    spans.push(draft(1, 6).made_of(Signal::Log).span());
    on.write(batch(spans.clone(), [])).await?;
    nodes_are(on, 1, &spans).await
}

async fn the_kept_copy_decides(on: &Subject) -> Outcome {
    let ended = draft(1, 1).llm("gpt-5", 10, 5).span();
    on.write(batch([draft(1, 1).llm("gpt-5", 1, 0).running().span()], [])).await?;
    on.write(batch([ended.clone()], [])).await?;
    on.write(batch([draft(1, 1).llm("gpt-5", 2, 0).running().span()], [])).await?;
    nodes_are(on, 1, &[ended]).await
}

async fn they_outlive_close(on: &Subject) -> Outcome {
    let echo = draft(1, 3).llm("gpt-5", 1, 1).made_of(Signal::Log).meets(Meeting::of("sample", "s"));
    let spans = [full(1, 1), draft(1, 2).tool("search").span(), echo.span()];
    on.write(batch(spans.clone(), [])).await?;
    let again = on.reopened().await?;
    nodes_are(&again, 1, &spans).await?;
    same!(ask::trace(again.store()?, 1).await?.spans, 2, "spans, without the one that does not count");
    Ok(())
}
