//! Cases on the guarantees of a write: all or nothing, and a repeated write changes nothing.

use std::sync::Arc;

use quipu_core::{
    Batch, CostSink as _, Detail, ErrorKind, EventSink as _, Level, MetricSink as _, Sort, Span,
    SpanSink as _, TraceFilter, TraceRow,
};

use super::cases;
use crate::ask;
use crate::outcome::{check, same};
use crate::sample::{Random, agent_runs, at, batch, counter, draft, event, priced, trace_id};
use crate::{Failure, Outcome, Subject};

cases! { "write":
    [] an_empty_batch_is_fine,
    [Spans] spans_are_taken,
    [Events] events_are_taken,
    [Metrics] metrics_are_taken,
    [Spans, Costs] costs_are_taken,
    [Store, Spans] what_is_acknowledged_can_be_asked_for,
    [Store, Spans, Costs] a_batch_is_kept_whole_or_not_at_all,
    [Store, Spans, Costs, Events, Metrics] the_same_batch_again_changes_nothing,
    [Store, Spans] a_span_may_repeat_within_a_batch,
    [Store, Spans] an_ended_copy_wins_over_a_running_one,
    [Store, Spans] the_copy_that_ends_later_wins,
    [Store, Spans] the_copy_with_more_content_wins,
    [Store, Spans] equal_rivals_are_settled_alike_in_any_order,
    [Store, Spans, Costs] the_order_of_batches_does_not_matter,
    [Store, Spans] the_same_span_id_in_two_traces_is_two_spans,
    [Store, Spans] ten_thousand_spans_in_one_batch,
    [Store, Spans] batches_at_the_same_time_are_all_kept,
    [Store, Spans, Costs, Forgetting] purge_removes_whole_days,
}

async fn an_empty_batch_is_fine(on: &Subject) -> Outcome {
    on.write(Batch::default()).await
}

async fn spans_are_taken(on: &Subject) -> Outcome {
    on.backend.write_spans(&[]).await?;
    Ok(on.backend.write_spans(&agent_runs(1, 3).spans).await?)
}

async fn events_are_taken(on: &Subject) -> Outcome {
    on.backend.write_events(&[]).await?;
    Ok(on.backend.write_events(&[event(at(1), Level::Error, "a", "b")]).await?)
}

async fn metrics_are_taken(on: &Subject) -> Outcome {
    on.backend.write_metrics(&[]).await?;
    Ok(on.backend.write_metrics(&[counter("requests", "a", &[(at(1), 2.0)])]).await?)
}

async fn costs_are_taken(on: &Subject) -> Outcome {
    let runs = agent_runs(1, 3);
    on.backend.write_spans(&runs.spans).await?;
    on.backend.write_costs(&[]).await?;
    Ok(on.backend.write_costs(&runs.costs).await?)
}

async fn what_is_acknowledged_can_be_asked_for(on: &Subject) -> Outcome {
    for number in 1..=20 {
        on.write(batch([draft(number, number).span()], [])).await?;
        same!(ask::trace(on.store()?, number).await?.spans, 1, "spans of trace {number}");
    }
    Ok(())
}

async fn a_batch_is_kept_whole_or_not_at_all(on: &Subject) -> Outcome {
    let (known, stranger) = (draft(1, 1).llm("gpt-5", 1, 1).span(), draft(9, 9).llm("gpt-5", 1, 1).span());
    let bad = batch([known.clone()], [priced(&known, "1"), priced(&stranger, "1")]);
    let Err(error) = on.backend.write(Arc::new(bad)).await else {
        return Err(Failure::new("a cost of an unknown span was taken"));
    };
    same!(error.kind(), ErrorKind::Invalid, "kind of error");
    check!(on.store()?.trace(trace_id(1)).await?.is_none(), "the span of the refused batch was kept");
    on.write(batch([known.clone()], [priced(&known, "1")])).await?;
    same!(ask::trace(on.store()?, 1).await?.llm_calls, 1, "calls");
    Ok(())
}

async fn the_same_batch_again_changes_nothing(on: &Subject) -> Outcome {
    let mut all = agent_runs(5, 12);
    all.metrics.push(counter("requests", "a", &[(at(1), 1.0), (at(61), 4.0)]));
    on.write(all.clone()).await?;
    let store = on.store()?;
    let before = state(on).await?;
    let series = store.metrics().await?;
    on.write(all).await?;
    same!(state(on).await?, before, "traces");
    same!(store.metrics().await?, series, "metrics");
    same!(store.events(&ask::every_event()).await?.rows.len(), 12, "events");
    Ok(())
}

async fn state(on: &Subject) -> Outcome<Vec<TraceRow>> {
    ask::all_traces(on.store()?, &TraceFilter::default(), Sort::Oldest, 100).await
}

async fn a_span_may_repeat_within_a_batch(on: &Subject) -> Outcome {
    let ended = draft(1, 1).named("ended").span();
    on.write(batch([draft(1, 1).running().span(), ended.clone(), draft(1, 1).running().span()], [])).await?;
    same!(ask::trace(on.store()?, 1).await?.spans, 1, "spans");
    same!(ask::raw(on.store()?, 1, 1).await?, ended, "the span");
    Ok(())
}

