//! Tests of failures and their classes.

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
            ("RateLimitError", "Visit https://platform.openai.com/account/billing to add a payment method"),
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
            ("anthropic.InternalServerError", "Error code: 529 - {'error': {'type': 'overloaded_error'}}"),
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
