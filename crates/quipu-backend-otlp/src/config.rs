//! What can be set.

use std::collections::BTreeMap;

use quipu_otlp::outgoing::Mapping;
use quipu_send::{Compression, Protocol, Secret, Tls};
use serde::Deserialize;

use crate::{Auth, Preset};

/// Settings of one place that OTLP goes to. What is not said comes from the preset; without a preset and an endpoint, from
/// OpenTelemetry's `OTEL_EXPORTER_OTLP_*` variables; then from the defaults.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The vendor whose address, headers and mapping are taken.
    pub preset: Option<Preset>,
    /// Variables of the preset that are not to be taken from the environment.
    pub variables: BTreeMap<String, Secret>,
    /// Whether the `OTEL_EXPORTER_OTLP_*` variables fill what is not said here. Not said: when neither a preset nor an endpoint is.
    /// They may hold a key that is meant for another place than the one that is named here.
    pub environment: Option<bool>,
    /// Where all signals go: `http://collector:4318`, below which HTTP adds `v1/traces` and its like. For gRPC also
    /// `grpc://collector:4317`, `grpcs://` with TLS, or without any scheme.
    pub endpoint: Option<String>,
    /// How it is carried; `http/protobuf` by default.
    pub protocol: Option<Protocol>,
    /// Whether a gRPC endpoint without a scheme goes without TLS. Not by default.
    pub insecure: Option<bool>,
    /// Headers of every request.
    pub headers: BTreeMap<String, Secret>,
    /// How bodies are packed; `none` by default.
    pub compression: Option<Compression>,
    /// Milliseconds that a request may take; 10 000 by default.
    pub timeout_ms: Option<u64>,
    /// Whom to trust, and who we are.
    pub tls: Option<Tls>,
    /// What lets requests in, where a fixed header does not.
    pub auth: Option<Auth>,
    /// What spans look like outside; `genai` by default.
    pub mapping: Option<Mapping>,
    /// Attributes of the resource of all that is sent, where it has none of that name.
    pub resource: BTreeMap<String, String>,
    /// What differs for spans.
    pub traces: SignalConfig,
    /// What differs for metrics.
    pub metrics: SignalConfig,
    /// What differs for events and log records.
    pub logs: SignalConfig,
}

/// What differs for one signal.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SignalConfig {
    /// Whether it is sent at all; it is by default.
    pub send: Option<bool>,
    /// The whole address of the signal, to which nothing is added.
    pub endpoint: Option<String>,
    /// How it is carried.
    pub protocol: Option<Protocol>,
    /// Whether a gRPC endpoint without a scheme goes without TLS.
    pub insecure: Option<bool>,
    /// Headers beside those of all signals; of two of the same name this one is sent.
    pub headers: BTreeMap<String, Secret>,
    /// How bodies are packed.
    pub compression: Option<Compression>,
    /// Milliseconds that a request may take.
    pub timeout_ms: Option<u64>,
    /// Whom to trust, and who we are.
    pub tls: Option<Tls>,
}
