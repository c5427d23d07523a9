//! Estimates the memory of a request after decoding.

use std::mem::size_of;

use opentelemetry_proto::tonic::{
    common::v1 as common, logs::v1 as logs, metrics::v1 as metrics, trace::v1 as trace,
};
use quipu_core::{
    Bucket, Canonical, Event, EventWire, Exemplar, ExemplarWire, Exponential, Link, Metric, Params, Point,
    PointWire, Quantile, Span, SpanEvent, Value,
};

use crate::encoding::NESTING;
use crate::rest::{self, OfEvent, OfLink};
use crate::schema::{Points, Shape, Visited, Walk};
use crate::{Encoding, Signal};

/// Bodies up to this size are not scanned, because their contents are always small.
const SMALL: usize = 64 << 10;

/// Estimates the peak memory in bytes for the decoding of `body`.
///
/// Protobuf and JSON can encode an empty item in two or three bytes, which become a hundred bytes or more of
/// memory. A caller with a memory limit therefore limits this figure, not only the length of the body. The
/// estimate takes one fast pass over the body. For a small body it is a multiple of the length, without a
/// pass.
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
            Visited::Message(shape) => weight(shape),
            Visited::Packed(counts) => counts.saturating_mul(size_of::<u64>() + size_of::<Bucket>()),
            // Lists of texts exist, and each empty text takes this much memory as a value.
            Visited::Text(_) => size_of::<Value>(),
            Visited::TooDeep(_) => 0,
        });
    };
    // Bytes after broken framing are never decoded, so the sum up to there is the result.
    let _ = Walk { body, levels: NESTING + 1, see }.request(signal);
    bytes
}

/// A span's parameters are allocated when the span is read; its larger wire struct is freed by then.
const _: () = assert!(size_of::<Params>() <= size_of::<trace::Span>());

/// A point with its further OTLP fields.
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
        // As an attribute it is a map of four entries.
        Shape::EntityRef => size_of::<common::EntityRef>() + 6 * rest::BYTES,
        _ => 0,
    }
}

/// JSON marks items by an opening brace, of which a value takes two. Numbers and texts in a list are marked
/// by a comma.
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
