//! Cursors as opaque text: hexadecimal, with a version and the kind of page that they continue.

use quipu_core::{Cursor, Sort, SpanId, Timestamp, TraceId, WorkRowCursor, WorkRowSort};

use crate::traces::SORTS;
use crate::work_rows::WORK_ROW_SORTS;

const VERSION: u8 = 1;
const TRACES: u8 = b't';
const SESSIONS: u8 = b's';
const EVENTS: u8 = b'e';
const SPANS: u8 = b'p';
const WORK_ROWS: u8 = b'w';

/// The end of a page, converted to and from the client's text. A text of another version, another kind of
/// page, or another order of traces gives `None`.
pub struct CursorText;

impl CursorText {
    /// After a trace, in an order.
    pub fn of_trace(cursor: &Cursor, sort: Sort) -> String {
        let order = SORTS
            .iter()
            .position(|(_, known)| *known == sort)
            .and_then(|at| u8::try_from(at).ok())
            .unwrap_or(0);
        text(TRACES, &[&[order], &cursor.value.to_be_bytes(), cursor.trace_id.as_bytes()])
    }

    /// Reads [`CursorText::of_trace`].
    pub fn to_trace(cursor: &str, sort: Sort) -> Option<Cursor> {
        let bytes = bytes(TRACES, cursor)?;
        let (order, rest) = bytes.split_first()?;
        let (_, order) = SORTS.get(usize::from(*order))?;
        let (value, trace_id) = rest.split_first_chunk()?;
        let trace_id = TraceId::from_slice(trace_id).ok()?;
        (*order == sort).then_some(Cursor { value: i64::from_be_bytes(*value), trace_id })
    }

    /// After a session, by its last activity.
    pub fn of_session(at: Timestamp, session: &str) -> String {
        text(SESSIONS, &[&at.nanos().to_be_bytes(), session.as_bytes()])
    }

    /// Reads [`CursorText::of_session`].
    pub fn to_session(cursor: &str) -> Option<(Timestamp, String)> {
        let bytes = bytes(SESSIONS, cursor)?;
        let (at, session) = bytes.split_first_chunk()?;
        Some((Timestamp::from_nanos(i64::from_be_bytes(*at)), String::from_utf8(session.to_vec()).ok()?))
    }

    /// After an event, by its time and the number that the store gave it.
    pub fn of_event(at: Timestamp, number: i64) -> String {
        text(EVENTS, &[&at.nanos().to_be_bytes(), &number.to_be_bytes()])
    }

    /// Reads [`CursorText::of_event`].
    pub fn to_event(cursor: &str) -> Option<(Timestamp, i64)> {
        let bytes = bytes(EVENTS, cursor)?;
        let (at, number) = bytes.split_first_chunk()?;
        Some((Timestamp::from_nanos(i64::from_be_bytes(*at)), i64::from_be_bytes(number.try_into().ok()?)))
    }

    /// After a span, by its start.
    pub fn of_span(start: Timestamp, span_id: SpanId) -> String {
        text(SPANS, &[&start.nanos().to_be_bytes(), span_id.as_bytes()])
    }

    /// Reads [`CursorText::of_span`].
    pub fn to_span(cursor: &str) -> Option<(Timestamp, SpanId)> {
        let bytes = bytes(SPANS, cursor)?;
        let (start, span_id) = bytes.split_first_chunk()?;
        Some((Timestamp::from_nanos(i64::from_be_bytes(*start)), SpanId::from_slice(span_id).ok()?))
    }

    /// After a span of all traces, in an order.
    pub fn of_work_row(cursor: &WorkRowCursor, sort: WorkRowSort) -> String {
        let order = WORK_ROW_SORTS
            .iter()
            .position(|(_, known)| *known == sort)
            .and_then(|at| u8::try_from(at).ok())
            .unwrap_or(0);
        let figure = [u8::from(cursor.figure.is_some())];
        let value = cursor.figure.unwrap_or_default().to_be_bytes();
        let (time, trace) = (cursor.time.nanos().to_be_bytes(), cursor.trace_id.as_bytes());
        text(WORK_ROWS, &[&[order], &figure, &value, &time, trace, cursor.span_id.as_bytes()])
    }

