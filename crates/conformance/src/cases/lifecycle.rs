//! Cases on opening and closing, and on the data that remains.

use quipu_core::{Batch, Health, TraceFilter};

use super::cases;
use crate::ask;
use crate::outcome::{check, same};
use crate::sample::{agent_runs, at, batch, draft, event, priced};
use crate::{Outcome, Subject};

cases! { "lifecycle":
    [] it_has_a_name,
    [] it_is_ready_when_fresh,
    [] flush_of_nothing_is_fine,
    [Spans] flush_after_a_write_is_fine,
    [] closing_twice_is_fine,
    [Store] a_fresh_store_is_empty,
    [Store, Spans] info_counts_spans,
    [Store, Reopen, Spans, Costs] spans_and_costs_outlive_close,
    [Store, Reopen, Spans] a_late_span_joins_its_trace_after_reopening,
    [Store, Reopen, Events, Metrics] events_and_metrics_outlive_close,
    [Store, Reopen, Events] event_numbers_go_on_after_reopening,
}

async fn it_has_a_name(on: &Subject) -> Outcome {
    check!(!on.backend.name().is_empty(), "its name is empty");
    Ok(())
}

async fn it_is_ready_when_fresh(on: &Subject) -> Outcome {
    same!(on.backend.health(), Health::Ready, "health");
    Ok(())
}

async fn flush_of_nothing_is_fine(on: &Subject) -> Outcome {
    Ok(on.backend.flush().await?)
}

async fn flush_after_a_write_is_fine(on: &Subject) -> Outcome {
    on.write(batch([draft(1, 1).span()], [])).await?;
    on.backend.flush().await?;
    Ok(on.backend.flush().await?)
}

async fn closing_twice_is_fine(on: &Subject) -> Outcome {
    on.backend.close().await?;
    Ok(on.backend.close().await?)
}

async fn a_fresh_store_is_empty(on: &Subject) -> Outcome {
    let store = on.store()?;
    same!(ask::picked(store, TraceFilter::default()).await?, ask::ids(&[]), "traces");
    same!(store.metrics().await?.len(), 0, "metrics");
    same!(store.events(&ask::every_event()).await?.rows.len(), 0, "events");
    let info = store.info().await?;
    same!((info.spans, info.days), (0, 0), "spans and days");
    check!(!info.uri.is_empty(), "its URI is empty");
    Ok(())
}

async fn info_counts_spans(on: &Subject) -> Outcome {
    let first = draft(1, 1).span();
    on.write(batch([first.clone(), draft(1, 2).span(), draft(2, 3).span()], [])).await?;
    on.write(batch([first], [])).await?;
    let info = on.store()?.info().await?;
    same!((info.spans, info.days), (3, 1), "spans and days");
    check!(info.bytes > 0, "no bytes for three spans");
    Ok(())
}

async fn spans_and_costs_outlive_close(on: &Subject) -> Outcome {
    let runs = agent_runs(11, 20);
    on.write(runs.clone()).await?;
    let filter = TraceFilter::default();
    let before = ask::all_traces(on.store()?, &filter, quipu_core::Sort::Newest, 100).await?;
    let total = ask::total(on.store()?, filter.clone()).await?;
    let again = on.reopened().await?;
    let store = again.store()?;
    same!(ask::all_traces(store, &filter, quipu_core::Sort::Newest, 100).await?, before, "traces");
    same!(ask::total(store, filter).await?, total, "usage");
    same!(store.info().await?.spans, runs.spans.len(), "spans");
    again.write(runs).await?;
    same!(ask::total(store, TraceFilter::default()).await?, total, "usage after the same batch again");
    Ok(())
}

async fn a_late_span_joins_its_trace_after_reopening(on: &Subject) -> Outcome {
    let call = draft(1, 2).below(1).llm("gpt-5", 10, 5).span();
    on.write(batch([call.clone()], [priced(&call, "0.01")])).await?;
    let again = on.reopened().await?;
    again.write(batch([draft(1, 1).named("late root").lasts(9_000_000_000).span()], [])).await?;
    let row = ask::trace(again.store()?, 1).await?;
    same!((row.name.as_str(), row.spans, row.llm_calls), ("late root", 2, 1), "name, spans, calls");
    same!(row.duration, 9_000_000_000_i64, "duration");
    Ok(())
}

async fn events_and_metrics_outlive_close(on: &Subject) -> Outcome {
    let events = vec![event(at(1), quipu_core::Level::Info, "a", "one")];
    let metrics = vec![crate::sample::counter("requests", "a", &[(at(1), 1.0), (at(2), 4.0)])];
    on.write(Batch { events: events.clone(), metrics, ..Batch::default() }).await?;
    let before = on.store()?.metrics().await?;
    let again = on.reopened().await?;
    same!(again.store()?.events(&ask::every_event()).await?.rows, events, "events");
    same!(again.store()?.metrics().await?, before, "metrics");
    same!(before.len(), 1, "metrics before");
    Ok(())
}

async fn event_numbers_go_on_after_reopening(on: &Subject) -> Outcome {
    let note = |second: i64| event(at(second), quipu_core::Level::Info, "n", &format!("event {second}"));
    on.write(Batch { events: vec![note(1), note(2)], ..Batch::default() }).await?;
    let again = on.reopened().await?;
    again.write(Batch { events: vec![note(3), note(2)], ..Batch::default() }).await?;
    let rows = again.store()?.events(&ask::every_event()).await?.rows;
    same!(rows, vec![note(3), note(2), note(1)], "events");
    Ok(())
}
