//! Receivers of telemetry: OTLP over gRPC and HTTP, and the protocols of Jaeger and Zipkin.
//!
//! Verb: LISTEN.
//! Takes: export requests in every encoding and compression of the SDKs; packets of Jaeger's clients.
//! Gives: batches, read by the pipeline's first stage, to the intake; to the client an answer in the form of
//! its protocol.
//! Never: acknowledges before the commit, exceeds its limits, or puts telemetry into a log or an error text.

mod body;
mod connection;
mod days;
mod door;
mod error;
mod foreign;
mod grpc;
mod http;
mod ingest;
mod jaeger;
mod receiver;
mod room;
mod sender;
mod serve;
mod skew;
mod tls;
mod trace_sizes;
mod turns;
mod udp;
mod unknown;
mod unpack;
mod unread;
mod zipkin;

pub use door::{Door, more_files};
pub use grpc::grpc_routes;
pub use http::http_routes;
pub use jaeger::{jaeger_grpc_routes, jaeger_http_routes};
pub use quipu_jaeger::Protocol;
pub use receiver::{MaskText, Receiver, ReceiverParts};
pub use sender::OfAnyAge;
pub use serve::serve;
pub use tls::{ClientAuth, ClientCertificate, TlsConfig, TlsServer, TlsVersion};
pub use turns::{Turns, in_turn};
pub use udp::serve_jaeger_udp;
pub use unread::UnreadSource;
pub use zipkin::zipkin_routes;
