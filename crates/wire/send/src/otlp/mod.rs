//! An OTLP client for gRPC and HTTP.

mod grpc;
mod reply;
mod sender;
mod target;

pub use reply::{Partial, Refusal, Status};
pub use sender::OtlpSender;
pub use target::{Protocol, Target};
/// gRPC's status codes.
pub use tonic::Code;
