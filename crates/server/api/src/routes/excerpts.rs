//! Excerpts with the words of a search, for lists.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::State;
use quipu_core::{AnswerMemory, Detail, Sort, SpanId, SpanQuery, SpanRow, TraceFilter, TraceId, TraceQuery};
use quipu_query::Params;
use serde_json::{Map, Value};

use super::Answer;
use crate::dto::{self, Excerpt, ExcerptsAnswer, ExcerptsParams, Part};
use crate::extract::Ask;
use crate::json::Json;
use crate::shared::{Api, Shared};
use crate::{Problem, said};

/// Limit of traces, sessions and spans per request.
const MOST: usize = 50;
/// Limit of words and phrases, and of the characters of each.
const WORDS: usize = 16;
const WORD: usize = 200;
/// Time limit of a request; subjects that it does not reach have no excerpt.
const TIME: Duration = Duration::from_secs(4);
/// Spans per read, and reads per trace.
const PAGE: usize = 100;
const PAGES: usize = 10;
/// Bytes of a read, and memory for a span as a multiple of the span itself.
const PAGE_BYTES: usize = 1 << 20;
const COPIES: usize = 5;
/// Matching traces of a session that are read.
const TRACES: usize = 3;
/// Characters before and after the begin of a word.
const BEFORE: usize = 60;
const AFTER: usize = 138;
/// Limit of searched levels of a value.
const DEEP: usize = 32;

/// Excerpts
///
/// The text around the searched words, for up to 50 traces, sessions and spans. A text with all words is
/// preferred to one with some. A trace is searched in its first 1,000 spans.
#[utoipa::path(get, path = "/api/v1/excerpts", tag = "traces", params(ExcerptsParams),
    responses((status = 200, description = "Excerpts.", body = ExcerptsAnswer)))]
pub(crate) async fn excerpts(State(api): Shared, Ask(params): Ask) -> Answer<ExcerptsAnswer> {
    params.allow(&[&["find", "trace", "session", "span"]], &["find", "trace", "session", "span"])?;
    let mut search = Search { words: words_of(&params)?, began: Instant::now() };
    let subjects: usize = ["trace", "session", "span"].into_iter().map(|name| params.all(name).count()).sum();
    if !(1..=MOST).contains(&subjects) {
        let detail = format!("Expected 1 to {MOST} of the parameters \"trace\", \"session\" and \"span\".");
        return Err(Problem::bad_request("Number of subjects", detail));
    }
    let mut excerpts = Vec::new();
    for text in params.all("trace") {
        excerpts.extend(search.in_trace(&api, read(text, "trace")?).await?);
    }
    for session in params.all("session") {
        excerpts.extend(search.in_session(&api, session).await?);
    }
    for text in params.all("span") {
        let (trace, span) = text.split_once(':').unwrap_or((text, ""));
        excerpts.extend(search.in_span(&api, read(trace, "span")?, read(span, "span")?).await?);
    }
    Ok(Json(ExcerptsAnswer { excerpts }))
}

fn read<T: std::str::FromStr<Err: std::fmt::Display>>(text: &str, name: &str) -> Result<T, Problem> {
    text.parse::<T>()
        .map_err(|error| Problem::bad_request("Bad id", format!("In the parameter \"{name}\": {error}.")))
}

/// Words and phrases in lower case.
fn words_of(params: &Params) -> Result<Vec<String>, Problem> {
    let words: Vec<String> = params.all("find").map(|word| word.trim().to_lowercase()).collect();
    let fits = |word: &String| !word.is_empty() && word.chars().count() <= WORD;
    if (1..=WORDS).contains(&words.len()) && words.iter().all(fits) {
        return Ok(words);
    }
    let detail =
        format!("Expected 1 to {WORDS} of the parameter \"find\", each with 1 to {WORD} characters.");
    Err(Problem::bad_request("Words to find", detail))
}

/// A search for words within one request.
struct Search {
    words: Vec<String>,
    began: Instant,
}

impl Search {
    async fn in_session(&mut self, api: &Arc<Api>, session: &str) -> Result<Option<Excerpt>, Problem> {
        if self.began.elapsed() > TIME {
            return Ok(None);
        }
        let q = Some(self.words.join(" "));
        let filter = TraceFilter { session: Some(session.to_owned()), q, ..TraceFilter::default() };
        let query = TraceQuery { filter, sort: Sort::Oldest, limit: TRACES, cursor: None };
        for row in api.store.traces(&query).await?.rows {
            if let Some(found) = self.in_trace(api, row.trace_id).await? {
                return Ok(Some(Excerpt { session_id: Some(session.to_owned()), ..found }));
            }
        }
        Ok(None)
    }

    async fn in_span(
        &mut self,
        api: &Arc<Api>,
        trace_id: TraceId,
        span_id: SpanId,
    ) -> Result<Option<Excerpt>, Problem> {
        if self.began.elapsed() > TIME {
            return Ok(None);
        }
        let Some(row) = api.store.span(trace_id, span_id).await? else { return Ok(None) };
        let mut best = Best::new(&self.words);
        self.read(api, trace_id, vec![row], &mut best).await?;
        Ok(best.found)
    }

