//! How much memory a request would take once decoded.

use std::mem::size_of;

use opentelemetry_proto::tonic::{
    common::v1 as common, logs::v1 as logs, metrics::v1 as metrics, trace::v1 as trace,
};
use quipu_core::{
    Bucket, Canonical, Event, EventWire, Exemplar, ExemplarWire, Exponential, Link, Metric, Params, Point,
    PointWire, Quantile, Span, SpanEvent, Value,
};

use crate::rest::{self, OfEvent, OfLink};
use crate::schema::{Points, Seen, Shape, Walk};
use crate::take::NESTING;
use crate::{Encoding, Signal};

/// Bodies up to this size are not looked into: whatever they hold is small.
const SMALL: usize = 64 << 10;

/// Estimates the bytes of memory that decoding `body` takes at its peak.
///
/// Protobuf and JSON can name an empty item in two or three bytes, which becomes some hundred bytes of memory. A caller that
/// bounds memory therefore bounds this figure, not only the length of the body. Costs one quick pass over the body, and
/// nothing for small ones, for which it answers with a multiple of the length.
pub fn footprint(body: &[u8], encoding: Encoding, signal: Signal) -> usize {
    if body.len() <= SMALL {
        return body.len().saturating_mul(4);
    }
    match encoding {
        Encoding::Protobuf => protobuf(body, signal),
        Encoding::Json => json(body),
    }
}

fn protobuf(body: &[u8], signal: Signal) -> usize {
    let mut bytes = body.len();
    let see = |seen| {
        bytes = bytes.saturating_add(match seen {
            Seen::Message(shape) => weight(shape),
            Seen::Packed(counts) => counts.saturating_mul(size_of::<u64>() + size_of::<Bucket>()),
            // Lists of texts exist, and an empty text takes this much as a value.
            Seen::Text(_) => size_of::<Value>(),
            Seen::TooDeep(_) => 0,
        });
    };
    // What follows a break in the framing is never decoded, so what was seen so far is the answer.
    let _ = Walk { body, levels: NESTING + 1, see }.request(signal);
    bytes
}

/// A span's parameters get their box when it is read: by then its wire struct, which is larger, is gone.
const _: () = assert!(size_of::<Params>() <= size_of::<trace::Span>());

/// A point with what else was sent.
const POINT: usize = size_of::<Point>() + size_of::<PointWire>();

/// Wire struct and record of one message, which exist at the same time.
const fn weight(shape: Shape) -> usize {
    match shape {
        Shape::Span => size_of::<trace::Span>() + size_of::<Span>() + size_of::<Canonical>(),
        Shape::SpanEvent => {
            size_of::<trace::span::Event>() + size_of::<SpanEvent>() + OfEvent::MOST * rest::BYTES
        }
        Shape::SpanLink => size_of::<trace::span::Link>() + size_of::<Link>() + OfLink::MOST * rest::BYTES,
        Shape::LogRecord => size_of::<logs::LogRecord>() + size_of::<Event>() + size_of::<EventWire>(),
        Shape::Metric => size_of::<metrics::Metric>() + size_of::<Metric>(),
        Shape::Point(Points::Number) => size_of::<metrics::NumberDataPoint>() + POINT,
        Shape::Point(Points::Histogram) => size_of::<metrics::HistogramDataPoint>() + POINT,
        Shape::Point(Points::Exponential) => {
            size_of::<metrics::ExponentialHistogramDataPoint>() + POINT + size_of::<Exponential>()
        }
        Shape::Point(Points::Summary) => size_of::<metrics::SummaryDataPoint>() + POINT,
        Shape::Quantile => size_of::<metrics::summary_data_point::ValueAtQuantile>() + size_of::<Quantile>(),
        Shape::Exemplar => size_of::<metrics::Exemplar>() + size_of::<ExemplarWire>() + size_of::<Exemplar>(),
        Shape::KeyValue => size_of::<common::KeyValue>() + size_of::<(String, Value)>(),
        Shape::Any => size_of::<common::AnyValue>() + size_of::<Value>(),
        Shape::PerResource(_) | Shape::PerScope(_) => size_of::<trace::ResourceSpans>(),
        // As an attribute, it is a map of four.
        Shape::EntityRef => size_of::<common::EntityRef>() + 6 * rest::BYTES,
        _ => 0,
    }
}

/// JSON names items by an opening brace, of which a value takes two, and numbers and texts in a list by a comma.
fn json(body: &[u8]) -> usize {
    const BRACE: usize = greater(weight(Shape::KeyValue) + weight(Shape::Any), weight(Shape::SpanEvent));
    const COMMA: usize = greater(size_of::<u64>() + size_of::<Bucket>(), size_of::<Value>());
    let weight = |byte: &u8| match *byte {
        b'{' => BRACE,
        b',' => COMMA,
        _ => 0,
    };
    body.iter().map(weight).fold(body.len(), usize::saturating_add)
}

const fn greater(a: usize, b: usize) -> usize {
    if a > b { a } else { b }
}
