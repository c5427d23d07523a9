//! Config of the Jaeger backend.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use quipu_core::Result;
use quipu_otlp::outgoing::Mapping;
use quipu_send::{Compression, HttpConfig, Secret, Tls};
use serde::{Deserialize, Serialize};

use crate::fault::invalid;

/// The largest packet that an agent reads (`--processor.jaeger-compact.server-max-packet-size`), which is
/// also the limit of clients (<https://www.jaegertracing.io/docs/1.76/deployment/cli/#jaeger-agent>).
const LARGEST_PACKET: usize = 65_000;
/// A smaller packet would not even fit the tags that every span has.
const SMALLEST_PACKET: usize = 4_096;
/// Port of agents for compact Thrift.
const AGENT_PORT: u16 = 6831;
/// Port of Jaeger for OTLP over gRPC.
const OTLP_GRPC_PORT: &str = ":4317";

/// Protocol to Jaeger. The first three are OTLP and need Jaeger 1.35 or later. The others need the feature
/// `legacy-agent`, and have their names from `OTEL_EXPORTER_JAEGER_PROTOCOL`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Protocol {
    /// OTLP over gRPC, port 4317.
    #[serde(rename = "grpc")]
    Grpc,
    /// OTLP as protobuf over HTTP, port 4318.
    #[serde(rename = "http/protobuf")]
    HttpProtobuf,
    /// OTLP as JSON over HTTP, port 4318.
    #[serde(rename = "http/json")]
    HttpJson,
    /// Compact Thrift in UDP packets to a `jaeger-agent`, port 6831.
    #[serde(rename = "udp/thrift.compact", alias = "agent")]
    Agent,
    /// Binary Thrift over HTTP to a collector, port 14268 and path `/api/traces`.
    #[serde(rename = "http/thrift.binary", alias = "collector")]
    Collector,
}

/// Config of the Jaeger backend.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Address of Jaeger: `http://jaeger:4318`, `http://jaeger:4317` (gRPC), `udp://agent:6831`,
    /// `http://collector:14268/api/traces`. There is no default, because Quipu itself listens on the usual
    /// address of OTLP.
    pub endpoint: String,
    /// Protocol. The default depends on the endpoint. `udp://` means an agent, a path that ends in
    /// `/api/traces` a collector, port 4317 gRPC, and all else OTLP over HTTP.
    pub protocol: Option<Protocol>,
    /// User name for HTTP Basic authentication, such as for collectors behind a reverse proxy.
    pub username: Option<String>,
    /// Password for HTTP Basic authentication.
    pub password: Option<Secret>,
    /// Headers of every request.
    pub headers: BTreeMap<String, Secret>,
    /// Timeout of a request in milliseconds, including its answer.
    pub timeout_ms: u64,
    /// TLS config: trusted certificates and the client's own.
    pub tls: Tls,
    /// Compression of OTLP bodies. Thrift collectors read uncompressed bodies only.
    pub compression: Compression,
    /// Mapping of spans: `genai`, `openinference` or `passthrough`.
    pub mapping: Mapping,
    /// Whether to send events as logs of their spans, if both are in one batch.
    pub events: bool,
    /// Largest size of a packet to an agent in bytes: at most 65,000, or the smaller limit of the network
    /// (macOS: 9,216).
    pub max_packet_bytes: usize,
    /// Milliseconds between two packets to an agent, because an agent silently drops packets that it cannot
    /// read in time.
    pub packet_pause_ms: u64,
}

impl Default for Config {
    fn default() -> Self {
        let HttpConfig { headers, timeout_ms, tls, compression } = HttpConfig::default();
        Self {
            endpoint: String::new(),
            protocol: None,
            username: None,
            password: None,
            headers,
            timeout_ms,
            tls,
            compression,
            mapping: Mapping::default(),
            events: true,
            max_packet_bytes: LARGEST_PACKET,
            packet_pause_ms: 1,
        }
    }
}

impl Config {
    /// Fills a missing endpoint from the variables of OpenTelemetry's Jaeger exporters:
    /// `OTEL_EXPORTER_JAEGER_ENDPOINT`, `…_USER`, `…_PASSWORD`, `…_TIMEOUT`, and for an agent `…_AGENT_HOST`
    /// and `…_AGENT_PORT`. With an endpoint in the config they are ignored, because a password for one server
    /// must not go to another.
    /// <https://github.com/open-telemetry/opentelemetry-specification/blob/v1.20.0/specification/sdk-environment-variables.md#jaeger-exporter>
    ///
    /// # Errors
    /// The timeout is not a number.
    pub fn or_variables(mut self, variable: impl Fn(&str) -> Option<String>) -> Result<Self> {
        if !self.endpoint.is_empty() {
            return Ok(self);
        }
        let named = |name: &str| variable(&format!("OTEL_EXPORTER_JAEGER_{name}"));
        let agent = match (named("AGENT_HOST"), named("AGENT_PORT")) {
            (None, None) => None,
            (host, port) => {
                let host = host.unwrap_or_else(|| "localhost".to_owned());
                Some(format!("udp://{host}:{}", port.unwrap_or_else(|| AGENT_PORT.to_string())))
            }
        };
        self.endpoint = named("ENDPOINT").map(thrift_by_default).or(agent).unwrap_or_default();
        self.username = self.username.or_else(|| named("USER"));
        self.password = self.password.or_else(|| named("PASSWORD").map(Secret::from));
        if let Some(text) = named("TIMEOUT") {
            let number = text.trim().parse();
            self.timeout_ms = number
                .map_err(|_| invalid("OTEL_EXPORTER_JAEGER_TIMEOUT: expected a number of milliseconds"))?;
        }
        Ok(self)
    }

