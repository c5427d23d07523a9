//! Decoders of Jaeger's and Zipkin's wire formats, for senders that do not use OTLP.
//!
//! Verb: READ THE WIRE.
//! Takes: the bytes of one packet or request: Jaeger's Thrift or protobuf, Zipkin's JSON; the limits, the
//! time now.
//! Gives: a batch of spans, the rejected ones with reasons, the repairs; in the same form as for OTLP.
//! Never: does I/O, reads a clock, trusts a declared length, loses good spans to a bad one, or puts sent data
//! into errors.
//!
//! Formats: <https://github.com/jaegertracing/jaeger-idl> and
//! <https://zipkin.io/zipkin-api/#/default/post_spans>. The meaning of tags follows
//! <https://opentelemetry.io/docs/specs/otel/trace/sdk_exporters/jaeger/> and the same page for Zipkin, in
//! reverse.

mod draft;
mod meaning;
mod process;
mod proto;
mod taker;
mod thrift;
mod wire;
mod zipkin;

pub use quipu_otlp::{Decoded, Rejection, Rejections, Tally};
pub use thrift::Protocol;
pub use wire::{Wire, decode};
