//! Where a signal goes.

use std::sync::Arc;

use quipu_otlp::{Encoding, Signal};
use serde::{Deserialize, Serialize};

use crate::{Authorize, HttpSettings};

/// How OTLP is carried. The names are those of `OTEL_EXPORTER_OTLP_PROTOCOL`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Protocol {
    /// gRPC over HTTP/2, with TLS where the address begins with `https`.
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
    /// How bodies are to be written.
    pub const fn encoding(self) -> Encoding {
        match self {
            Self::Grpc | Self::HttpProtobuf => Encoding::Protobuf,
            Self::HttpJson => Encoding::Json,
        }
    }
}

/// Where one signal goes, and how.
#[derive(Debug, Clone)]
pub struct Target {
    /// For HTTP the whole URL, `http://collector:4318/v1/traces`; for gRPC scheme, host and port.
    pub url: String,
    /// How it is carried.
    pub protocol: Protocol,
    /// Headers, time, TLS, packing.
    pub connection: HttpSettings,
    /// What lets requests in, beyond fixed headers.
    pub authorize: Option<Arc<dyn Authorize>>,
}

impl Target {
    /// A signal's place below an endpoint for all signals: over HTTP `v1/traces` and its like are added to its path.
    /// <https://opentelemetry.io/docs/specs/otel/protocol/exporter/#endpoint-urls-for-otlphttp>
    pub fn below(endpoint: &str, signal: Signal, protocol: Protocol, connection: &HttpSettings) -> Self {
        let url = match protocol {
            Protocol::Grpc => endpoint.to_owned(),
            Protocol::HttpProtobuf | Protocol::HttpJson => {
                // A question mark and what follows it, such as a token, stay behind the path.
                let (path, question) = endpoint.split_at(endpoint.find('?').unwrap_or(endpoint.len()));
                format!("{}/v1/{}{question}", path.trim_end_matches('/'), signal.as_str())
            }
        };
        Self { url, protocol, connection: connection.clone(), authorize: None }
    }
}
