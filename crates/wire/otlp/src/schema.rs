//! The part of OTLP's schema that is needed to walk a protobuf body without decoding it.
//!
//! Field numbers are those of <https://github.com/open-telemetry/opentelemetry-proto>, version 1.x.

use std::ops::Range;

use crate::Signal;

/// A message type. Messages with the same layout of texts and sub-messages share a shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    Request(Signal),
    PerResource(Signal),
    PerScope(Signal),
    Resource,
    EntityRef,
    Scope,
    Span,
    SpanEvent,
    SpanLink,
    Status,
    LogRecord,
    Metric,
    /// A metric's data, with the shape of its points.
    Data(Points),
    Point(Points),
    Exemplar,
    ExponentialBuckets,
    Quantile,
    KeyValue,
    Any,
    Array,
    KeyValues,
}

/// The four layouts of metric points.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Points {
    Number,
    Histogram,
    Exponential,
    Summary,
}

enum Field {
    Text,
    Packed,
    Message(Shape),
    Other,
}

const fn field(shape: Shape, number: u64) -> Field {
    use Field::{Message, Other, Packed, Text};
    match (shape, number) {
        (Shape::Request(signal), 1) => Message(Shape::PerResource(signal)),
        (Shape::PerResource(_), 1) => Message(Shape::Resource),
        (Shape::PerResource(signal), 2) => Message(Shape::PerScope(signal)),
        (Shape::PerScope(_), 1) => Message(Shape::Scope),
        (Shape::PerScope(Signal::Traces), 2) => Message(Shape::Span),
        (Shape::PerScope(Signal::Metrics), 2) => Message(Shape::Metric),
        (Shape::PerScope(Signal::Logs), 2) => Message(Shape::LogRecord),
        (Shape::Resource, 3) => Message(Shape::EntityRef),
        (Shape::Span, 11) => Message(Shape::SpanEvent),
        (Shape::Span, 13) => Message(Shape::SpanLink),
        (Shape::Span, 15) => Message(Shape::Status),
        (Shape::LogRecord, 5) | (Shape::KeyValue, 2) | (Shape::Array, 1) => Message(Shape::Any),
        (Shape::Metric, 5 | 7) => Message(Shape::Data(Points::Number)),
        (Shape::Metric, 9) => Message(Shape::Data(Points::Histogram)),
        (Shape::Metric, 10) => Message(Shape::Data(Points::Exponential)),
        (Shape::Metric, 11) => Message(Shape::Data(Points::Summary)),
        (Shape::Data(points), 1) => Message(Shape::Point(points)),
        (Shape::Point(Points::Number), 5)
        | (Shape::Point(Points::Histogram), 8)
        | (Shape::Point(Points::Exponential), 11) => Message(Shape::Exemplar),
        (Shape::Point(Points::Exponential), 8 | 9) => Message(Shape::ExponentialBuckets),
        (Shape::Point(Points::Summary), 6) => Message(Shape::Quantile),
        (Shape::ExponentialBuckets, 2) => Packed,
        (Shape::Any, 5) => Message(Shape::Array),
        (Shape::Any, 6) => Message(Shape::KeyValues),
        (Shape::Resource | Shape::KeyValues | Shape::Point(Points::Exponential), 1)
        | (Shape::Scope | Shape::SpanEvent, 3)
        | (Shape::Span | Shape::Point(Points::Histogram), 9)
        | (Shape::SpanLink, 4)
        | (Shape::LogRecord, 6)
        | (Shape::Metric, 12)
        | (Shape::Point(Points::Number | Points::Summary) | Shape::Exemplar, 7) => Message(Shape::KeyValue),
        (Shape::PerResource(_) | Shape::PerScope(_) | Shape::SpanLink, 3)
        | (Shape::EntityRef, 1..=4)
        | (Shape::Scope, 1 | 2)
        | (Shape::Span, 3 | 5)
        | (Shape::SpanEvent | Shape::Status, 2)
        | (Shape::LogRecord, 3 | 12)
        | (Shape::Metric, 1..=3)
        | (Shape::KeyValue | Shape::Any, 1) => Text,
        _ => Other,
    }
}

/// An item that a walk finds.
pub(crate) enum Visited {
    /// A message of this shape.
    Message(Shape),
    /// A field that should be UTF-8 text.
    Text(Range<usize>),
    /// A packed list of this many bytes.
    Packed(usize),
    /// The tag of a list or map below the deepest level that is walked.
    TooDeep(usize),
}

/// Walks one message: reports its items, and goes at most `levels` deep into nested values.
pub(crate) struct Walk<'a, F> {
    pub(crate) body: &'a [u8],
    pub(crate) levels: usize,
    pub(crate) see: F,
}

impl<F: FnMut(Visited)> Walk<'_, F> {
    /// Walks the whole body; `None` if its framing is broken.
    pub(crate) fn request(&mut self, signal: Signal) -> Option<()> {
        self.message(Shape::Request(signal), 0..self.body.len(), 0)
    }

    fn message(&mut self, shape: Shape, mut at: Range<usize>, depth: usize) -> Option<()> {
        while !at.is_empty() {
            let tag_at = at.start;
            let tag = self.varint(&mut at)?;
            match tag & 7 {
                0 => drop(self.varint(&mut at)?),
                1 => at.start = at.start.checked_add(8)?,
                5 => at.start = at.start.checked_add(4)?,
                2 => {
                    let size = usize::try_from(self.varint(&mut at)?).ok()?;
                    let value = at.start..at.start.checked_add(size).filter(|end| *end <= at.end)?;
                    at.start = value.end;
                    self.field(field(shape, tag >> 3), tag_at, value, depth)?;
                }
                // Groups are flattened: OTLP has none, and a decoder skips them.
                3 | 4 => {}
                _ => return None,
            }
        }
        (at.start == at.end).then_some(())
    }

    fn field(&mut self, field: Field, tag_at: usize, value: Range<usize>, depth: usize) -> Option<()> {
        match field {
            Field::Text => (self.see)(Visited::Text(value)),
            Field::Packed => (self.see)(Visited::Packed(value.len())),
            Field::Message(shape) => {
                let depth = depth + usize::from(matches!(shape, Shape::Array | Shape::KeyValues));
                if depth > self.levels {
                    (self.see)(Visited::TooDeep(tag_at));
                    return Some(());
                }
                (self.see)(Visited::Message(shape));
                return self.message(shape, value, depth);
            }
            Field::Other => {}
        }
        Some(())
    }

    fn varint(&self, at: &mut Range<usize>) -> Option<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = *self.body.get(at.start).filter(|_| at.start < at.end)?;
            at.start += 1;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(value);
            }
        }
        None
    }
}
