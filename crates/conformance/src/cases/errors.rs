//! Cases on queries for missing data, and on records that cannot be stored.

use std::sync::Arc;

use quipu_core::{
    Backend, Cost, Detail, ErrorKind, EventQuery, FacetField, MetricAggregate, MetricQuery, Retry,
    SessionQuery, SpanQuery, TraceFilter,
};

use super::cases;
use crate::ask;
use crate::outcome::{check, same};
use crate::sample::{at, batch, draft, priced, span_id, trace_id};
use crate::{Failure, Outcome, Subject};

cases! { "errors":
    [Store] unknown_ids_give_none,
    [Store] unknown_names_give_empty_answers,
    [Store, Spans] a_known_span_id_of_another_trace_is_unknown,
    [Store, Spans, Costs] a_cost_of_an_unknown_span_is_refused,
    [Store, Spans, Costs] a_refused_batch_says_so_without_contents,
}

async fn unknown_ids_give_none(on: &Subject) -> Outcome {
    let store = on.store()?;
    check!(store.trace(trace_id(1)).await?.is_none(), "a trace out of nothing");
    check!(store.span(trace_id(1), span_id(1)).await?.is_none(), "a span out of nothing");
    same!(ask::all_spans(store, trace_id(1), Detail::Full, 5).await?.len(), 0, "spans");
    let query = SpanQuery {
        trace_id: trace_id(1),
        after: Some((at(0), span_id(1))),
        limit: 1,
        detail: Detail::Summary,
    };
    check!(store.spans(&query).await?.next.is_none(), "a next page of nothing");
    Ok(())
}

async fn unknown_names_give_empty_answers(on: &Subject) -> Outcome {
    let store = on.store()?;
    let filter = TraceFilter { agent: Some("nobody".to_owned()), ..TraceFilter::default() };
    same!(ask::picked(store, filter.clone()).await?.len(), 0, "traces");
    same!(store.tools(&filter).await?.len(), 0, "tools");
    same!(store.facets(FacetField::Model, &filter, 10).await?.len(), 0, "facets");
    let sessions = SessionQuery { filter: filter.clone(), limit: 10, cursor: None };
    same!(store.sessions(&sessions).await?.rows.len(), 0, "sessions");
    let events = EventQuery { name: Some("nothing".to_owned()), limit: 10, ..EventQuery::default() };
    same!(store.events(&events).await?.rows.len(), 0, "events");
    let metric = MetricQuery {
        step: quipu_core::Timestamp::SECOND,
        ..MetricQuery::of("nothing", MetricAggregate::Average)
    };
    same!(store.metric(&metric).await?.len(), 0, "series");
    same!(ask::total(store, filter).await?, quipu_core::UsageTotals::default(), "usage");
    Ok(())
}

async fn a_known_span_id_of_another_trace_is_unknown(on: &Subject) -> Outcome {
    on.write(batch([draft(1, 1).span()], [])).await?;
    check!(on.store()?.span(trace_id(2), span_id(1)).await?.is_none(), "span 1 of trace 2");
    Ok(())
}

async fn refused(backend: &dyn Backend, costs: Vec<Cost>) -> Outcome<quipu_core::Error> {
    match backend.write(Arc::new(batch([], costs))).await {
        Ok(()) => Err(Failure::new("the rows were taken")),
        Err(error) => Ok(error),
    }
}

async fn a_cost_of_an_unknown_span_is_refused(on: &Subject) -> Outcome {
    let known = draft(1, 1).llm("gpt-5", 1, 1).span();
    on.write(batch([known.clone()], [])).await?;
    let same_trace = draft(1, 2).llm("gpt-5", 1, 1).span();
    let error = refused(&*on.backend, vec![priced(&known, "1"), priced(&same_trace, "1")]).await?;
    same!(
        (error.kind(), error.retry()),
        (ErrorKind::Invalid, Retry::No),
        "kind of error and whether to retry"
    );
    same!(ask::trace(on.store()?, 1).await?.llm_calls, 0, "calls");
    Ok(())
}

async fn a_refused_batch_says_so_without_contents(on: &Subject) -> Outcome {
    let stranger = draft(1, 2).llm("gpt-5", 1, 1).named("SECRET-NAME").with("prompt", "SECRET-PROMPT").span();
    let error = refused(&*on.backend, vec![priced(&stranger, "1")]).await?;
    let text = error.to_string();
    check!(!text.contains("SECRET"), "the error repeats contents: {text}");
    check!(text.contains(&stranger.span_id.to_string()), "the error does not name the span: {text}");
    Ok(())
}
