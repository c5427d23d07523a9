//! Time to the first token.

use quipu_semconv::{FIRST_TOKEN_EVENTS, Field, MILLISECOND_SCOPES};

use crate::{Slots, number, scope_begins};

/// Limit in seconds; a larger figure under this name is in milliseconds.
const LONGEST_SECONDS: f64 = 100.0;

/// Nanoseconds until the first token or chunk: as reported, otherwise from the first event that marks one.
pub(crate) fn time_to_first_token(slots: &Slots<'_>) -> Option<i64> {
    let said = |field, scale| {
        slots.get(field).and_then(number::decimal).and_then(|figure| nanoseconds(figure * scale))
    };
    said(Field::TimeToFirstSeconds, 1e9)
        .or_else(|| said(Field::TimeToFirstMillis, 1e6))
        .or_else(|| {
            slots
                .get(Field::TimeToFirstServer)
                .and_then(number::decimal)
                .and_then(|figure| server(slots, figure))
        })
        .or_else(|| time_of_day(slots))
        .or_else(|| first_event(slots))
}

fn server(slots: &Slots<'_>, figure: f64) -> Option<i64> {
    let in_milliseconds = figure > LONGEST_SECONDS || scope_begins(slots.span, MILLISECOND_SCOPES);
    nanoseconds(if in_milliseconds { figure * 1e6 } else { figure * 1e9 })
}

/// The first token's time of day, plain or as a quoted JSON text. Some sources repeat the time of an earlier
/// call, so a time before the span's start is ignored.
fn time_of_day(slots: &Slots<'_>) -> Option<i64> {
    let said = slots.text(Field::TimeOfFirstToken)?.trim().trim_matches('"');
    let time: quipu_core::Timestamp = said.parse().ok()?;
    Some(time.since(slots.span.start)).filter(|nanoseconds| *nanoseconds >= 0)
}

fn nanoseconds(figure: f64) -> Option<i64> {
    (0.0..9e18).contains(&figure).then_some(figure as i64)
}

fn first_event(slots: &Slots<'_>) -> Option<i64> {
    let span = slots.span;
    let marks = span.events.iter().filter(|event| FIRST_TOKEN_EVENTS.contains(&event.name.as_str()));
    marks.map(|event| event.time.since(span.start)).min().filter(|nanoseconds| *nanoseconds >= 0)
}
