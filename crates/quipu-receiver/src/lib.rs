//! Takes OTLP over gRPC and HTTP.
//!
//! Verb: LISTEN.
//! Takes: export requests from the network, in every encoding and compression that SDKs use.
//! Gives: batches, read by the adapters, to the intake; and to the sender the answer that OTLP prescribes.
//! Never: acknowledges what is not committed, holds more than its bounds, or lets what was sent into a log or an error text.

mod body;
mod failure;
mod grpc;
mod http;
mod ingest;
mod receiver;
mod room;
mod serve;
mod unknown;
mod unpack;

pub use grpc::grpc_routes;
pub use http::http_routes;
pub use receiver::{Parts, Receiver};
pub use serve::serve;
