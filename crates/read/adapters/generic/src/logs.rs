//! Calls that a program of an unknown source reports by log records.

use compact_str::CompactString;
use quipu_core::{Attributes, Event, Signal, Span, Status, Value};
use quipu_normalize::{LogRecord, any_key_begins, count_of, name_of, parse};
use quipu_semconv::{AI_SDK_PREFIXES, GENAI_PREFIXES, OPENINFERENCE_PREFIXES, OPENLLMETRY_PREFIXES};

use crate::verdict::{Verdict, judge};
use crate::vocabulary::{ABOUT_CALLS, ABOUT_SEVERAL, ONE_REQUEST, PHASES};
use crate::{walk, words, worth};

/// Family of the traces that are made of such records.
const FAMILY: &str = "log";
/// Key of the session in the records of several sources.
const SESSION: &str = "session.id";
/// Key of the kind of an event of a stream.
const KIND: &str = "event.kind";
/// Key of a JSON text that is the whole body.
const BODY: &str = "body";
/// Maximum length of a name, in bytes. Of a body without a name, the beginning stands for it.
const LONGEST_NAME: usize = 80;
/// Maximum number of keys that may name a model.
const MOST_MODELS: usize = 16;
/// Ends of keys of the status of an HTTP answer.
const STATUSES: [&str; 5] = ["status", "status_code", "statusCode", "http_status", "httpStatus"];
/// Maximum duration of a call that a record can state, in milliseconds.
const LONGEST_CALL: f64 = 3_600_000.0;

/// The span of a record that reports the usage or the failure of one call without ambiguity.
pub(crate) fn span(event: &Event) -> Option<Span> {
    if event.framework.is_some() {
        return None;
    }
    let mut words_of_name = Vec::new();
    words::cut(name(event), &mut words_of_name);
    let stage = texts(&event.attributes).chain(event.body.as_str()).find_map(stage);
    // Events of a stream have one name, and a kind each.
    event.attributes.text(KIND).into_iter().for_each(|kind| words::cut(kind, &mut words_of_name));
    let is_about_a_call =
        words::any(&words_of_name, ABOUT_CALLS) && (is_about_one(&words_of_name) || is_an_exchange(event));
    if !is_about_a_call && stage.is_none() || is_of_a_convention(event) {
        return None;
    }
    // Only the span above tells which end of a stream its start belongs to.
    if stage == Some(Stage::Start) && event.span_id.is_none() {
        return None;
    }
    let mut span = made(event);
    if let Value::Map(pairs) = &event.body {
        for (key, value) in pairs.iter().filter(|(key, _)| event.attributes.get(key).is_none()) {
            span.attributes.push(key.clone(), value.clone());
        }
    } else if let Some(text) = event.body.as_str().filter(|text| text.starts_with('{')) {
        span.attributes.push(BODY, text);
    }
    if is_about_a_failure(event, &words_of_name) {
        span.status = Status::Error;
    }
    if !worth::is_worth_it(&span) {
        return None;
    }
    match judge(&walk::walk(&span)) {
        Verdict::Call(call)
            if call.usage.is_some() || span.status == Status::Error || stage == Some(Stage::Start) =>
        {
            Some(span)
        }
        _ => None,
    }
}

/// Event of Claude's stream that a record holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// It names the answer, and its usage is not final.
    Start,
    /// It has the final usage.
    End,
}

/// The types of these events.
const STAGES: [(&str, Stage); 2] = [("message_start", Stage::Start), ("message_delta", Stage::End)];
/// Maximum size of the JSON of such an event, in bytes.
const LARGEST_EVENT: usize = 64 << 10;

fn texts(attributes: &Attributes) -> impl Iterator<Item = &str> {
    attributes.iter().filter_map(|(_, value)| value.as_str())
}

fn stage(text: &str) -> Option<Stage> {
    let may_be = text.starts_with('{') && text.len() <= LARGEST_EVENT;
    let (word, stage) = STAGES.iter().find(|(word, _)| may_be && text.contains(word))?;
    let object = parse(text)?;
    (object.get("type").and_then(Value::as_str) == Some(word)).then_some(*stage)
}

/// Whether a span is the record of the start of a stream.
pub(crate) fn is_start(span: &Span) -> bool {
    Signal::of(&span.attributes) == Signal::Log
        && texts(&span.attributes).find_map(stage) == Some(Stage::Start)
}

