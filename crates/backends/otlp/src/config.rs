//! Config of the OTLP backend.

use std::collections::BTreeMap;

use quipu_otlp::outgoing::Mapping;
use quipu_send::{Compression, Protocol, Secret, Tls};
use serde::Deserialize;

use crate::{Auth, Preset};

/// Config of one OTLP destination. Missing values come from the preset. Without a preset and an endpoint they
/// come from OpenTelemetry's `OTEL_EXPORTER_OTLP_*` variables, then from the defaults.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The vendor with its address, headers and mapping.
    pub preset: Option<Preset>,
    /// Values for variables of the preset, in place of the environment.
    pub variables: BTreeMap<String, Secret>,
    /// Whether the `OTEL_EXPORTER_OTLP_*` variables fill missing values. The default is true if neither a
    /// preset nor an endpoint is set. The variables may hold a key for another destination than the
    /// configured one.
    pub environment: Option<bool>,
    /// Address of all signals: `http://collector:4318`, to which HTTP appends `v1/traces` and so on. For gRPC
    /// also `grpc://collector:4317`, `grpcs://` with TLS, or no scheme.
    pub endpoint: Option<String>,
    /// Protocol; `http/protobuf` by default.
    pub protocol: Option<Protocol>,
    /// Whether a gRPC endpoint without a scheme is used without TLS. The default is false.
    pub insecure: Option<bool>,
    /// Headers of every request.
    pub headers: BTreeMap<String, Secret>,
    /// Compression of bodies; `none` by default.
    pub compression: Option<Compression>,
    /// Timeout of a request in milliseconds; 10 000 by default.
    pub timeout_ms: Option<u64>,
    /// TLS config: trusted certificates and the client's own.
    pub tls: Option<Tls>,
    /// Authorization of requests, other than by a fixed header.
    pub auth: Option<Auth>,
    /// Mapping of spans; `genai` by default.
    pub mapping: Option<Mapping>,
    /// Attributes that are added to every resource without an attribute of that name.
    pub resource: BTreeMap<String, String>,
    /// Overrides for spans.
    pub traces: SignalConfig,
    /// Overrides for metrics.
    pub metrics: SignalConfig,
    /// Overrides for events and log records.
    pub logs: SignalConfig,
}

/// Overrides for one signal.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SignalConfig {
    /// Whether the signal is sent; true by default.
    pub send: Option<bool>,
    /// The full address of the signal; nothing is appended.
    pub endpoint: Option<String>,
    /// Protocol.
    pub protocol: Option<Protocol>,
    /// Whether a gRPC endpoint without a scheme is used without TLS.
    pub insecure: Option<bool>,
    /// Headers in addition to those of all signals; of two with the same name, this one is sent.
    pub headers: BTreeMap<String, Secret>,
    /// Compression of bodies.
    pub compression: Option<Compression>,
    /// Timeout of a request in milliseconds.
    pub timeout_ms: Option<u64>,
    /// TLS config: trusted certificates and the client's own.
    pub tls: Option<Tls>,
}