    /// The configured protocol, else the one of the endpoint.
    pub fn protocol(&self) -> Protocol {
        self.protocol.unwrap_or_else(|| {
            let place = self.endpoint.trim_end_matches('/');
            if self.endpoint.starts_with("udp://") {
                Protocol::Agent
            } else if place.ends_with("/api/traces") {
                Protocol::Collector
            } else if place.ends_with(OTLP_GRPC_PORT) {
                Protocol::Grpc
            } else {
                Protocol::HttpProtobuf
            }
        })
    }

    /// Checks the config, and returns it.
    pub(crate) fn checked(self) -> Result<Self> {
        if self.endpoint.is_empty() {
            let told = "the endpoint is missing: set endpoint = \"http://jaeger:4318\", or \
                jaeger:http://jaeger:4318 in `backends`";
            return Err(invalid(told));
        }
        let is_web = ["http://", "https://"].iter().any(|scheme| self.endpoint.starts_with(scheme));
        if !is_web && self.protocol() != Protocol::Agent {
            let told = "the endpoint must begin with http://, https:// or, for an agent, udp://, such as \
                http://jaeger:4318";
            return Err(invalid(told));
        }
        if !(SMALLEST_PACKET..=LARGEST_PACKET).contains(&self.max_packet_bytes) {
            return Err(invalid(format!(
                "max_packet_bytes: expected {SMALLEST_PACKET} to {LARGEST_PACKET}, got {}",
                self.max_packet_bytes
            )));
        }
        if self.username.is_some() != self.password.is_some() {
            return Err(invalid("set both username and password"));
        }
        if self.timeout_ms == 0 {
            return Err(invalid("timeout_ms: expected a number of milliseconds such as 10000, got 0"));
        }
        Ok(self)
    }

    /// Config of the HTTP client.
    pub(crate) fn connection(&self) -> HttpConfig {
        let mut headers = self.headers.clone();
        if let (Some(name), Some(password)) = (&self.username, &self.password) {
            headers.entry("authorization".to_owned()).or_insert_with(|| basic(name, password));
        }
        let compression = match self.protocol() {
            Protocol::Collector => Compression::None,
            _ => self.compression,
        };
        HttpConfig { headers, timeout_ms: self.timeout_ms, tls: self.tls.clone(), compression }
    }

    /// Host and port of an agent.
    #[cfg_attr(not(feature = "legacy-agent"), allow(dead_code, reason = "only the feature uses agents"))]
    pub(crate) fn agent(&self) -> Result<String> {
        let place = self.endpoint.strip_prefix("udp://").unwrap_or(&self.endpoint).trim_end_matches('/');
        if place.is_empty() || place.contains(['/', '@', '?', '#']) {
            return Err(invalid(
                "the endpoint of an agent must be udp://HOST:PORT, such as udp://localhost:6831",
            ));
        }
        let (host, port) = match place.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((host, rest)) => (format!("[{host}]"), rest.strip_prefix(':').unwrap_or(rest)),
            None => {
                let (host, port) = place.split_once(':').unwrap_or((place, ""));
                (host.to_owned(), port)
            }
        };
        let port = if port.is_empty() { Ok(AGENT_PORT) } else { port.parse() };
        match port {
            Ok(port) if port > 0 && !host.is_empty() => Ok(format!("{host}:{port}")),
            _ => Err(invalid(
                "the port of an agent must be a number from 1 to 65535; an IPv6 address needs brackets",
            )),
        }
    }
}

/// The variable's endpoint was always Thrift, with any path.
fn thrift_by_default(endpoint: String) -> String {
    let bare = endpoint.trim_end_matches('/');
    let has_path = bare.split_once("://").is_some_and(|(_, rest)| rest.contains('/'));
    if has_path { endpoint } else { format!("{bare}/api/traces") }
}

/// HTTP Basic authentication: <https://www.rfc-editor.org/rfc/rfc7617#section-2>
fn basic(name: &str, password: &Secret) -> Secret {
    let pair = format!("{name}:{}", password.expose());
    Secret::from(format!("Basic {}", STANDARD.encode(pair)))
}
