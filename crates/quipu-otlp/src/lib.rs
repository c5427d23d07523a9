//! OTLP wire shapes to records and back, for protobuf and JSON bodies of all three signals.
//!
//! Verb: READ THE WIRE.
//! Takes: the bytes of one export request, the bounds, the time now; records that go out.
//! Gives: a batch of records, what was refused of it and why, what was mended; and the bytes of requests and answers. What is taken
//! is encoded as it came; [`outgoing`] puts what Quipu knows of spans into words that others read.
//! Never: does I/O, reads a clock, fails a whole request for one bad item, or puts what was sent into an error text.
//!
//! The wire is that of OTLP 1.x: <https://opentelemetry.io/docs/specs/otlp/>.

mod answer;
mod decoded;
mod encode;
mod encoding;
mod footprint;
mod json;
pub mod outgoing;
mod refused;
mod request;
mod rest;
mod schema;
mod status;
mod take;

pub use answer::{encode_answer, encode_status, retry_details};
pub use decoded::{Decoded, Rejection, Rejections, Tally};
pub use encode::{encode_logs, encode_metrics, encode_traces};
pub use encoding::{Encoding, Signal};
pub use footprint::footprint;
pub use refused::refused;
pub use status::RpcStatus;
pub use take::{NESTING, decode, decode_logs, decode_metrics, decode_traces};
