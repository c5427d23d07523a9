//! Jaeger and Zipkin wire shapes to records, for senders that do not speak OTLP.
//!
//! Verb: READ THE WIRE.
//! Takes: the bytes of one packet or request: Jaeger's Thrift or protobuf, Zipkin's JSON; the bounds, the time now.
//! Gives: a batch of spans, what was refused of it and why, what was mended; the same account that OTLP gets.
//! Never: does I/O, reads a clock, trusts a declared length, loses good spans to a bad one, or tells in errors what was sent.
//!
//! Formats: <https://github.com/jaegertracing/jaeger-idl> and <https://zipkin.io/zipkin-api/#/default/post_spans>. What tags
//! mean follows <https://opentelemetry.io/docs/specs/otel/trace/sdk_exporters/jaeger/> and its neighbour for Zipkin, read
//! backwards.

mod draft;
mod meaning;
mod process;
mod proto;
mod taker;
mod thrift;
mod wire;
mod zipkin;

pub use quipu_otlp::{Decoded, Rejection, Rejections, Tally};
pub use wire::{Protocol, Wire, decode};
