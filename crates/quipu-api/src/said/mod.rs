//! Spans with what was said in them: read again by the adapters, and, where a span holds no messages, from the events that
//! belong to it.

mod events;

use std::collections::HashMap;
use std::sync::Arc;

use axum::http::StatusCode;
use quipu_core::{Adapters, Event, EventQuery, Messages, SpanId, SpanRow, TraceId};
use tokio::task::spawn_blocking;

use crate::state::Api;
use crate::{Problem, dto};

/// Events of a trace that are looked at for messages, the newest.
const EVENTS: usize = 5_000;

type Said = Vec<(SpanRow, Messages)>;

/// The rows as JSON shapes. Long traces are worked on beside the server's own threads.
pub(crate) async fn spans(
    api: &Arc<Api>,
    trace_id: TraceId,
    rows: Vec<SpanRow>,
) -> Result<Vec<dto::Span>, Problem> {
    let adapters = api.adapters.clone();
    let said = spawn_blocking(move || read(&adapters, rows)).await.map_err(failed)?;
    let events = if said.iter().any(is_silent) { of_trace(api, trace_id).await? } else { HashMap::new() };
    let adapters = api.adapters.clone();
    spawn_blocking(move || said.iter().map(|one| shape(&adapters, one, &events)).collect())
        .await
        .map_err(failed)
}

/// A call read again.
pub(crate) struct CallSaid {
    /// The row; its `raw.canonical` has been read.
    pub(crate) row: SpanRow,
    /// What the span holds of it.
    pub(crate) said: Messages,
    /// Whether the span, or an event that belongs to it, tells messages.
    pub(crate) has_messages: bool,
}

/// Calls of one trace read again, with what the trace's events add.
pub(crate) async fn calls(
    api: &Arc<Api>,
    trace_id: TraceId,
    rows: Vec<SpanRow>,
) -> Result<Vec<CallSaid>, Problem> {
    let adapters = api.adapters.clone();
    let said = spawn_blocking(move || read(&adapters, rows)).await.map_err(failed)?;
    let events = if said.iter().any(is_silent) { of_trace(api, trace_id).await? } else { HashMap::new() };
    let call = |one: (SpanRow, Messages)| {
        let has_messages = !is_silent(&one) || events.contains_key(&one.0.span_id);
        CallSaid { row: one.0, said: one.1, has_messages }
    };
    Ok(said.into_iter().map(call).collect())
}

fn failed(error: tokio::task::JoinError) -> Problem {
    tracing::error!(error = %error, "reading spans failed");
    let detail = "Reading the stored spans failed; the server's log says where.";
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "Internal error", detail)
}

fn read(adapters: &Adapters, rows: Vec<SpanRow>) -> Said {
    let one = |mut row: SpanRow| {
        let messages = row.raw.as_mut().map(|raw| {
            adapters.read(raw);
            adapters.messages(raw)
        });
        (row, messages.unwrap_or_default())
    };
    rows.into_iter().map(one).collect()
}

/// Whether a call holds no messages of its own.
fn is_silent((row, said): &(SpanRow, Messages)) -> bool {
    row.kind.is_call() && row.raw.is_some() && said.input.is_empty() && said.output.is_empty()
}

/// The events of a trace that may tell messages, oldest first, by span.
async fn of_trace(api: &Arc<Api>, trace_id: TraceId) -> Result<HashMap<SpanId, Vec<Event>>, Problem> {
    let query = EventQuery { trace_id: Some(trace_id), limit: EVENTS, ..EventQuery::default() };
    let mut events: HashMap<SpanId, Vec<Event>> = HashMap::new();
    for event in api.store.events(&query).await?.rows.into_iter().rev().filter(events::tells) {
        if let Some(span_id) = event.span_id {
            events.entry(span_id).or_default().push(event);
        }
    }
    Ok(events)
}

fn shape(adapters: &Adapters, one: &(SpanRow, Messages), events: &HashMap<SpanId, Vec<Event>>) -> dto::Span {
    let (row, said) = one;
    let mut span = dto::Span::from(row);
    if let Some(raw) = &row.raw {
        span.fill(raw, said);
        if let (true, Some(events)) = (is_silent(one), events.get(&row.span_id)) {
            events::fill(&mut span, raw, adapters, events);
        }
    }
    span
}
