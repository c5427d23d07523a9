//! Phrases that name a class of failure.

use super::ErrorClass;

pub(super) type Phrases = &'static [(ErrorClass, &'static [&'static str])];

/// Phrases that decide at any position: providers send these failures under a general status or type.
pub(super) const PARTICULAR: Phrases = &[
    (
        ErrorClass::ContextLength,
        &[
            "context length",
            "context window",
            "maximum context",
            "prompt is too long",
            "input is too long",
            "exceeds the maximum number of tokens",
        ],
    ),
    (
        ErrorClass::ContentFilter,
        &[
            "content filter",
            "content policy",
            "content management policy",
            "responsible ai policy",
            "moderation blocked",
            "safety system",
            "blocked by safety",
            "prohibited content",
            "guardrail intervened",
        ],
    ),
    (
        ErrorClass::Quota,
        &[
            "insufficient quota",
            "exceeded your current quota",
            "quota exceeded",
            "billing hard limit",
            "billing error",
            "billing not active",
            "credit balance",
            "payment required",
            "insufficient credit",
            "insufficient fund",
            "insufficient balance",
            "budget exceeded",
        ],
    ),
];

/// Words of types and codes. They also apply to messages if neither a type nor a status decides.
pub(super) const GENERAL: Phrases = &[
    (ErrorClass::Cancelled, &["cancelled", "canceled", "cancellation", "abort", "keyboard interrupt"]),
    (ErrorClass::Timeout, &["timeout", "timed out", "time out", "deadline exceeded"]),
    (
        ErrorClass::RateLimit,
        &["rate limit", "ratelimit", "too many requests", "throttl", "resource exhausted"],
    ),
    (
        ErrorClass::Authentication,
        &[
            "authentication",
            "unauthorized",
            "unauthenticated",
            "permission",
            "access denied",
            "forbidden",
            "invalid api key",
            "incorrect api key",
            "expired token",
            "unrecognized client",
            "no credentials",
        ],
    ),
    (
        ErrorClass::Unavailable,
        &[
            "overloaded",
            "unavailable",
            "internal server",
            "internal failure",
            "server error",
            "server had an error",
            "bad gateway",
            "model not ready",
        ],
    ),
];

/// Words of types that wrap other failures: a status in the message is more specific.
pub(super) const WRAPPING: Phrases = &[
    (
        ErrorClass::Connection,
        &[
            "connection",
            "connect error",
            "cannot connect",
            "econnrefused",
            "econnreset",
            "enotfound",
            "network",
            "fetch failed",
            "unreachable",
            "name resolution",
            "remote protocol",
            "broken pipe",
            "endpoint",
        ],
    ),
    (
        ErrorClass::InvalidRequest,
        &[
            "invalid request",
            "bad request",
            "invalid argument",
            "invalid parameter",
            "unprocessable",
            "not found",
            "unsupported",
            "validation",
        ],
    ),
    (ErrorClass::ToolError, &["tool error", "tool execution", "tool call", "tool exception", "exit code"]),
];

/// The class of the first phrase that starts at a word of the text.
pub(super) fn found(phrases: Phrases, text: &str) -> Option<ErrorClass> {
    let begins = |phrase: &&str| text.match_indices(*phrase).any(|(at, _)| text[..at].ends_with(' '));
    phrases.iter().find(|(_, phrases)| phrases.iter().any(begins)).map(|(class, _)| *class)
}