    async fn in_trace(&mut self, api: &Arc<Api>, trace_id: TraceId) -> Result<Option<Excerpt>, Problem> {
        let mut query = SpanQuery { trace_id, after: None, limit: PAGE, detail: Detail::Full };
        let memory = AnswerMemory::current().with_pages(PAGE_BYTES);
        let mut best = Best::new(&self.words);
        for _ in 0..PAGES {
            if self.began.elapsed() > TIME || best.whole {
                break;
            }
            let page = memory.clone().scope(api.store.spans(&query)).await?;
            let bytes: usize = page.rows.iter().map(SpanRow::bytes).sum();
            let _hold = memory.hold(bytes.saturating_mul(COPIES))?;
            self.read(api, trace_id, page.rows, &mut best).await?;
            let Some(next) = page.next else { break };
            query.after = Some(next);
        }
        Ok(best.found)
    }

    async fn read(
        &self,
        api: &Arc<Api>,
        trace_id: TraceId,
        rows: Vec<SpanRow>,
        best: &mut Best<'_>,
    ) -> Result<(), Problem> {
        for span in said::spans(api, trace_id, rows).await? {
            best.span(&span, trace_id);
        }
        Ok(())
    }
}

/// The best excerpt so far.
struct Best<'a> {
    words: &'a [String],
    found: Option<Excerpt>,
    /// Whether its text has all words.
    whole: bool,
}

impl<'a> Best<'a> {
    const fn new(words: &'a [String]) -> Self {
        Self { words, found: None, whole: false }
    }

    fn span(&mut self, span: &dto::Span, trace_id: TraceId) {
        let mut take = |text: &str| {
            if self.whole || text.is_empty() {
                return;
            }
            let lower = text.to_lowercase();
            let Some(at) = self.words.iter().filter_map(|word| lower.find(word)).min() else { return };
            self.whole = self.words.iter().all(|word| lower.contains(word));
            if self.whole || self.found.is_none() {
                let begin = lower.get(..at).unwrap_or_default().chars().count();
                self.found = Some(Excerpt {
                    trace_id: trace_id.to_string(),
                    span_id: span.span_id.clone(),
                    session_id: None,
                    text: around(text, begin),
                });
            }
        };
        for message in span.input_messages.iter().chain(&span.output_messages).flatten() {
            message.parts.iter().for_each(|part| in_part(part, &mut take));
        }
        for value in [&span.tool_arguments, &span.tool_result].into_iter().flatten() {
            in_value(value, 0, &mut take);
        }
        for text in [&span.status_message, &span.error_type, &span.tool, &span.agent, &span.model] {
            take(text.as_deref().unwrap_or_default());
        }
        take(&span.name);
        span.events.iter().flatten().for_each(|event| in_object(&event.attributes, 0, &mut take));
        span.attributes.iter().for_each(|attributes| in_object(attributes, 0, &mut take));
    }
}

fn in_part(part: &Part, take: &mut impl FnMut(&str)) {
    match part {
        Part::Text { content } | Part::Reasoning { content } => take(content),
        Part::ToolCall { name, arguments, .. } => {
            take(name);
            in_value(arguments, 0, take);
        }
        Part::ToolCallResponse { response, .. } => in_value(response, 0, take),
        Part::Other(object) => in_object(object, 0, take),
    }
}

fn in_value(value: &Value, depth: usize, take: &mut impl FnMut(&str)) {
    match value {
        _ if depth > DEEP => {}
        Value::String(text) => take(text),
        Value::Array(values) => values.iter().for_each(|value| in_value(value, depth + 1, take)),
        Value::Object(object) => in_object(object, depth + 1, take),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn in_object(object: &Map<String, Value>, depth: usize, take: &mut impl FnMut(&str)) {
    object.values().for_each(|value| in_value(value, depth + 1, take));
}

/// The text around the character `begin`, in one line.
fn around(text: &str, begin: usize) -> String {
    let from = begin.saturating_sub(BEFORE);
    let mut rest = text.chars().skip(from);
    let cut: String = rest.by_ref().take(begin - from + AFTER).collect();
    let line = cut.split_whitespace().collect::<Vec<_>>().join(" ");
    let (open, close) = (if from > 0 { "…" } else { "" }, if rest.next().is_some() { "…" } else { "" });
    format!("{open}{line}{close}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn excerpt(words: &[&str], texts: &[&str]) -> Option<String> {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        let mut best = Best::new(&words);
        for text in texts {
            let span = dto::Span { name: (*text).to_owned(), ..dto::Span::default() };
            best.span(&span, "0af7651916cd43dd8448eb211c80319c".parse().unwrap());
        }
        best.found.map(|found| found.text)
    }

    #[test]
    fn a_text_with_all_words_is_preferred() {
        let texts = ["the blue coat", "a Blue\n  jacket", "blue jacket again"];
        assert_eq!(excerpt(&["blue", "jacket"], &texts).as_deref(), Some("a Blue jacket"));
        assert_eq!(excerpt(&["coat", "boots"], &texts).as_deref(), Some("the blue coat"));
        assert_eq!(excerpt(&["boots"], &texts), None);
    }

    #[test]
    fn a_long_text_is_cut_around_the_word_between_characters() {
        let long = format!("{}Wort{}", "ä".repeat(500), "ö".repeat(500));
        let found = excerpt(&["wort"], &[&long]).unwrap();
        assert_eq!(found, format!("…{}Wort{}…", "ä".repeat(BEFORE), "ö".repeat(AFTER - 4)));
    }
}
