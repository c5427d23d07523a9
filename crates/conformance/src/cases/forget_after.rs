//! Cases after a removal of traces: their later records, other data, and a reopened store.

use quipu_core::{
    Batch, Cost, Exemplar, Instrument, Meeting, MetricAggregate, MetricQuery, Signal, Timestamp, TraceFilter,
    UsageTotals,
};

use super::cases;
use super::everything::{everything, is_as};
use super::forget::{finds, forget, is_gone, twins};
use crate::ask;
use crate::outcome::{check, same};
use crate::sample::{Draft, at, batch, cost, draft, metric, priced, span_id, trace_id};
use crate::{Outcome, Subject};

cases! { "forget":
    [Store, Spans, Costs, Forgetting] spans_that_come_later_make_it_anew,
    [Store, Spans, Costs, Forgetting] a_row_of_a_forgotten_span_is_refused,
    [Store, Spans, Events, Forgetting] the_same_event_may_come_again,
    [Store, Spans, Forgetting] its_meetings_have_the_others,
    [Store, Metrics, Forgetting] points_that_name_it_stay,
    [Store, Spans, Forgetting] whoever_remembers_is_told,
    [Store, Reopen, Spans, Costs, Events, Forgetting] it_is_gone_after_close,
    [Store, Reopen, Spans, Forgetting] spans_after_close_are_not_taken_for_old_ones,
}

async fn spans_that_come_later_make_it_anew(on: &Subject) -> Outcome {
    on.write(twins()).await?;
    forget(on, &[1]).await?;
    // The late span may be on another day, because no index has the old one.
    let late =
        draft(1, 2).named("late").llm("openai/gpt-5", 7, 1).starts(at(0).plus(5 * Timestamp::DAY)).span();
    on.write(batch([late.clone()], [priced(&late, "2")])).await?;
    let store = on.store()?;
    let row = ask::trace(store, 1).await?;
    same!(
        (row.name.as_str(), row.spans, row.llm_calls, row.tokens.total()),
        ("late", 1, 1, 8),
        "the new one"
    );
    same!((row.session, row.tags.len(), row.agents.len()), (None::<String>, 0, 0), "what the old one said");
    same!(row.started_at, late.start, "its start");
    same!(ask::total(store, TraceFilter::default()).await?.llm_calls, 2, "calls of both");
    same!(forget(on, &[1, 2]).await?, 2, "traces forgotten");
    same!(ask::total(store, TraceFilter::default()).await?, UsageTotals::default(), "usage left");
    on.write(twins()).await?;
    same!(ask::trace(store, 1).await?.spans, 3, "spans when all came again");
    same!(on.findings().await?, Vec::<String>::new(), "findings");
    Ok(())
}

async fn a_row_of_a_forgotten_span_is_refused(on: &Subject) -> Outcome {
    let span = draft(1, 1).llm("openai/gpt-5", 1, 1).span();
    on.write(batch([span.clone()], [cost(&span)])).await?;
    forget(on, &[1]).await?;
    let late = Cost { version: 2, ..priced(&span, "1") };
    check!(on.write(batch([], [late])).await.is_err(), "a row of a span that is gone was taken");
    same!(ask::total(on.store()?, TraceFilter::default()).await?, UsageTotals::default(), "usage");
    Ok(())
}

async fn the_same_event_may_come_again(on: &Subject) -> Outcome {
    let whole = twins();
    on.write(whole.clone()).await?;
    forget(on, &[1]).await?;
    on.write(Batch { events: whole.events, ..Batch::default() }).await?;
    same!(on.store()?.events(&ask::every_event()).await?.rows.len(), 2, "events");
    Ok(())
}

async fn its_meetings_have_the_others(on: &Subject) -> Outcome {
    let meeting = Meeting::of("forget", "here");
    let met = |trace: u64, number: u64| draft(trace, number).made_of(Signal::Log).meets(meeting).span();
    let far = Draft::from(met(3, 1)).starts(at(6 * 3_600)).span();
    on.write(batch([met(1, 1), met(1, 2), met(2, 1), far], [])).await?;
    forget(on, &[1]).await?;
    let asked = [(meeting, at(1))];
    let ids = async || {
        let lists = on.store()?.meeting_traces(&asked).await?;
        let mut ids: Vec<_> = lists.concat().into_iter().map(|(id, _)| id).collect();
        ids.sort_unstable();
        Outcome::Ok(ids)
    };
    same!(ids().await?, ask::ids(&[2, 3]), "traces that meet");
    on.write(batch([draft(1, 3).span()], [])).await?;
    same!(ids().await?, ask::ids(&[2, 3]), "when the trace is there again, without the meeting");
    same!(on.findings().await?, Vec::<String>::new(), "findings");
    Ok(())
}

async fn points_that_name_it_stay(on: &Subject) -> Outcome {
    let mut load = metric("load", Instrument::Gauge, "a", &[(at(1), 2.0), (at(2), 4.0)]);
    load.points[0].exemplars =
        vec![Exemplar { time: at(1), trace_id: trace_id(1), span_id: span_id(1), value: 2.0 }];
    on.write(Batch { metrics: vec![load], ..Batch::default() }).await?;
    same!(forget(on, &[1]).await?, 0, "traces of which there is a span or an event");
    let query = MetricQuery { step: 60 * Timestamp::SECOND, ..MetricQuery::of("load", MetricAggregate::Sum) };
    let series = on.store()?.metric(&query).await?;
    same!(series.iter().map(|series| series.points.clone()).collect::<Vec<_>>(), [[(at(0), 6.0)]], "points");
    Ok(())
}

async fn whoever_remembers_is_told(on: &Subject) -> Outcome {
    on.write(batch([draft(1, 1).span()], [])).await?;
    let before = on.forgetting()?.removals();
    on.write(batch([draft(2, 1).span()], [])).await?;
    same!(on.forgetting()?.removals(), before, "removals before any");
    forget(on, &[1]).await?;
    check!(on.forgetting()?.removals() != before, "a trace was removed and nobody was told");
    Ok(())
}

async fn it_is_gone_after_close(on: &Subject) -> Outcome {
    on.write(twins()).await?;
    forget(on, &[1]).await?;
    let before = everything(on.store()?).await?;
    let again = on.reopened().await?;
    let store = again.store()?;
    is_gone(store, trace_id(1)).await?;
    is_as(store, &before).await?;
    again.write(twins()).await?;
    same!(ask::total(store, TraceFilter::default()).await?.llm_calls, 2, "calls when it came again");
    same!(store.info().await?.spans, 6, "spans then");
    Ok(())
}

async fn spans_after_close_are_not_taken_for_old_ones(on: &Subject) -> Outcome {
    on.write(batch(
        [draft(1, 1).with("prompt", "first").span(), draft(2, 1).with("prompt", "second").span()],
        [],
    ))
    .await?;
    finds(on, "second", &[2]).await?;
    // The span that was stored last.
    forget(on, &[2]).await?;
    let again = on.reopened().await?;
    again.write(batch([draft(3, 1).with("prompt", "third").span()], [])).await?;
    finds(&again, "third", &[3]).await?;
    finds(&again, "second", &[]).await?;
    same!(again.store()?.info().await?.spans, 2, "spans");
    Ok(())
}
