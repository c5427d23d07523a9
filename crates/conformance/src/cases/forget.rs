//! Cases on the removal of traces: nothing of them remains, and nothing else changes.

use quipu_core::{
    Batch, Cost, Detail, FacetField, GroupBy, Instrument, Level, Rule, SessionQuery, Span, Store, Timestamp,
    TraceFilter, TraceId, UsageQuery, UsageTotals, Usd,
};

use super::cases;
use super::everything::{everything, is_as};
use crate::ask;
use crate::outcome::{check, same};
use crate::questions::FIELDS;
use crate::sample::{agent_run, at, batch, cost, draft, event, metric, priced, span_id, trace_id};
use crate::{Outcome, Subject};

cases! { "forget":
    [Store, Spans, Costs, Events, Forgetting] a_trace_is_gone_with_all_its_parts,
    [Store, Spans, Costs, Events, Metrics, Forgetting] every_answer_is_as_if_they_had_never_been,
    [Store, Spans, Forgetting] its_words_are_found_no_more,
    [Store, Spans, Forgetting] words_that_wait_for_the_index_are_never_found,
    [Store, Spans, Costs, Forgetting] sums_of_its_hours_models_and_tools_are_taken_back,
    [Store, Spans, Costs, Forgetting] forgetting_again_changes_nothing,
    [Store, Forgetting] traces_that_are_unknown_are_none,
    [Store, Spans, Forgetting] each_is_told_once,
    [Store, Events, Forgetting] events_alone_are_forgotten_too,
    [Store, Spans, Events, Forgetting] events_and_spans_of_other_days,
    [Store, Spans, Costs, Forgetting] what_was_corrected_is_taken_back_as_it_is_now,
    [Store, Spans, Costs, Forgetting] what_sampling_left_out_is_forgotten_too,
}

pub(super) async fn forget(on: &Subject, numbers: &[u64]) -> Outcome<u64> {
    Ok(on.forgetting()?.forget(&ask::ids(numbers)).await?)
}

pub(super) fn twins() -> Batch {
    alike([1, 2])
}

/// Two traces of the same hour, with the same models, tools and names.
fn alike(traces: [u64; 2]) -> Batch {
    let mut whole = Batch::default();
    for trace in traces {
        let spans = [
            draft(trace, 1)
                .named("trip")
                .agent("amy")
                .service("shop")
                .session("s")
                .user("u")
                .tag("beta")
                .span(),
            draft(trace, 2).below(1).llm("openai/gpt-5", 100, 10).service("shop").span(),
            draft(trace, 3).below(1).tool("search").failed("no answer").span(),
        ];
        let costs = [priced(&spans[1], "0.25"), cost(&spans[2])];
        whole.append(batch(spans, costs));
        let mut note = event(at(5), Level::Info, "run.done", &format!("done {trace}"));
        note.trace_id = Some(trace_id(trace));
        note.session = Some("s".into());
        whole.events.push(note);
    }
    whole
}

pub(super) async fn is_gone(store: &dyn Store, id: TraceId) -> Outcome {
    same!(store.trace(id).await?, None::<quipu_core::TraceRow>, "the trace");
    same!(ask::all_spans(store, id, Detail::Full, 10).await?.len(), 0, "its spans");
    same!(store.events(&quipu_core::EventQuery::of(id)).await?.rows.len(), 0, "its events");
    same!(store.nodes(&[(id, at(1))]).await?, vec![Vec::<quipu_core::Node>::new()], "what the count is told");
    let rows = ask::all_costs(store, &TraceFilter::default(), 100).await?;
    check!(rows.iter().all(|row| row.cost.trace_id != id), "there is a ledger row of trace {id}");
    Ok(())
}

async fn a_trace_is_gone_with_all_its_parts(on: &Subject) -> Outcome {
    on.write(twins()).await?;
    same!(forget(on, &[1]).await?, 1, "traces forgotten");
    let store = on.store()?;
    is_gone(store, trace_id(1)).await?;
    for number in 1..=3 {
        same!(store.span(trace_id(1), span_id(number)).await?.is_none(), true, "span {number}");
    }
    same!(ask::picked(store, TraceFilter::default()).await?, ask::ids(&[2]), "traces left");
    same!(store.events(&ask::every_event()).await?.rows.len(), 1, "events left");
    same!(store.info().await?.spans, 3, "spans left");
    same!(on.findings().await?, Vec::<String>::new(), "findings");
    Ok(())
}