    /// Reads [`CursorText::of_work_row`].
    pub fn to_work_row(cursor: &str, sort: WorkRowSort) -> Option<WorkRowCursor> {
        let bytes = bytes(WORK_ROWS, cursor)?;
        let ([order, has_figure], rest) = bytes.split_first_chunk()?;
        let (figure, rest) = rest.split_first_chunk()?;
        let (time, rest) = rest.split_first_chunk()?;
        let (trace_id, span_id) = rest.split_first_chunk::<16>()?;
        let (_, order) = WORK_ROW_SORTS.get(usize::from(*order))?;
        let cursor = WorkRowCursor {
            figure: (*has_figure == 1).then(|| i64::from_be_bytes(*figure)),
            time: Timestamp::from_nanos(i64::from_be_bytes(*time)),
            trace_id: TraceId::from_slice(trace_id).ok()?,
            span_id: SpanId::from_slice(span_id).ok()?,
        };
        (*order == sort).then_some(cursor)
    }
}

fn text(kind: u8, parts: &[&[u8]]) -> String {
    let bytes = [VERSION, kind].into_iter().chain(parts.iter().copied().flatten().copied());
    bytes.map(|byte| format!("{byte:02x}")).collect()
}

fn bytes(kind: u8, text: &str) -> Option<Vec<u8>> {
    let digit = |c: u8| char::from(c).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    let byte = |[high, low]: &[u8; 2]| Some(digit(*high)? << 4 | digit(*low)?);
    let bytes: Vec<u8> = pairs.iter().map(byte).collect::<Option<_>>()?;
    match bytes.split_at_checked(2)? {
        ([VERSION, found], payload) if rest.is_empty() && *found == kind => Some(payload.to_vec()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_cursor_round_trips(at in any::<i64>(), number in any::<i64>(), id in 1_u128.., span in 1_u64.., name in ".{0,40}", order in 0..8_usize) {
            let (at, span) = (Timestamp::from_nanos(at), SpanId::from_bytes(span.to_be_bytes()).unwrap());
            let trace = Cursor { value: number, trace_id: TraceId::from_bytes(id.to_be_bytes()).unwrap() };
            let (_, sort) = SORTS[order];
            prop_assert_eq!(CursorText::to_trace(&CursorText::of_trace(&trace, sort), sort), Some(trace));
            prop_assert_eq!(CursorText::to_session(&CursorText::of_session(at, &name)), Some((at, name)));
            prop_assert_eq!(CursorText::to_event(&CursorText::of_event(at, number)), Some((at, number)));
            prop_assert_eq!(CursorText::to_span(&CursorText::of_span(at, span)), Some((at, span)));
            for figure in [None, Some(number)] {
                let (trace_id, sort) = (trace.trace_id, WORK_ROW_SORTS[order].1);
                let row = WorkRowCursor { figure, time: at, trace_id, span_id: span };
                prop_assert_eq!(CursorText::to_work_row(&CursorText::of_work_row(&row, sort), sort), Some(row));
            }
        }

        #[test]
        fn any_text_is_answered(text in "[0-9a-fA-F]{0,60}|.{0,20}") {
            let _ = (CursorText::to_trace(&text, Sort::Newest), CursorText::to_session(&text));
            let _ = (CursorText::to_event(&text), CursorText::to_span(&text));
            let _ = CursorText::to_work_row(&text, WorkRowSort::Newest);
        }
    }

    #[test]
    fn a_cursor_of_another_page_order_or_version_is_none() {
        let cursor = Cursor { value: 7, trace_id: TraceId::from_bytes([1; 16]).unwrap() };
        let text = CursorText::of_trace(&cursor, Sort::Newest);
        assert_eq!(CursorText::to_trace(&text, Sort::Dearest), None);
        assert_eq!(CursorText::to_event(&text), None);
        assert_eq!(CursorText::to_trace(&text.replacen("01", "02", 1), Sort::Newest), None);
        assert_eq!(CursorText::to_trace(&format!("{text}0"), Sort::Newest), None);
    }
}
