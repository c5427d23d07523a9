//! Error classes: one vocabulary for the failures of every SDK and framework.
//!
//! The class of a failed span depends on its error type, exceptions, HTTP status and messages. Sources have
//! many names for the same failure (`openai.RateLimitError`, `ThrottlingException`,
//! `429 RESOURCE_EXHAUSTED`). Names and messages are therefore compared word by word, without case and
//! punctuation.

mod phrases;
mod words;

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use self::phrases::{GENERAL, PARTICULAR, WRAPPING, found};
use self::words::{status_in, words};
use crate::{Kind, Span, SpanEvent, Status, Usage, Value};

/// Finish reasons of an answer that the model completed.
const COMPLETE: &[&str] = &["stop", "tool_calls"];
/// The finish reason of an answer that an error ended.
const FAILED: &[&str] = &["error"];

/// The class of a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorClass {
    /// Too many requests or tokens in a time (HTTP 429).
    RateLimit,
    /// It took too long (HTTP 408, 504).
    Timeout,
    /// The request does not fit the model's context.
    ContextLength,
    /// A content filter of the provider refused input or output.
    ContentFilter,
    /// The caller is unknown or not allowed (HTTP 401, 403).
    Authentication,
    /// The account's quota, credit or budget is used up (HTTP 402).
    Quota,
    /// The provider is overloaded or failed itself (HTTP 5xx).
    Unavailable,
    /// The provider does not accept the request (other HTTP 4xx).
    InvalidRequest,
    /// No connection to the server, or a broken one.
    Connection,
    /// A tool or command failed without further details.
    ToolError,
    /// The operation was cancelled.
    Cancelled,
    /// None of the other classes.
    Other,
}

impl ErrorClass {
    /// Every class.
    pub const ALL: [Self; 12] = [
        Self::RateLimit,
        Self::Timeout,
        Self::ContextLength,
        Self::ContentFilter,
        Self::Authentication,
        Self::Quota,
        Self::Unavailable,
        Self::InvalidRequest,
        Self::Connection,
        Self::ToolError,
        Self::Cancelled,
        Self::Other,
    ];

    /// The word of the class in filters and answers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RateLimit => "rate_limit",
            Self::Timeout => "timeout",
            Self::ContextLength => "context_length",
            Self::ContentFilter => "content_filter",
            Self::Authentication => "authentication",
            Self::Quota => "quota",
            Self::Unavailable => "unavailable",
            Self::InvalidRequest => "invalid_request",
            Self::Connection => "connection",
            Self::ToolError => "tool_error",
            Self::Cancelled => "cancelled",
            Self::Other => "other",
        }
    }

    const fn of_http(status: u64) -> Option<Self> {
        Some(match status {
            401 | 403 | 407 => Self::Authentication,
            402 => Self::Quota,
            408 | 504 => Self::Timeout,
            429 => Self::RateLimit,
            499 => Self::Cancelled,
            400..=499 => Self::InvalidRequest,
            500..=599 => Self::Unavailable,
            _ => return None,
        })
    }
}

/// Attributes that hold the HTTP status of an answer.
const HTTP_STATUS: &[&str] = &["http.response.status_code", "http.status_code", "status_code"];

/// Attributes that hold an error's message.
const MESSAGES: &[&str] = &["error.message", "error_message", "exception.message"];

impl Span {
    /// Whether the span failed: by its status, or by an error that an adapter read. A call also failed if it
    /// recorded an exception and no part of an answer. The same holds if its answer ended with an error and
    /// has no tokens. Some sources report such a call as successful. A call did not fail if its answer was
    /// complete and only its status says otherwise: some sources copy the status of another span.
    pub fn has_failed(&self) -> bool {
        let read = &self.canonical;
        let has_answer = || {
            read.usage.as_ref().is_some_and(Usage::has_figures)
                || read.response_id.is_some()
                || read.response_model.is_some()
                || !read.finish_reasons.is_empty()
        };
        let ended = |reasons: &[&str]| {
            let is_one = |reason: &CompactString| reasons.contains(&reason.as_str());
            !read.finish_reasons.is_empty() && read.finish_reasons.iter().all(is_one)
        };
        let is_told = read.error_type.is_some();
        if !read.kind.is_call() || is_told {
            return is_told || self.status == Status::Error;
        }
        let output = read.usage.as_ref().and_then(|usage| usage.output).unwrap_or(0);
        match self.exception() {
            Some(_) => self.status == Status::Error || !has_answer(),
            None if self.status == Status::Error => output == 0 || !ended(COMPLETE),
            None => output == 0 && ended(FAILED),
        }
    }

    fn exception(&self) -> Option<&SpanEvent> {
        self.events.iter().rev().find(|event| event.name == "exception")
    }

    /// The class of the span's failure; `None` if it did not fail.
    pub fn error_class(&self) -> Option<ErrorClass> {
        let error_type = self.canonical.error_type.as_deref();
        if !self.has_failed() {
            return None;
        }
        let exception = self.exception();
        let told = |key| exception.and_then(|event| event.attributes.text(key));
        let types = words(&[error_type, told("exception.type")]);
        let own = MESSAGES.iter().find_map(|key| self.attributes.text(key));
        let messages = words(&[Some(&self.status_message), told("exception.message"), own]);
        let sent = HTTP_STATUS.iter().find_map(|key| self.attributes.get(key)).and_then(status_number);
        Some(decide(self.canonical.kind, &types, &messages, sent))
    }
}

fn decide(kind: Kind, types: &str, messages: &str, sent: Option<u64>) -> ErrorClass {
    let particular = found(PARTICULAR, types).or_else(|| found(PARTICULAR, messages));
    // Google and others call limits by the minute "quota".
    let particular = particular.filter(|class| *class != ErrorClass::Quota || !messages.contains(" per min"));
    let status = || {
        let told = sent.or_else(|| status_in(types)).or_else(|| status_in(messages));
        told.and_then(ErrorClass::of_http)
    };
    let plain = |class: &ErrorClass| *class == ErrorClass::InvalidRequest;
    let class = particular
        .or_else(|| status().filter(|class| !plain(class)))
        .or_else(|| found(GENERAL, types))
        .or_else(status)
        .or_else(|| found(WRAPPING, types))
        .or_else(|| found(GENERAL, messages))
        .or_else(|| found(WRAPPING, messages));
    // A bare `api_error` is Anthropic's word for its own failure.
    let class = class.or_else(|| (types == " api error ").then_some(ErrorClass::Unavailable));
    match class {
        // Wrong arguments of a tool are the tool's failure, not a provider's.
        None | Some(ErrorClass::InvalidRequest) if kind == Kind::Tool => ErrorClass::ToolError,
        class => class.unwrap_or(ErrorClass::Other),
    }
}

fn status_number(value: &Value) -> Option<u64> {
    let number = match value {
        Value::Int(number) => u64::try_from(*number).ok(),
        value => value.as_str().and_then(|text| text.trim().parse().ok()),
    };
    number.filter(|status| (400..600).contains(status))
}

#[cfg(test)]
mod tests;
