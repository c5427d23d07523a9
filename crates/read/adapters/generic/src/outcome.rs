//! Failures and owners that home-made programs write into attributes.

use compact_str::CompactString;
use quipu_core::{Span, Value};
use quipu_normalize::label;

use crate::words;

/// The type of an error that only an attribute tells.
const ERROR: &str = "error";

/// The type of error of a span whose status does not say that it failed: a flag or a text under `error`, a
/// flag `success`, or a `status`.
pub(crate) fn failure(span: &Span) -> Option<CompactString> {
    let has_failed = |(key, value): &(CompactString, Value)| {
        if !matches!(value, Value::Bool(_) | Value::String(_)) {
            return false;
        }
        let mut cut = Vec::new();
        words::cut(key, &mut cut);
        match (cut.last().map(CompactString::as_str), value) {
            (Some("error" | "failed"), Value::Bool(flag)) => *flag,
            (Some("success" | "succeeded" | "ok"), Value::Bool(flag)) => !flag,
            (Some("error"), Value::String(text)) => !is_nothing(text),
            (Some("status" | "outcome"), Value::String(text)) => is_failure(text),
            _ => false,
        }
    };
    let found = span.attributes.iter().any(has_failed);
    found.then(|| CompactString::const_new(ERROR))
}

fn is_nothing(text: &str) -> bool {
    matches!(text.trim().to_ascii_lowercase().as_str(), "" | "none" | "null" | "nil" | "false" | "no")
}

fn is_failure(text: &str) -> bool {
    matches!(text.to_ascii_lowercase().as_str(), "error" | "failed" | "failure" | "fail")
}

/// The id of an owner, under keys that end in `what` and `id`, such as `session_id` and `acme.sessionId`.
pub(crate) fn owner(span: &Span, what: &[&str]) -> Option<CompactString> {
    let is_owner = |key: &str| {
        let mut cut = Vec::new();
        words::cut(key, &mut cut);
        matches!(cut.as_slice(), [.., of, id] if id == "id" && what.contains(&of.as_str()))
    };
    let ids = span.attributes.iter().filter(|(key, _)| key.ends_with(['d', 'D']) && is_owner(key));
    ids.filter_map(|(_, value)| label(value)).next()
}

#[cfg(test)]
mod tests {
    use quipu_core::{SpanId, Timestamp, TraceId};

    use super::*;

    fn span(key: &str, value: Value) -> Span {
        let (trace, id) = (TraceId::made_of(&["a"]), SpanId::made_of(&["b"]));
        let mut span = Span::new(trace, id, "ask", Timestamp::from_nanos(1), Timestamp::from_nanos(2));
        span.attributes.push(key, value);
        span
    }

    #[test]
    fn attributes_tell_failures() {
        for (key, value, fails) in [
            ("error", Value::Bool(true), true),
            ("llm.error", "429".into(), true),
            ("llm.success", Value::Bool(false), true),
            ("llm.status", "error".into(), true),
            ("error", Value::Bool(false), false),
            ("llm.error", "None".into(), false),
            ("llm.success", Value::Bool(true), false),
            ("llm.status", "success".into(), false),
            ("llm.book", Value::Bool(false), false),
        ] {
            assert_eq!(failure(&span(key, value.clone())).is_some(), fails, "{key} = {value:?}");
        }
    }

    #[test]
    fn keys_name_owners() {
        for (key, found) in
            [("session_id", true), ("acme.sessionId", true), ("session.idle", false), ("trace_id", false)]
        {
            assert_eq!(owner(&span(key, "s-1".into()), &["session"]).is_some(), found, "{key}");
        }
    }
}
