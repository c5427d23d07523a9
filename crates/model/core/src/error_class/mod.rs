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
mod tests {
    use super::*;
    use crate::{Attributes, Canonical, SpanId, Timestamp, TraceId};

    fn class(kind: Kind, error_type: &str, message: &str) -> &'static str {
        decide(kind, &words(&[Some(error_type)]), &words(&[Some(message)]), None).as_str()
    }

    #[test]
    fn words_are_those_of_people() {
        assert_eq!(words(&[Some("openai.RateLimitError")]), " openai rate limit error ");
        assert_eq!(words(&[Some("APITimeoutError"), None]), " api timeout error ");
        assert_eq!(words(&[Some("429 RESOURCE_EXHAUSTED.")]), " 429 resource exhausted ");
        assert_eq!(words(&[Some("")]), " ");
    }

    #[test]
    fn a_word_within_a_word_says_nothing() {
        assert_eq!(class(Kind::Llm, "ValueError", "separate limits apply"), "other");
        assert_eq!(class(Kind::Llm, "ValueError", "took 503 ms, id 429"), "other");
        assert_eq!(class(Kind::Llm, "x", "boom\nTraceback (most recent call last):\n  timeout=60"), "other");
    }

    /// Error texts of five providers' SDKs and of frameworks, by class.
    const TOLD: &[(&str, &[(&str, &str)])] = &[
        (
            "rate_limit",
            &[
                ("openai.RateLimitError", "Error code: 429 - {'error': {'message': 'Rate limit reached'}}"),
                (
                    "RateLimitError",
                    "Visit https://platform.openai.com/account/billing to add a payment method",
                ),
                ("ThrottlingException", "Too many tokens, please wait before trying again."),
                ("google.genai.errors.ClientError", "429 RESOURCE_EXHAUSTED. {'error': {'code': 429}}"),
                ("_ResourceExhaustedError", "Quota exceeded for metric: requests per minute per model"),
                ("429", ""),
                ("AI_APICallError", "Too Many Requests"),
                ("rate_limit_error", ""),
                ("strands.types.exceptions.ModelThrottledException", "An error occurred"),
                ("litellm.APIConnectionError", "OllamaException - HTTP 429"),
            ],
        ),
        (
            "quota",
            &[
                ("RateLimitError", "Error code: 429 - {'error': {'code': 'insufficient_quota'}}"),
                ("invalid_request_error", "Your credit balance is too low to access the Anthropic API."),
                ("402", ""),
                ("ServiceQuotaExceededException", ""),
            ],
        ),
        (
            "context_length",
            &[
                ("BadRequestError", "Error code: 400 - {'error': {'code': 'context_length_exceeded'}}"),
                ("invalid_request_error", "prompt is too long: 213462 tokens > 200000 maximum"),
                ("ValidationException", "Input is too long for requested model."),
                ("litellm.ContextWindowExceededError", ""),
                (
                    "ClientError",
                    "400 The input token count (9) exceeds the maximum number of tokens allowed (5).",
                ),
            ],
        ),
        (
            "content_filter",
            &[
                ("BadRequestError", "Error code: 400 - {'error': {'code': 'content_filter'}}"),
                ("400", "The response was filtered due to Azure OpenAI's content management policy."),
                ("ContentPolicyViolationError", ""),
            ],
        ),
        (
            "timeout",
            &[
                ("openai.APITimeoutError", "Request timed out."),
                ("httpx.ReadTimeout", ""),
                ("TimeoutError", ""),
                ("ServerError", "504 DEADLINE_EXCEEDED"),
                ("ModelTimeoutException", ""),
                ("asyncio.exceptions.TimeoutError", ""),
            ],
        ),
        (
            "authentication",
            &[
                ("openai.AuthenticationError", "Error code: 401 - Incorrect API key provided"),
                ("anthropic.PermissionDeniedError", ""),
                ("AccessDeniedException", ""),
                ("ClientError", "403 PERMISSION_DENIED"),
                ("401", ""),
            ],
        ),
        (
            "unavailable",
            &[
                (
                    "anthropic.InternalServerError",
                    "Error code: 529 - {'error': {'type': 'overloaded_error'}}",
                ),
                ("openai.InternalServerError", "Error code: 500 - The server had an error"),
                ("ServiceUnavailableException", ""),
                ("503", ""),
                ("api_error", ""),
                ("errors.APIError", "status code: 502"),
            ],
        ),
        (
            "connection",
            &[
                ("openai.APIConnectionError", "Connection error."),
                ("httpx.ConnectError", "[Errno 111]"),
                ("TypeError", "fetch failed"),
                ("EndpointConnectionError", ""),
                ("Error", "connect ECONNREFUSED 127.0.0.1:1"),
            ],
        ),
        (
            "invalid_request",
            &[
                ("openai.BadRequestError", "Error code: 400 - {'error': {'message': 'Unknown parameter'}}"),
                ("openai.NotFoundError", "The model `x` does not exist"),
                ("ValidationException", "Malformed input request"),
                ("422", ""),
            ],
        ),
        (
            "cancelled",
            &[
                ("asyncio.exceptions.CancelledError", ""),
                ("AbortError", ""),
                ("KeyboardInterrupt", ""),
                ("cancelled", ""),
            ],
        ),
        ("other", &[("ValueError", "no such thing"), ("AdapterParseError", ""), ("_OTHER", ""), ("", "")]),
    ];

    #[test]
    fn every_sdk_has_the_same_classes() {
        for (want, told) in TOLD {
            for (error_type, message) in *told {
                assert_eq!(class(Kind::Llm, error_type, message), *want, "{error_type}: {message}");
            }
        }
    }

    #[test]
    fn a_call_with_an_exception_and_no_answer_failed_whatever_its_status() {
        let time = Timestamp::from_nanos(0);
        let mut span = Span::new(TraceId::made_of(&["a"]), SpanId::made_of(&["b"]), "chat", time, time);
        span.status = Status::Ok;
        span.canonical.kind = Kind::Llm;
        assert!(!span.has_failed());
        let attributes = [("exception.message", "Error code: 429")].into_iter().collect();
        span.events.push(SpanEvent { time, name: "exception".into(), attributes });
        assert!(span.has_failed() && span.error_class() == Some(ErrorClass::RateLimit));
        let answered = |answer: fn(&mut Canonical)| {
            let mut span = span.clone();
            answer(&mut span.canonical);
            !span.has_failed()
        };
        // A caught exception, such as that of a first attempt, is no failure.
        assert!(answered(|read| read.response_id = Some("chatcmpl-1".into())));
        assert!(answered(|read| read.usage = Some(Usage { output: Some(1), ..Usage::default() })));
        assert!(answered(|read| read.finish_reasons.push("stop".into())));
        assert!(answered(|read| read.kind = Kind::Tool));
    }

    #[test]
    fn a_finish_reason_tells_more_than_a_status() {
        let call = |status, reason: &str, output| {
            let time = Timestamp::from_nanos(0);
            let mut span = Span::new(TraceId::made_of(&["a"]), SpanId::made_of(&["b"]), "chat", time, time);
            span.status = status;
            span.canonical.kind = Kind::Llm;
            span.canonical.finish_reasons.push(reason.into());
            span.canonical.usage = Some(Usage { output, ..Usage::default() });
            span
        };
        assert!(call(Status::Unset, "error", None).has_failed(), "no answer, and an error ended it");
        assert!(!call(Status::Unset, "error", Some(5)).has_failed(), "a part of an answer is paid for");
        assert!(!call(Status::Error, "stop", Some(5)).has_failed(), "a status copied from another span");
        assert!(call(Status::Error, "length", Some(5)).has_failed());
        assert!(call(Status::Error, "stop", None).has_failed());
        let mut raised = call(Status::Error, "stop", Some(5));
        let time = raised.start;
        raised.events.push(SpanEvent { time, name: "exception".into(), attributes: Attributes::default() });
        assert!(raised.has_failed(), "its own exception");
        let mut named = call(Status::Error, "stop", Some(5));
        named.canonical.error_type = Some("ReadError".into());
        assert!(named.has_failed());
        named.canonical.kind = Kind::Agent;
        assert!(named.has_failed());
    }

    #[test]
    fn a_tool_that_says_no_more_failed_as_a_tool() {
        for (error_type, message, want) in [
            ("ValueError", "no such city", "tool_error"),
            ("exit_code", "", "tool_error"),
            ("pydantic.ValidationError", "1 validation error", "tool_error"),
            ("TimeoutError", "", "timeout"),
            ("", "HTTP 503 from upstream", "unavailable"),
        ] {
            assert_eq!(class(Kind::Tool, error_type, message), want, "{error_type}: {message}");
        }
        assert_eq!(class(Kind::Agent, "smolagents.utils.AgentToolExecutionError", ""), "tool_error");
    }
}