async fn every_answer_is_as_if_they_had_never_been(on: &Subject) -> Outcome {
    let run = |number: u64| agent_run(31, number);
    // Every third trace is never removed. All share hours, models, tools, sessions and names.
    let (kept, gone): (Vec<u64>, Vec<u64>) = (0..24).partition(|number| number % 3 == 0);
    for number in kept {
        on.write(run(number)).await?;
    }
    on.write(alike([101, 102])).await?;
    on.write(Batch {
        metrics: vec![metric("load", Instrument::Gauge, "a", &[(at(1), 2.0)])],
        ..Batch::default()
    })
    .await?;
    let store = on.store()?;
    let before = everything(store).await?;
    let mut ids = Vec::new();
    for batch in gone.into_iter().map(run).chain([alike([201, 202])]) {
        ids.extend(batch.spans.iter().map(|span| span.trace_id));
        on.write(batch).await?;
    }
    let with_all = everything(store).await?;
    check!(with_all != before, "what was added shows in no answer");
    let (some, rest) = ids.split_at(ids.len() / 2);
    on.forgetting()?.forget(some).await?;
    check!(everything(store).await? != before, "some are there still");
    on.forgetting()?.forget(rest).await?;
    is_as(store, &before).await
}

fn q(words: &str) -> TraceFilter {
    TraceFilter { q: Some(words.to_owned()), ..TraceFilter::default() }
}

pub(super) async fn finds(on: &Subject, words: &str, want: &[u64]) -> Outcome {
    let store = on.store()?;
    let found = || async { Ok(ask::picked(store, q(words)).await? == ask::ids(want)) };
    ask::eventually(&format!("traces {want:?} for {words:?}"), found).await
}

async fn its_words_are_found_no_more(on: &Subject) -> Outcome {
    let spans = [
        draft(1, 1).with("prompt", "the kraken woke").span(),
        draft(1, 2).below(1).with("prompt", "the kraken slept").span(),
        draft(2, 1).with("prompt", "a kraken, too").span(),
    ];
    on.write(batch(spans, [])).await?;
    finds(on, "kraken", &[1, 2]).await?;
    forget(on, &[1]).await?;
    same!(ask::picked(on.store()?, q("kraken")).await?, ask::ids(&[2]), "traces with a word, at once");
    same!(ask::picked(on.store()?, q("slept")).await?, ask::ids(&[]), "traces with a word of it alone");
    // New spans have separate numbers.
    on.write(batch([draft(3, 1).span(), draft(3, 2).span(), draft(3, 3).with("prompt", "new").span()], []))
        .await?;
    finds(on, "new", &[3]).await?;
    finds(on, "kraken", &[2]).await?;
    finds(on, "woke", &[]).await
}

async fn words_that_wait_for_the_index_are_never_found(on: &Subject) -> Outcome {
    for round in 1..=8_u64 {
        let spans: Vec<Span> =
            (1..=20).map(|number| draft(round, number).with("prompt", "ephemeral").span()).collect();
        on.write(batch(spans, [])).await?;
        forget(on, &[round]).await?;
        same!(ask::picked(on.store()?, q("ephemeral")).await?, ask::ids(&[]), "traces with the word");
    }
    on.write(batch([draft(99, 1).with("prompt", "lasting").span()], [])).await?;
    finds(on, "lasting", &[99]).await?;
    finds(on, "ephemeral", &[]).await
}

async fn sums_of_its_hours_models_and_tools_are_taken_back(on: &Subject) -> Outcome {
    on.write(twins()).await?;
    let store = on.store()?;
    let whole = ask::total(store, TraceFilter::default()).await?;
    same!(
        (whole.llm_calls, whole.tokens.total(), whole.latency.count()),
        (2, 220, 2),
        "calls, tokens, latencies"
    );
    forget(on, &[1]).await?;
    let half = ask::total(store, TraceFilter::default()).await?;
    same!((half.llm_calls, half.tokens.total(), half.latency.count()), (1, 110, 1), "what is left of them");
    same!(half.cost, "0.25".parse::<Usd>().ok(), "cost left");
    for by in
        [GroupBy::Model, GroupBy::Hour, GroupBy::Service, GroupBy::Agent, GroupBy::Tag, GroupBy::Session]
    {
        let query = UsageQuery { filter: TraceFilter::default(), group_by: vec![by] };
        let groups = ask::groups(store, &query).await?;
        same!(groups.iter().map(|(_, totals)| totals).collect::<Vec<_>>(), [&half], "usage by {by:?}");
    }
    let tools = store.tools(&TraceFilter::default()).await?;
    same!(tools.iter().map(|tool| (tool.calls, tool.errors)).collect::<Vec<_>>(), [(1, 1)], "tool runs left");
    let facets = store.facets(FacetField::Tag, &TraceFilter::default(), 10).await?;
    same!(facets.iter().map(|facet| facet.traces).collect::<Vec<_>>(), [1], "traces left with the tag");
    forget(on, &[2]).await?;
    same!(ask::total(store, TraceFilter::default()).await?, UsageTotals::default(), "usage of nothing");
    same!(store.tools(&TraceFilter::default()).await?.len(), 0, "tools");
    for field in FIELDS {
        same!(store.facets(field, &TraceFilter::default(), 10).await?.len(), 0, "values of {field:?}");
    }
    let info = store.info().await?;
    same!((info.spans, info.days), (0, 0), "spans and days");
    Ok(())
}

async fn forgetting_again_changes_nothing(on: &Subject) -> Outcome {
    on.write(twins()).await?;
    same!(forget(on, &[1]).await?, 1, "traces forgotten");
    let before = everything(on.store()?).await?;
    same!(forget(on, &[1]).await?, 0, "traces forgotten again");
    is_as(on.store()?, &before).await
}

