//! Configuration of the listeners for Jaeger and Zipkin.

use serde::Deserialize;

use super::config::OFF;

/// Listeners for old agents: `host:port`, or `off`.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Jaeger {
    /// Thrift compact over UDP, as agents take it on 6831.
    pub compact: String,
    /// Thrift binary over UDP, as agents take it on 6832.
    pub binary: String,
    /// Thrift over HTTP, as collectors take it on 14268.
    pub http: String,
    /// gRPC, as collectors take it on 14250.
    pub grpc: String,
    /// Zipkin v2 JSON over HTTP, as Zipkin takes it on 9411.
    pub zipkin: String,
}

impl Default for Jaeger {
    fn default() -> Self {
        let [compact, binary, http, grpc, zipkin] = std::array::from_fn(|_| OFF.to_owned());
        Self { compact, binary, http, grpc, zipkin }
    }
}
