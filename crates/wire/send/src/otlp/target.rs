//! The target of a signal.

use std::sync::Arc;

use quipu_otlp::{Encoding, Signal};
use serde::{Deserialize, Serialize};

use crate::{Authorize, HttpConfig};

/// The transport of OTLP. The names are those of `OTEL_EXPORTER_OTLP_PROTOCOL`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Protocol {
    /// gRPC over HTTP/2, with TLS if the address begins with `https`.
    #[serde(rename = "grpc")]
    Grpc,
    /// Protobuf bodies over HTTP.
    #[default]
    #[serde(rename = "http/protobuf")]
    HttpProtobuf,
    /// JSON bodies over HTTP.
    #[serde(rename = "http/json")]
    HttpJson,
}

impl Protocol {
    /// The encoding of bodies.
    pub const fn encoding(self) -> Encoding {
        match self {
            Self::Grpc | Self::HttpProtobuf => Encoding::Protobuf,
            Self::HttpJson => Encoding::Json,
        }
    }
}

/// The target of one signal.
#[derive(Debug, Clone)]
pub struct Target {
    /// For HTTP the whole URL, `http://collector:4318/v1/traces`; for gRPC scheme, host and port.
    pub url: String,
    /// The transport.
    pub protocol: Protocol,
    /// Headers, timeout, TLS, compression.
    pub connection: HttpConfig,
    /// A source of credentials, in addition to fixed headers.
    pub authorize: Option<Arc<dyn Authorize>>,
}

impl Target {
    /// Returns a signal's target at a common endpoint. HTTP adds a path such as `v1/traces`.
    /// <https://opentelemetry.io/docs/specs/otel/protocol/exporter/#endpoint-urls-for-otlphttp>
    pub fn below(endpoint: &str, signal: Signal, protocol: Protocol, connection: &HttpConfig) -> Self {
        let url = match protocol {
            Protocol::Grpc => endpoint.to_owned(),
            Protocol::HttpProtobuf | Protocol::HttpJson => {
                // A query, such as a token, stays behind the path.
                let (path, question) = endpoint.split_at(endpoint.find('?').unwrap_or(endpoint.len()));
                format!("{}/v1/{}{question}", path.trim_end_matches('/'), signal.as_str())
            }
        };
        Self { url, protocol, connection: connection.clone(), authorize: None }
    }
}
