//! Variables by which a program sends telemetry, and finds the gateway.

use std::ffi::OsStr;
use std::path::Path;

use crate::args::{GatewayUse, Run};
use crate::client;

/// Resource attribute with the id of a run.
pub const RUN_KEY: &str = "quipu.run";

/// A program that sends telemetry of its own.
struct Tool {
    /// File names of its command.
    commands: &'static [&'static str],
    /// Its own switches; `{url}` is the endpoint.
    switches: &'static [(&'static str, &'static str)],
    /// Hint about telemetry that no variable can switch on.
    missing: Option<&'static str>,
}

const TOOLS: [Tool; 7] = [
    Tool {
        commands: &["claude"],
        switches: &[("CLAUDE_CODE_ENABLE_TELEMETRY", "1"), ("CLAUDE_CODE_ENHANCED_TELEMETRY_BETA", "1")],
        missing: None,
    },
    Tool {
        commands: &["gemini"],
        switches: &[
            ("GEMINI_TELEMETRY_ENABLED", "true"),
            ("GEMINI_TELEMETRY_TARGET", "local"),
            ("GEMINI_TELEMETRY_OTLP_PROTOCOL", "http"),
            ("GEMINI_TELEMETRY_OTLP_ENDPOINT", "{url}"),
            ("GEMINI_TELEMETRY_TRACES_ENABLED", "true"),
        ],
        missing: None,
    },
    Tool { commands: &["copilot"], switches: &[("COPILOT_OTEL_ENABLED", "true")], missing: None },
    Tool { commands: &["cn"], switches: &[], missing: None },
    Tool {
        commands: &["codex"],
        switches: &[],
        missing: Some("Codex has no variable for telemetry: run `quipu connect codex`"),
    },
    Tool {
        commands: &["qwen"],
        switches: &[],
        missing: Some("Qwen Code has no variable for telemetry: run `quipu connect qwen`"),
    },
    Tool {
        commands: &["opencode"],
        switches: &[],
        missing: Some(
            "OpenCode needs `experimental.openTelemetry` in its config: run `quipu connect opencode`",
        ),
    },
];

/// Variables with the base URLs of providers: the upstream's name, the variable, and the path at the gateway.
pub const BASES: [(&str, &str, &str); 5] = [
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

/// Whether the base URLs of providers point at the gateway.
pub fn uses_gateway(what: &Run) -> bool {
    match what.gateway {
        GatewayUse::Always => true,
        GatewayUse::Never => false,
        GatewayUse::Auto => what.command.first().is_none_or(|program| tool(program).is_none_or(is_silent)),
    }
}

fn is_silent(tool: &Tool) -> bool {
    tool.missing.is_some()
}

fn tool(program: &OsStr) -> Option<&'static Tool> {
    let name = Path::new(program).file_stem()?.to_str()?;
    TOOLS.iter().find(|tool| tool.commands.contains(&name))
}

/// Variables by which a program sends its telemetry to `url`, with the API key of the server.
pub fn telemetry(program: &OsStr, url: &str) -> Vec<(String, String)> {
    let switches = tool(program).map_or(&[][..], |tool| tool.switches);
    let filled = |(name, value): &(&str, &str)| ((*name).to_owned(), value.replace("{url}", url));
    let headers = headers().map(|headers| ("OTEL_EXPORTER_OTLP_HEADERS".to_owned(), headers));
    OPENTELEMETRY.iter().chain(switches).map(filled).chain(headers).collect()
}

/// Variables for a program, and hints about what they cannot set.
pub struct Environment {
    pub variables: Vec<(String, String)>,
    pub missing: Vec<String>,
}

impl Environment {
    /// The variables for a program whose records go to `url`. The caller's own resource attributes stay.
    pub fn of(what: &Run, program: &OsStr, id: &str, url: &str, gateway: &str) -> Self {
        let tool = tool(program);
        let mut variables = telemetry(program, url);
        let own = client::variable("OTEL_RESOURCE_ATTRIBUTES").map(|own| own + ",").unwrap_or_default();
        variables.push(("OTEL_RESOURCE_ATTRIBUTES".to_owned(), format!("{own}{RUN_KEY}={id}")));
        if uses_gateway(what) {
            let bases = BASES.iter().map(|(_, name, path)| ((*name).to_owned(), format!("{gateway}{path}")));
            variables.extend(bases);
        }
        let missing = tool.and_then(|tool| tool.missing).map(str::to_owned).into_iter().collect();
        Self { variables, missing }
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
        self.variables.iter().map(line).chain(removed).chain(missing).collect()
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