async fn traces_that_are_unknown_are_none(on: &Subject) -> Outcome {
    same!(forget(on, &[]).await?, 0, "no trace at all");
    same!(forget(on, &[1, 2]).await?, 0, "unknown traces");
    let empty = on.store()?.info().await?;
    same!((empty.spans, empty.days), (0, 0), "spans and days");
    Ok(())
}

async fn each_is_told_once(on: &Subject) -> Outcome {
    on.write(batch([draft(1, 1).span(), draft(2, 1).span()], [])).await?;
    same!(forget(on, &[2, 1, 9, 2, 1]).await?, 2, "traces forgotten");
    same!(ask::picked(on.store()?, TraceFilter::default()).await?, ask::ids(&[]), "traces left");
    Ok(())
}

async fn events_alone_are_forgotten_too(on: &Subject) -> Outcome {
    let mut list = vec![event(at(1), Level::Info, "a", "one"), event(at(2), Level::Info, "b", "two")];
    list[0].trace_id = Some(trace_id(1));
    on.write(Batch { events: list.clone(), ..Batch::default() }).await?;
    same!(forget(on, &[1]).await?, 1, "traces forgotten");
    same!(on.store()?.events(&ask::every_event()).await?.rows, list[1..].to_vec(), "events left");
    Ok(())
}

async fn events_and_spans_of_other_days(on: &Subject) -> Outcome {
    const DAY: i64 = Timestamp::DAY;
    let spans = [
        draft(1, 1).starts(at(0)).span(),
        draft(1, 2).below(1).starts(at(0).plus(DAY)).span(),
        draft(1, 3).below(1).starts(at(0).plus(9 * DAY)).span(),
        draft(2, 1).starts(at(0).plus(DAY)).span(),
    ];
    on.write(batch(spans, [])).await?;
    for (day, trace) in [(0, 1), (3, 1), (12, 1), (3, 2)] {
        let mut note = event(at(0).plus(day * DAY), Level::Info, "n", &format!("of trace {trace}"));
        note.trace_id = Some(trace_id(trace));
        on.write(Batch { events: vec![note], ..Batch::default() }).await?;
    }
    same!(forget(on, &[1]).await?, 1, "traces forgotten");
    let store = on.store()?;
    is_gone(store, trace_id(1)).await?;
    same!(ask::picked(store, TraceFilter::default()).await?, ask::ids(&[2]), "traces left");
    same!(store.events(&ask::every_event()).await?.rows.len(), 1, "events left");
    same!(store.info().await?.spans, 1, "spans left");
    Ok(())
}

async fn what_was_corrected_is_taken_back_as_it_is_now(on: &Subject) -> Outcome {
    on.write(twins()).await?;
    let call = draft(1, 2).below(1).llm("openai/gpt-5", 100, 10).service("shop").span();
    let row = |version: u64, usd: &str| Cost { version, ..priced(&call, usd) };
    on.write(batch([], [row(2, "3")])).await?;
    on.write(batch([], [Cost { rule: Rule::Repeats, amount: None, ..row(3, "0") }])).await?;
    on.write(batch([], [Cost { agent: Some("bob".into()), time: at(7_300), ..row(4, "5") }])).await?;
    let longer =
        draft(1, 2).below(1).llm("openai/gpt-5", 100, 10).service("shop").tag("late").lasts(9).span();
    on.write(batch([Span { end: Some(longer.start.plus(9 * Timestamp::SECOND)), ..longer }], [])).await?;
    forget(on, &[1]).await?;
    let store = on.store()?;
    let left = ask::total(store, TraceFilter::default()).await?;
    same!((left.llm_calls, left.cost), (1, "0.25".parse::<Usd>().ok()), "calls and cost left");
    let query = UsageQuery { filter: TraceFilter::default(), group_by: vec![GroupBy::Agent, GroupBy::Hour] };
    same!(ask::groups(store, &query).await?.len(), 1, "groups left");
    same!(on.findings().await?, Vec::<String>::new(), "findings");
    Ok(())
}

async fn what_sampling_left_out_is_forgotten_too(on: &Subject) -> Outcome {
    let mut whole = twins();
    let left_out = whole.spans.iter_mut().filter(|span| span.trace_id == trace_id(1));
    left_out.for_each(|span| span.attributes = [(Span::SAMPLED, false)].into_iter().collect());
    on.write(whole).await?;
    same!(ask::total(on.store()?, TraceFilter::default()).await?.llm_calls, 2, "calls");
    same!(forget(on, &[1]).await?, 1, "traces forgotten");
    same!(ask::total(on.store()?, TraceFilter::default()).await?.llm_calls, 1, "calls left");
    let sessions = on.store()?.sessions(&SessionQuery::default()).await?.rows;
    same!(sessions.iter().map(|row| row.traces).collect::<Vec<_>>(), [1], "traces of the session");
    Ok(())
}
