//! Search for words in a trace.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use quipu_core::{AnswerMemory, Detail, SpanId, SpanQuery, SpanRow, TraceId};
use serde_json::{Map, Value};

use super::Answer;
use super::traces::no_trace;
use crate::dto::{self, SearchAnswer, SearchParams};
use crate::extract::{Ask, id};
use crate::json::Json;
use crate::outlines::Versioned;
use crate::shared::{Api, Shared};
use crate::{Problem, said};

/// Time limit of reading the spans' texts.
const TIME: Duration = Duration::from_secs(5);
/// Maximum number and bytes of spans per read.
const PAGE: usize = 500;
const PAGE_BYTES: usize = 1 << 20;
/// Memory for a span during a search, as a multiple of the span itself. It includes its messages, its JSON
/// value and a lower-case text.
const COPIES: usize = 5;
/// Limit of searched levels of a value.
const DEEP: usize = 32;
/// Maximum number of search words: one bit each.
const WORDS: usize = 32;

/// Search in a trace
///
/// The rows of a trace's outline whose span contains all of the words, regardless of case. The search covers
/// name, agent, model, tool, messages, arguments, attributes, events and error. Names are searched in all
/// spans, the rest for 5 seconds.
#[utoipa::path(get, path = "/api/v1/traces/{trace_id}/search", tag = "traces",
    params(("trace_id" = String, Path, description = "Trace id, 32 hexadecimal digits."), SearchParams),
    responses((status = 200, description = "Numbers of rows, in order.", body = SearchAnswer),
        (status = 404, description = "No such trace is stored.", body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn search(
    State(api): Shared,
    path: Result<Path<String>, PathRejection>,
    Ask(params): Ask,
) -> Answer<SearchAnswer> {
    let Path(text) = path?;
    let trace_id = id::<TraceId>(&text)?;
    params.allow(&[&["q"]], &[])?;
    let words = params.read("q", "1 to 32 words", words_of)?;
    let words =
        words.ok_or_else(|| Problem::bad_request("Missing parameter", "parameter \"q\" is missing."))?;
    let row = api.store.trace(trace_id).await?.ok_or_else(|| no_trace(trace_id))?;
    let built = api.outlines.of(&row).await?;
    let mut found = named(&built, &words);
    let complete = told(&api, trace_id, &built, &words, &mut found).await?;
    let rows = (0_u32..).zip(found).filter(|(_, found)| *found).map(|(at, _)| at).collect();
    Ok(Json(SearchAnswer { version: format!("{:016x}", built.version), rows, complete }))
}

/// Words in lower case; `None` without any, or for more than [`WORDS`].
fn words_of(text: &str) -> Option<Vec<String>> {
    let words: Vec<String> = text.split_whitespace().map(str::to_lowercase).collect();
    (1..=WORDS).contains(&words.len()).then_some(words)
}

/// Rows whose names contain all of the words.
fn named(built: &Versioned, words: &[String]) -> Vec<bool> {
    let outline = &built.outline;
    // Rows share their names: each name is searched once, regardless of the number of rows.
    let bits = |name: &str| {
        let lower = name.to_lowercase();
        words.iter().zip(0..).fold(0_u32, |bits, (word, at)| bits | u32::from(lower.contains(word)) << at)
    };
    let found: Vec<u32> = outline.names.iter().map(|name| bits(name)).collect();
    let all = words.iter().zip(0..).fold(0_u32, |bits, (_, at)| bits | 1 << at);
    let fits = |row: &quipu_insight::OutlineRow| {
        let names = [Some(row.name), row.agent, row.model, row.tool];
        let found = names.into_iter().flatten().filter_map(|name| found.get(name as usize));
        found.fold(0, |bits, name| bits | name) == all
    };
    outline.rows.iter().map(fits).collect()
}

/// Marks the rows whose text contains all of the words; returns whether all rows were searched.
async fn told(
    api: &Arc<Api>,
    trace_id: TraceId,
    built: &Versioned,
    words: &[String],
    found: &mut [bool],
) -> Result<bool, Problem> {
    let places: std::collections::HashMap<SpanId, usize> =
        built.outline.rows.iter().map(|row| row.span_id).zip(0..).collect();
    let mut query = SpanQuery { trace_id, after: None, limit: PAGE, detail: Detail::Full };
    let (began, memory) = (Instant::now(), AnswerMemory::current().with_pages(PAGE_BYTES));
    loop {
        if began.elapsed() > TIME {
            return Ok(false);
        }
        let mut page = memory.clone().scope(api.store.spans(&query)).await?;
        let bytes: usize = page.rows.iter().map(SpanRow::bytes).sum();
        let _hold = memory.hold(bytes.saturating_mul(COPIES))?;
        // Matched spans are not read again.
        let open = |id: &SpanId| places.get(id).and_then(|at| found.get(*at)).is_some_and(|found| !found);
        page.rows.retain(|row| open(&row.span_id));
        for span in said::spans(api, trace_id, page.rows).await? {
            let place = span.span_id.parse::<SpanId>().ok().and_then(|id| places.get(&id));
            if let Some(slot) = place.and_then(|at| found.get_mut(*at)) {
                *slot = Words::of(words).in_span(&span);
            }
        }
        match page.next {
            Some(next) => query.after = Some(next),
            None => return Ok(built.outline.complete),
        }
    }
}

/// Words not found yet.
struct Words<'a>(Vec<&'a str>);

impl<'a> Words<'a> {
    fn of(words: &'a [String]) -> Self {
        Self(words.iter().map(String::as_str).collect())
    }

    fn in_span(mut self, span: &dto::Span) -> bool {
        self.text(&span.name);
        for text in
            [&span.agent, &span.model, &span.tool, &span.status_message, &span.error_type, &span.service]
        {
            self.text(text.as_deref().unwrap_or_default());
        }
        let messages = span.input_messages.iter().chain(&span.output_messages);
        for list in messages {
            if let Ok(value) = serde_json::to_value(list) {
                self.value(&value, 0);
            }
        }
        for value in [&span.tool_arguments, &span.tool_result].into_iter().flatten() {
            self.value(value, 0);
        }
        span.attributes.iter().for_each(|attributes| self.object(attributes, 0));
        for event in span.events.iter().flatten() {
            self.text(&event.name);
            self.object(&event.attributes, 0);
        }
        self.0.is_empty()
    }

    fn text(&mut self, text: &str) {
        if !self.0.is_empty() && !text.is_empty() {
            let lower = text.to_lowercase();
            self.0.retain(|word| !lower.contains(word));
        }
    }

    fn value(&mut self, value: &Value, depth: usize) {
        match value {
            _ if depth > DEEP => {}
            Value::String(text) => self.text(text),
            Value::Array(values) => values.iter().for_each(|value| self.value(value, depth + 1)),
            Value::Object(object) => self.object(object, depth + 1),
            Value::Null => {}
            number => self.text(&number.to_string()),
        }
    }

    fn object(&mut self, object: &Map<String, Value>, depth: usize) {
        object.values().for_each(|value| self.value(value, depth));
    }
}
