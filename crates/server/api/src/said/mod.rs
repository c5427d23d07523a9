//! Spans with their messages. Adapters read the spans again; if a span holds no messages, they come from its
//! events.

mod events;
mod inferred;
mod joined;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use axum::http::StatusCode;
use quipu_core::{Adapters, AnswerMemory, Event, EventQuery, MemoryHold, Messages, SpanId, SpanRow, TraceId};

pub(crate) use inferred::inferred;

use crate::reread::reread;
use crate::shared::Api;
use crate::spawned::blocking;
use crate::{Problem, dto};

pub(crate) use joined::{MOST_SPANS, Records};

/// Limit of events of a trace searched for messages, the newest.
const EVENTS: usize = 5_000;

type SpansWithMessages = Vec<(SpanRow, Messages)>;

/// Converts rows into JSON types. Long traces are converted on separate threads, not on the server's own.
pub(crate) async fn spans(
    api: &Arc<Api>,
    trace_id: TraceId,
    rows: Vec<SpanRow>,
) -> Result<Vec<dto::Span>, Problem> {
    let adapters = api.adapters.clone();
    let said = blocking(move || read(&adapters, rows)).await.map_err(failed)?;
    let events = of_silent(api, trace_id, &said).await?;
    let adapters = api.adapters.clone();
    blocking(move || said.iter().map(|one| shape(&adapters, one, &events.by_span)).collect())
        .await
        .map_err(failed)
}

/// A call read again.
pub(crate) struct CallSaid {
    /// The row; its `raw.canonical` has been read.
    pub(crate) row: SpanRow,
    /// Messages that the span itself holds.
    pub(crate) said: Messages,
    /// Whether the span, or an event that belongs to it, has messages.
    pub(crate) has_messages: bool,
}

/// Calls of one trace read again, with what the trace's events add.
pub(crate) async fn calls(
    api: &Arc<Api>,
    trace_id: TraceId,
    rows: Vec<SpanRow>,
) -> Result<Vec<CallSaid>, Problem> {
    let adapters = api.adapters.clone();
    let said = blocking(move || read(&adapters, rows)).await.map_err(failed)?;
    let events = of_silent(api, trace_id, &said).await?;
    let call = |one: (SpanRow, Messages)| {
        let has_messages = !is_silent(&one) || events.by_span.contains_key(&one.0.span_id);
        CallSaid { row: one.0, said: one.1, has_messages }
    };
    Ok(said.into_iter().map(call).collect())
}

fn failed(error: tokio::task::JoinError) -> Problem {
    tracing::error!(error = %error, "reading spans failed");
    let detail = "Reading the stored spans failed; the server's log says where.";
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "Internal error", detail)
}

fn read(adapters: &Adapters, rows: Vec<SpanRow>) -> SpansWithMessages {
    let one = |mut row: SpanRow| {
        let messages = reread(adapters, &mut row).map(|span| adapters.messages(span));
        (row, messages.unwrap_or_default())
    };
    rows.into_iter().map(one).collect()
}

/// Whether a call holds no messages of its own.
fn is_silent((row, said): &(SpanRow, Messages)) -> bool {
    row.kind.is_call() && row.raw.is_some() && said.input.is_empty() && said.output.is_empty()
}

/// Events that may tell messages, oldest first, by span.
#[derive(Default)]
struct MessageEvents {
    by_span: HashMap<SpanId, Vec<Event>>,
    hold: MemoryHold,
}

/// The events of those calls that hold no messages of their own.
async fn of_silent(
    api: &Arc<Api>,
    trace_id: TraceId,
    said: &SpansWithMessages,
) -> Result<MessageEvents, Problem> {
    let silent: HashSet<SpanId> =
        said.iter().filter(|one| is_silent(one)).map(|(row, _)| row.span_id).collect();
    let mut told = MessageEvents { hold: AnswerMemory::current().hold(0)?, ..MessageEvents::default() };
    if silent.is_empty() {
        return Ok(told);
    }
    let mut query = EventQuery { trace_id: Some(trace_id), limit: EVENTS, ..EventQuery::default() };
    loop {
        let page = api.store.events(&query).await?;
        query.limit = query.limit.saturating_sub(page.rows.len());
        query.cursor = page.next;
        for event in page.rows.into_iter().filter(events::tells) {
            if let Some(span_id) = event.span_id.filter(|id| silent.contains(id)) {
                told.hold.grow(event.bytes())?;
                told.by_span.entry(span_id).or_default().push(event);
            }
        }
        if query.cursor.is_none() || query.limit == 0 {
            break;
        }
    }
    // They arrived newest first.
    told.by_span.values_mut().for_each(|events| events.reverse());
    Ok(told)
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
