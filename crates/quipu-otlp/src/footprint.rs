//! How much memory a request would take once decoded.

use std::mem::size_of;

use opentelemetry_proto::tonic::{
    common::v1 as common, logs::v1 as logs, metrics::v1 as metrics, trace::v1 as trace,
};
use quipu_core::{Bucket, Canonical, Event, Link, Metric, Params, Point, Quantile, Span, SpanEvent, Value};

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
            // Lists of texts exist, and an empty text takes this much.
            Seen::Text(_) => size_of::<String>(),
            Seen::TooDeep(_) => 0,
        });
    };
    // What follows a break in the framing is never decoded, so what was seen so far is the answer.
    let _ = Walk { body, levels: NESTING + 1, see }.request(signal);
    bytes
}

/// A span's parameters get their box when it is read: by then its wire struct, which is larger, is gone.
const _: () = assert!(size_of::<Params>() <= size_of::<trace::Span>());

/// Wire struct and record of one message, which exist at the same time.
const fn weight(shape: Shape) -> usize {
    match shape {
        Shape::Span => size_of::<trace::Span>() + size_of::<Span>() + size_of::<Canonical>(),
        Shape::SpanEvent => size_of::<trace::span::Event>() + size_of::<SpanEvent>(),
        Shape::SpanLink => size_of::<trace::span::Link>() + size_of::<Link>(),
        Shape::LogRecord => size_of::<logs::LogRecord>() + size_of::<Event>(),
        Shape::Metric => size_of::<metrics::Metric>() + size_of::<Metric>(),
        Shape::Point(Points::Number) => size_of::<metrics::NumberDataPoint>() + size_of::<Point>(),
        Shape::Point(Points::Histogram) => size_of::<metrics::HistogramDataPoint>() + size_of::<Point>(),
        Shape::Point(Points::Exponential) => {
            size_of::<metrics::ExponentialHistogramDataPoint>() + size_of::<Point>()
        }
        Shape::Point(Points::Summary) => size_of::<metrics::SummaryDataPoint>() + size_of::<Point>(),
        Shape::Quantile => size_of::<metrics::summary_data_point::ValueAtQuantile>() + size_of::<Quantile>(),
        Shape::Exemplar => size_of::<metrics::Exemplar>(),
        Shape::KeyValue => size_of::<common::KeyValue>() + size_of::<(String, Value)>(),
        Shape::Any => size_of::<common::AnyValue>() + size_of::<Value>(),
        Shape::PerResource(_) | Shape::PerScope(_) | Shape::EntityRef => size_of::<trace::ResourceSpans>(),
        _ => 0,
    }
}

/// JSON names items by an opening brace, of which a value takes two, and numbers in a list by a comma.
fn json(body: &[u8]) -> usize {
    let weight = |byte: &u8| match *byte {
        b'{' => weight(Shape::KeyValue) + weight(Shape::Any),
        b',' => size_of::<u64>() + size_of::<Bucket>(),
        _ => 0,
    };
    body.iter().map(weight).fold(body.len(), usize::saturating_add)
}
