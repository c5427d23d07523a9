//! Questions and answers of traces and sessions, for lists.

use std::sync::Arc;

use axum::extract::State;
use quipu_core::{Detail, Kind, Sort, SpanId, SpanQuery, SpanRow, Status, TraceFilter, TraceId, TraceQuery};

use super::Answer;
use crate::dto::{self, Exchange, ExchangesAnswer, ExchangesParams, Message, Part};
use crate::extract::Ask;
use crate::json::Json;
use crate::shared::{Api, Shared};
use crate::{Problem, said};

/// Limit of traces and sessions per request.
const MOST: usize = 50;
/// Spans of a trace that are searched for its calls.
const SPANS: usize = 500;
/// Characters of a message that are returned.
const CHARACTERS: usize = 280;

/// Exchanges
///
/// The beginning of the question and of the answer of up to 50 traces and sessions. A session has those of
/// its first trace. The answer of a trace with more than 500 spans is that of its root.
#[utoipa::path(get, path = "/api/v1/exchanges", tag = "traces", params(ExchangesParams),
    responses((status = 200, description = "Questions and answers.", body = ExchangesAnswer)))]
pub(crate) async fn exchanges(State(api): Shared, Ask(params): Ask) -> Answer<ExchangesAnswer> {
    params.allow(&[&["trace", "session"]], &["trace", "session"])?;
    let sessions: Vec<&str> = params.all("session").collect();
    let traces: Vec<&str> = params.all("trace").collect();
    if !(1..=MOST).contains(&(traces.len() + sessions.len())) {
        let detail = format!("Expected 1 to {MOST} of the parameters \"trace\" and \"session\".");
        return Err(Problem::bad_request("Number of traces", detail));
    }
    let mut exchanges = Vec::with_capacity(traces.len() + sessions.len());
    for text in traces {
        let trace_id = text.parse::<TraceId>().map_err(|error| {
            Problem::bad_request("Bad id", format!("In the parameter \"trace\": {error}."))
        })?;
        exchanges.push(exchange(&api, trace_id).await?);
    }
    for session in sessions {
        let Some(trace_id) = first_trace(&api, session).await? else { continue };
        let found = exchange(&api, trace_id).await?;
        exchanges.push(Exchange { session_id: Some(session.to_owned()), ..found });
    }
    Ok(Json(ExchangesAnswer { exchanges }))
}

async fn first_trace(api: &Api, session: &str) -> Result<Option<TraceId>, Problem> {
    let filter = TraceFilter { session: Some(session.to_owned()), ..TraceFilter::default() };
    let query = TraceQuery { filter, sort: Sort::Oldest, limit: 1, cursor: None };
    Ok(api.store.traces(&query).await?.rows.first().map(|row| row.trace_id))
}

async fn exchange(api: &Arc<Api>, trace_id: TraceId) -> Result<Exchange, Problem> {
    let query = SpanQuery { trace_id, after: None, limit: SPANS, detail: Detail::Summary };
    let page = api.store.spans(&query).await?;
    let root = page.rows.iter().find(|row| row.parent_id.is_none()).map(|row| row.span_id);
    let calls = || page.rows.iter().filter(|row| row.kind == Kind::Llm);
    let first = calls().next().map(|row| row.span_id);
    let ended = |row: &&SpanRow| row.status != Status::Error && row.duration.is_some();
    // The last call of a longer trace is beyond the spans that were read.
    let last = calls().rfind(ended).filter(|_| page.next.is_none()).map(|row| row.span_id);
    let (root, first, last) = (
        full(api, trace_id, root).await?,
        full(api, trace_id, first).await?,
        full(api, trace_id, last).await?,
    );
    let asked = |span: &Option<dto::Span>| said_last(span.as_ref()?.input_messages.as_deref()?, "user");
    let answered =
        |span: &Option<dto::Span>| said_last(span.as_ref()?.output_messages.as_deref()?, "assistant");
    Ok(Exchange {
        trace_id: trace_id.to_string(),
        session_id: None,
        asked: readable(asked(&root), asked(&first)).map(|text| beginning(&text)),
        answered: readable(answered(&root), answered(&last)).map(|text| beginning(&text)),
    })
}

async fn full(
    api: &Arc<Api>,
    trace_id: TraceId,
    span_id: Option<SpanId>,
) -> Result<Option<dto::Span>, Problem> {
    let Some(span_id) = span_id else { return Ok(None) };
    let Some(row) = api.store.span(trace_id, span_id).await? else { return Ok(None) };
    Ok(said::spans(api, trace_id, vec![row]).await?.pop())
}

/// The last text of a role.
fn said_last(messages: &[Message], role: &str) -> Option<String> {
    let texts = messages.iter().rev().filter(|message| message.role == role).map(|message| {
        let text = |part: &Part| match part {
            Part::Text { content } => Some(content.trim().to_owned()),
            _ => None,
        };
        message.parts.iter().filter_map(text).collect::<Vec<_>>().join("\n")
    });
    texts.into_iter().find(|text| !text.is_empty())
}

/// The text of the whole trace, unless it is data and its call has a sentence.
fn readable(whole: Option<String>, call: Option<String>) -> Option<String> {
    match (whole, call) {
        (Some(whole), Some(call)) if is_data(&whole) && !is_data(&call) => Some(call),
        (whole, call) => whole.or(call),
    }
}

fn is_data(text: &str) -> bool {
    let text = text.trim();
    text.starts_with(['{', '[']) && text.ends_with(['}', ']'])
}

fn beginning(text: &str) -> String {
    match text.char_indices().nth(CHARACTERS) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_is_preferred_to_data() {
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(readable(text(r#"{"input": "hi"}"#), text("hi")), text("hi"));
        assert_eq!(readable(text("Hello"), text("hi")), text("Hello"));
        assert_eq!(readable(None, text("[1]")), text("[1]"));
    }

    #[test]
    fn a_long_text_is_cut_between_characters() {
        let long = "ä".repeat(CHARACTERS + 1);
        assert_eq!(beginning(&long), format!("{}…", "ä".repeat(CHARACTERS)));
        assert_eq!(beginning("short"), "short");
    }
}
