//! The lossless conversion between OTLP bodies (protobuf and JSON, all three signals) and records.
//!
//! Verb: READ THE WIRE.
//! Takes: the bytes of one export request, the limits, the time now; records to export.
//! Gives: a batch of records, the rejected items with reasons, the repairs; and the bytes of requests and
//! answers. Decoded records are encoded as they came; [`outgoing`] adds Quipu's findings to spans in the
//! words of other conventions.
//! Never: does I/O, reads a clock, fails a whole request for one bad item, or puts sent data into an error
//! text.
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
pub use encoding::{Encoding, NESTING, Signal};
pub use footprint::footprint;
pub use refused::refused;
pub use status::RpcStatus;
pub use take::{decode, decode_logs, decode_metrics, decode_traces};