/// Writes two copies of one span in both orders, to two traces. The second copy must win in both.
async fn winner(on: &Subject, make: impl Fn(u64) -> (Span, Span)) -> Outcome {
    for (trace, swapped) in [(1, false), (2, true)] {
        let (worse, better) = make(trace);
        let (first, second) = if swapped { (better.clone(), worse) } else { (worse, better.clone()) };
        on.write(batch([first], [])).await?;
        on.write(batch([second], [])).await?;
        let want = Span { canonical: Box::default(), ..better };
        same!(
            ask::raw(on.store()?, trace, 1).await?,
            want,
            "the copy kept (the better one came first: {swapped})"
        );
    }
    Ok(())
}

async fn an_ended_copy_wins_over_a_running_one(on: &Subject) -> Outcome {
    winner(on, |trace| {
        (draft(trace, 1).running().with("a", "b").with("c", "d").span(), draft(trace, 1).span())
    })
    .await
}

async fn the_copy_that_ends_later_wins(on: &Subject) -> Outcome {
    winner(on, |trace| (draft(trace, 1).lasts(5).with("a", "b").span(), draft(trace, 1).lasts(6).span()))
        .await
}

async fn the_copy_with_more_content_wins(on: &Subject) -> Outcome {
    winner(on, |trace| {
        let mut better = draft(trace, 1).with("a", "1").span();
        better.events.push(quipu_core::SpanEvent { time: at(1), name: "e".into(), ..Default::default() });
        (draft(trace, 1).with("z", "2").span(), better)
    })
    .await
}

async fn equal_rivals_are_settled_alike_in_any_order(on: &Subject) -> Outcome {
    let copy = |trace: u64, name: &str| draft(trace, 1).named(name).span();
    for (trace, names) in [(1, ["b", "a", "c"]), (2, ["c", "b", "a"]), (3, ["a", "c", "b"])] {
        for name in names {
            on.write(batch([copy(trace, name)], [])).await?;
        }
    }
    let first = ask::raw(on.store()?, 1, 1).await?.name;
    for trace in [2, 3] {
        same!(ask::raw(on.store()?, trace, 1).await?.name, first, "the copy kept of trace {trace}");
    }
    Ok(())
}

async fn the_order_of_batches_does_not_matter(on: &Subject) -> Outcome {
    let mut spans = agent_runs(7, 10).spans;
    let costs = agent_runs(7, 10).costs;
    Random::new(3).shuffle(&mut spans);
    for part in spans.chunks(7) {
        on.write(batch(part, [])).await?;
    }
    on.write(batch([], costs)).await?;
    let shuffled = state(on).await?;
    on.write(agent_runs(7, 10)).await?;
    same!(state(on).await?, shuffled, "traces");
    let calls: u64 = shuffled.iter().map(|row| row.llm_calls).sum();
    same!(ask::total(on.store()?, TraceFilter::default()).await?.llm_calls, calls, "calls");
    Ok(())
}

async fn the_same_span_id_in_two_traces_is_two_spans(on: &Subject) -> Outcome {
    on.write(batch([draft(1, 7).named("one").span(), draft(2, 7).named("two").span()], [])).await?;
    same!(ask::raw(on.store()?, 1, 7).await?.name, "one", "name in trace 1");
    same!(ask::raw(on.store()?, 2, 7).await?.name, "two", "name in trace 2");
    Ok(())
}

async fn ten_thousand_spans_in_one_batch(on: &Subject) -> Outcome {
    let spans: Vec<_> = (1..=10_000).map(|number| draft(1 + number % 10, number).span()).collect();
    on.write(batch(spans, [])).await?;
    let rows = state(on).await?;
    same!(rows.iter().map(|row| row.spans).collect::<Vec<_>>(), vec![1_000; 10], "spans of each trace");
    let spans = ask::all_spans(on.store()?, trace_id(1), Detail::Full, 400).await?;
    same!(spans.len(), 1_000, "spans given back");
    Ok(())
}

async fn batches_at_the_same_time_are_all_kept(on: &Subject) -> Outcome {
    let mut writers = Vec::new();
    for writer in 1..=8_u64 {
        let on = on.clone();
        writers.push(tokio::spawn(async move {
            for number in 1..=25 {
                on.write(batch([draft(number % 5 + 1, writer * 100 + number).span()], [])).await?;
            }
            Outcome::Ok(())
        }));
    }
    for writer in writers {
        writer.await.map_err(|stopped| Failure::new(format!("a writer stopped: {stopped}")))??;
    }
    let rows = state(on).await?;
    same!(rows.iter().map(|row| row.spans).collect::<Vec<_>>(), vec![40; 5], "spans of each trace");
    Ok(())
}

async fn purge_removes_whole_days(on: &Subject) -> Outcome {
    const DAY: i64 = quipu_core::Timestamp::DAY;
    let store = on.store()?;
    for day in 0..4_u64 {
        let start = at(0).plus(i64::try_from(day).unwrap_or(0) * DAY);
        let call = draft(day + 1, 1).starts(start).llm("gpt-5", 10, 1).span();
        on.write(batch([call.clone()], [priced(&call, "1")])).await?;
    }
    same!(store.info().await?.days, 4, "days before");
    same!(on.forgetting()?.purge(at(0)).await?, 0, "days removed before the first ended");
    same!(on.forgetting()?.purge(at(0).plus(2 * DAY)).await?, 2, "days removed");
    same!(ask::picked(store, TraceFilter::default()).await?, ask::ids(&[3, 4]), "traces left");
    same!(ask::total(store, TraceFilter::default()).await?.llm_calls, 2, "calls left");
    same!(store.info().await?.days, 2, "days left");
    same!(on.forgetting()?.purge(at(0).plus(2 * DAY)).await?, 0, "days removed by the same purge again");
    Ok(())
}
