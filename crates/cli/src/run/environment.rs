//! Variables by which a program sends telemetry, and finds the gateway.

use std::ffi::{OsStr, OsString};

use quipu_semconv::quipu::RUN as RUN_KEY;

use crate::args::{GatewayUse, Run};
use crate::client;

use super::tools::{ProviderUrl, Tool};

/// Variables with the base URLs of providers.
pub const BASES: [ProviderUrl; 5] = [
    ("openai", "OPENAI_BASE_URL", "/openai/v1"),
    ("openai", "OPENAI_API_BASE", "/openai/v1"),
    ("anthropic", "ANTHROPIC_BASE_URL", "/anthropic"),
    ("gemini", "GOOGLE_GEMINI_BASE_URL", "/gemini"),
    ("gemini", "GEMINI_API_BASE", "/gemini"),
];

/// Variables of OpenTelemetry that the program does not inherit, because they have priority over the ones
/// above (<https://opentelemetry.io/docs/specs/otel/protocol/exporter/>) or switch telemetry off.
pub const OVERRIDING: [&str; 10] = [
    "OTEL_SDK_DISABLED",
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
    "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",
    "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT",
    "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL",
    "OTEL_EXPORTER_OTLP_METRICS_PROTOCOL",
    "OTEL_EXPORTER_OTLP_LOGS_PROTOCOL",
    "OTEL_EXPORTER_OTLP_TRACES_HEADERS",
    "OTEL_EXPORTER_OTLP_METRICS_HEADERS",
    "OTEL_EXPORTER_OTLP_LOGS_HEADERS",
];

/// Variables of OpenTelemetry; `{url}` is the endpoint. Short intervals, so a program that ends loses little.
const OPENTELEMETRY: [(&str, &str); 8] = [
    ("OTEL_EXPORTER_OTLP_ENDPOINT", "{url}"),
    ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
    ("OTEL_TRACES_EXPORTER", "otlp"),
    ("OTEL_METRICS_EXPORTER", "otlp"),
    ("OTEL_LOGS_EXPORTER", "otlp"),
    ("OTEL_BSP_SCHEDULE_DELAY", "200"),
    ("OTEL_BLRP_SCHEDULE_DELAY", "200"),
    ("OTEL_METRIC_EXPORT_INTERVAL", "1000"),
];

/// Whether the base URLs of providers point at the gateway. Under a budget they do for every program: only
/// the gateway refuses a call before it costs money.
pub fn uses_gateway(what: &Run) -> bool {
    let is_complete = |program: &OsString| Tool::of(program).is_some_and(|tool| !tool.is_partial);
    match what.gateway {
        GatewayUse::Always => true,
        GatewayUse::Never => false,
        GatewayUse::Auto => what.budget.is_some() || !what.command.first().is_some_and(is_complete),
    }
}

/// The base URLs that a program reads.
pub fn bases(program: &OsStr) -> impl Iterator<Item = ProviderUrl> {
    BASES.into_iter().chain(Tool::of(program).and_then(Tool::own_base))
}

/// Variables by which a program sends its telemetry to `url`, with the API key of the server. A whole config
/// in a variable is left out.
pub fn telemetry(program: &OsStr, url: &str) -> Vec<(String, String)> {
    let mut variables = switched(program, url);
    variables.retain(|(_, value)| !is_config(value));
    variables
}

/// Whether the value of a variable is a whole config as JSON.
fn is_config(value: &str) -> bool {
    value.starts_with("{\"")
}

fn switched(program: &OsStr, url: &str) -> Vec<(String, String)> {
    let switches = Tool::of(program).map_or(&[][..], |tool| tool.switches);
    let filled = |(name, value): &(&str, &str)| ((*name).to_owned(), value.replace("{url}", url));
    let headers = headers().map(|headers| ("OTEL_EXPORTER_OTLP_HEADERS".to_owned(), headers));
    OPENTELEMETRY.iter().chain(switches).map(filled).chain(headers).collect()
}

/// Variables for a program, and hints about what they cannot set.
pub struct Environment {
    pub variables: Vec<(String, String)>,
    /// Arguments before the caller's own.
    pub arguments: Vec<OsString>,
    pub missing: Vec<String>,
}

impl Environment {
    /// The variables for a program whose records go to `url`. The caller's own resource attributes stay.
    pub fn of(what: &Run, program: &OsStr, id: &str, url: &str, gateway: &str) -> Self {
        let tool = Tool::of(program);
        // A switch that the caller has set stays: it may be a whole config.
        let is_kept = |name: &str, value: &str| is_config(value) && client::variable(name).is_some();
        let (kept, mut variables): (Vec<_>, Vec<_>) =
            switched(program, url).into_iter().partition(|(name, value)| is_kept(name, value));
        let own = client::variable("OTEL_RESOURCE_ATTRIBUTES").map(|own| own + ",").unwrap_or_default();
        variables.push(("OTEL_RESOURCE_ATTRIBUTES".to_owned(), format!("{own}{RUN_KEY}={id}")));
        if uses_gateway(what) {
            let bases = bases(program).map(|(_, name, path)| (name.to_owned(), format!("{gateway}{path}")));
            variables.extend(bases);
        }
        let kept = kept.iter().map(|(name, value)| format!("{name} is set already: add {value} to it"));
        let arguments =
            tool.map(|tool| tool.arguments(url, uses_gateway(what).then_some(gateway))).unwrap_or_default();
        Self { variables, arguments, missing: kept.collect() }
    }

    /// The variables and hints as text, without secrets.
    pub fn explained(&self) -> String {
        let line = |(name, value): &(String, String)| {
            let is_secret = name.ends_with("HEADERS");
            format!("{name}={}\n", if is_secret { "(the API key)" } else { value })
        };
        let missing = self.missing.iter().map(|text| format!("missing: {text}\n"));
        let removed = OVERRIDING.iter().filter(|name| client::variable(name).is_some());
        let removed = removed.map(|name| format!("unset {name}\n"));
        let arguments = self.arguments.iter().map(|argument| format!("argument {}\n", argument.display()));
        self.variables.iter().map(line).chain(arguments).chain(removed).chain(missing).collect()
    }
}

/// The API key of the server as OTLP headers; percent-encoded values, as the W3C baggage format has them.
fn headers() -> Option<String> {
    let headers = client::own_headers().ok()?;
    let pairs: Vec<String> = headers
        .iter()
        .filter_map(|(name, value)| Some(format!("{name}={}", crate::ask::escape(value.to_str().ok()?))))
        .collect();
    (!pairs.is_empty()).then(|| pairs.join(","))
}
