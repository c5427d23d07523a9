//! Error type of a failed span.

use compact_str::{CompactString, ToCompactString};
use quipu_core::{Span, SpanEvent, Status};
use quipu_semconv::Field;

use crate::{Slots, number, text};

/// The error type of a command that failed without a more specific one.
pub(crate) const EXIT_CODE: &str = "exit_code";

/// The type of error: as named, otherwise that of the last exception, otherwise the HTTP status. Exceptions
/// and statuses count only on failed spans, because a caught exception is not a failure.
pub(crate) fn error_type(slots: &Slots<'_>) -> Option<CompactString> {
    if let Some(named) = slots.text(Field::ErrorType) {
        return Some(CompactString::from(text::cut(bare_class(named.trim()), 256)));
    }
    if slots.get(Field::ToolError).and_then(number::flag) == Some(true) {
        return Some(CompactString::const_new("tool_error"));
    }
    let found = if slots.span.status == Status::Error {
        exception(slots.span).or_else(|| http_status(slots))
    } else {
        None
    };
    found.or_else(|| exit_code(slots))
}

/// The error type of a command with an exit code other than zero. Such a command failed even if the status
/// says otherwise.
fn exit_code(slots: &Slots<'_>) -> Option<CompactString> {
    let code = number::integer(slots.get(Field::ExitCode)?)?;
    (code != 0).then_some(CompactString::const_new(EXIT_CODE))
}

/// First lines of exceptions that a program raises before it can send a request: a module of it is missing.
const MISSING_MODULE: [&str; 4] =
    ["ModuleNotFoundError:", "ImportError:", "Error: Cannot find module ", "Error [ERR_MODULE_NOT_FOUND]:"];

/// Whether a failed call ended before it sent a request: the exception that began the failure says that a
/// module is missing. In a Python traceback it comes first, and the exceptions that wrap it follow.
pub(crate) fn was_never_sent(span: &Span) -> bool {
    span.status == Status::Error && last_exception(span).is_some_and(lacks_a_module)
}

fn lacks_a_module(exception: &SpanEvent) -> bool {
    let trace = exception.attributes.text("exception.stacktrace").unwrap_or_default();
    let is_exception =
        |line: &&str| !line.is_empty() && !line.starts_with([' ', '\t']) && !line.starts_with("Traceback ");
    let first = trace.lines().find(is_exception).unwrap_or_default();
    MISSING_MODULE.iter().any(|begin| first.starts_with(begin))
}

fn last_exception(span: &Span) -> Option<&SpanEvent> {
    span.events.iter().rev().find(|event| event.name == "exception")
}

/// The class name in Python's notation `<class 'openai.RateLimitError'>`.
fn bare_class(name: &str) -> &str {
    name.strip_prefix("<class '").and_then(|rest| rest.strip_suffix("'>")).unwrap_or(name)
}

fn exception(span: &Span) -> Option<CompactString> {
    let name =
        last_exception(span)?.attributes.text("exception.type").filter(|name| !text::is_missing(name))?;
    Some(CompactString::from(text::cut(bare_class(name.trim()), 256)))
}

fn http_status(slots: &Slots<'_>) -> Option<CompactString> {
    slots
        .count(Field::HttpStatus)
        .filter(|status| (400..600).contains(status))
        .map(|status| status.to_compact_string())
}

#[cfg(test)]
mod tests {
    use quipu_core::{SpanId, Timestamp, TraceId};

    use super::*;

    fn failed(stacktrace: &str) -> Span {
        let time = Timestamp::from_nanos(0);
        let mut span = Span::new(TraceId::made_of(&["a"]), SpanId::made_of(&["b"]), "chat", time, time);
        span.status = Status::Error;
        let attributes = [("exception.stacktrace", stacktrace)].into_iter().collect();
        span.events.push(SpanEvent { time, name: "exception".into(), attributes });
        span
    }

    #[test]
    fn a_missing_module_that_began_the_failure_means_that_nothing_was_sent() {
        let wrapped = "Traceback (most recent call last):\n  File \"a.py\", line 1, in <module>\n    import mcp\n\
            ModuleNotFoundError: No module named 'mcp'\n\nDuring handling of the above exception, another exception occurred:\n\n\
            Traceback (most recent call last):\n  File \"b.py\", line 2, in f\nlitellm.APIConnectionError: No module named 'mcp'\n";
        assert!(was_never_sent(&failed(wrapped)));
        assert!(was_never_sent(&failed(
            "Error: Cannot find module 'x'\n    at Module._resolve (node:internal)\n"
        )));
        let handled = "Traceback (most recent call last):\n  File \"a.py\", line 1, in f\nopenai.RateLimitError: 429\n\n\
            During handling of the above exception, another exception occurred:\n\nTraceback (most recent call last):\n\
            ModuleNotFoundError: No module named 'proxy'\n";
        assert!(!was_never_sent(&failed(handled)));
        let caught = Span { status: Status::Ok, ..failed(wrapped) };
        assert!(!was_never_sent(&caught));
    }
}
