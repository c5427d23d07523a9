//! Error type of a failed span.

use compact_str::{CompactString, ToCompactString};
use quipu_core::{Span, Status};
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

/// The class name in Python's notation `<class 'openai.RateLimitError'>`.
fn bare_class(name: &str) -> &str {
    name.strip_prefix("<class '").and_then(|rest| rest.strip_suffix("'>")).unwrap_or(name)
}

fn exception(span: &Span) -> Option<CompactString> {
    let last = span.events.iter().rev().find(|event| event.name == "exception")?;
    let name = last.attributes.text("exception.type").filter(|name| !text::is_missing(name))?;
    Some(CompactString::from(text::cut(bare_class(name.trim()), 256)))
}

fn http_status(slots: &Slots<'_>) -> Option<CompactString> {
    slots
        .count(Field::HttpStatus)
        .filter(|status| (400..600).contains(status))
        .map(|status| status.to_compact_string())
}