/// Whether the record says that a request failed: its name does, and it has the error or an HTTP status.
/// Otherwise the name is one of a request, and the HTTP status is that of an error.
fn is_about_a_failure(event: &Event, words_of_name: &[CompactString]) -> bool {
    let tells =
        |key: &str| key.contains("error") || key.contains("status_code") || key.contains("statusCode");
    let is_refused = |(key, value): &(CompactString, Value)| {
        let is_status = STATUSES.iter().any(|end| key.ends_with(end));
        is_status && count_of(value).is_some_and(|status| (400..600).contains(&status))
    };
    let is_request =
        || words::any(words_of_name, ONE_REQUEST) && words::requested_kind(words_of_name).is_some();
    if words::any(words_of_name, &["error", "failed", "failure"]) {
        event.attributes.iter().any(|(key, _)| tells(key))
    } else {
        is_request() && event.attributes.iter().any(is_refused)
    }
}

/// Whether the words of a name are neither about several calls nor about a phase of something else than a
/// request.
fn is_about_one(words_of_name: &[CompactString]) -> bool {
    let is_phase_of_other = |at: usize| {
        let before = at.checked_sub(1).map(|before| &words_of_name[before..at]);
        words::any(&words_of_name[at..=at], PHASES)
            && !before.is_some_and(|before| words::any(before, ONE_REQUEST))
    };
    !words::any(words_of_name, ABOUT_SEVERAL) && !(0..words_of_name.len()).any(is_phase_of_other)
}

/// Whether the record is one of a convention whose calls have spans, or that another adapter reads.
fn is_of_a_convention(event: &Event) -> bool {
    let is_of_genai = || any_key_begins(&event.attributes, GENAI_PREFIXES) && !has_own_name(event);
    let others = [OPENINFERENCE_PREFIXES, OPENLLMETRY_PREFIXES, AI_SDK_PREFIXES];
    is_of_genai() || others.iter().any(|prefixes| any_key_begins(&event.attributes, prefixes))
}

/// Whether a record has a name of its own and the figures of a call. Programs write such records in the words
/// of the conventions, beside spans or without any.
fn has_own_name(event: &Event) -> bool {
    let is_figure = |key: &str| key.contains("input_tokens") || key.contains("prompt_tokens");
    !GENAI_PREFIXES.iter().any(|prefix| name_of(event).starts_with(prefix))
        && event.attributes.iter().any(|(key, value)| is_figure(key) && count_of(value).is_some())
}

fn name(event: &Event) -> &str {
    let told = Some(name_of(event)).filter(|name| !name.is_empty());
    let text = told.or_else(|| event.body.as_str().filter(|text| !text.starts_with('{'))).unwrap_or_default();
    let end = text.char_indices().map(|(at, _)| at).find(|at| *at >= LONGEST_NAME);
    &text[..end.unwrap_or(text.len())]
}

/// Whether the record has the model of one request and that of its answer. A record about several calls, such
/// as the summary of a session, has no such pair.
fn is_an_exchange(event: &Event) -> bool {
    let (mut asked, mut answered) = (false, false);
    for (key, _) in event.attributes.iter().filter(|(key, _)| key.contains("odel")).take(MOST_MODELS) {
        let mut cut = Vec::new();
        words::cut(key, &mut cut);
        asked |= words::names_model(&cut) && words::is_sent(&cut);
        answered |= words::names_model(&cut) && words::is_answered(&cut);
    }
    asked && answered
}

/// The span of a record, below the span that the record names.
fn made(event: &Event) -> Span {
    let record = LogRecord::of(event, FAMILY, SESSION, "");
    let mut span = record.span(name(event), duration(event));
    if let Some((trace, parent)) = event.trace_id.zip(event.span_id) {
        (span.trace_id, span.parent_id) = (trace, Some(parent));
    }
    span
}

/// The duration that a record states, in nanoseconds; zero if it states none.
fn duration(event: &Event) -> i64 {
    let stated = event.attributes.iter().find_map(|(key, value)| milliseconds(key, value));
    stated.map_or(0, |milliseconds| (milliseconds * 1e6) as i64)
}

fn milliseconds(key: &str, value: &Value) -> Option<f64> {
    let mut cut: Vec<CompactString> = Vec::new();
    words::cut(key, &mut cut);
    let unit = match cut.last()?.as_str() {
        "ms" | "millis" | "milliseconds" => 1.0,
        "s" | "sec" | "secs" | "seconds" => 1e3,
        _ => return None,
    };
    let is_duration = words::any(&cut, &["duration", "latency", "elapsed", "took"]);
    let number = value.as_number().filter(|_| is_duration)? * unit;
    (0.0..=LONGEST_CALL).contains(&number).then_some(number)
}
