//! Programs that send telemetry of their own, with the switches of each.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use crate::client;

/// A program that sends telemetry of its own.
pub struct Tool {
    /// File names of its command.
    commands: &'static [&'static str],
    /// Variables that switch it on; `{url}` is the endpoint. A variable of the caller stays.
    pub switches: &'static [(&'static str, &'static str)],
    /// Arguments that switch it on, before the caller's own.
    arguments: &'static [&'static str],
    /// Arguments that lead to the gateway; `{url}` is its address.
    to_gateway: &'static [&'static str],
    /// The variable of a base URL that counts only if the caller has set it, and the variable with the
    /// provider's name.
    own_base: Option<(&'static str, &'static str)>,
    /// Telemetry is incomplete, so the gateway sees the calls too.
    pub is_partial: bool,
}

/// The base of a provider's URL: the upstream's name, the variable, and the path at the gateway.
pub type ProviderUrl = (&'static str, &'static str, &'static str);

/// The rest of a tool.
const PLAIN: Tool =
    Tool { commands: &[], switches: &[], arguments: &[], to_gateway: &[], own_base: None, is_partial: false };

const TOOLS: [Tool; 7] = [
    Tool {
        commands: &["claude"],
        switches: &[("CLAUDE_CODE_ENABLE_TELEMETRY", "1"), ("CLAUDE_CODE_ENHANCED_TELEMETRY_BETA", "1")],
        ..PLAIN
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
        ..PLAIN
    },
    Tool {
        commands: &["qwen"],
        switches: &[
            ("QWEN_TELEMETRY_ENABLED", "true"),
            ("QWEN_TELEMETRY_TARGET", "local"),
            ("QWEN_TELEMETRY_OTLP_PROTOCOL", "http"),
            ("QWEN_TELEMETRY_OTLP_ENDPOINT", "{url}"),
        ],
        ..PLAIN
    },
    Tool {
        commands: &["codex"],
        arguments: &[
            "-c",
            r#"otel.exporter={otlp-http={endpoint="{url}/v1/logs",protocol="binary"}}"#,
            "-c",
            r#"otel.trace_exporter={otlp-http={endpoint="{url}/v1/traces",protocol="binary"}}"#,
            "-c",
            r#"otel.metrics_exporter={otlp-http={endpoint="{url}/v1/metrics",protocol="binary"}}"#,
        ],
        to_gateway: &["-c", r#"openai_base_url="{url}/openai/v1""#],
        ..PLAIN
    },
    Tool {
        commands: &["opencode"],
        switches: &[("OPENCODE_CONFIG_CONTENT", r#"{"experimental":{"openTelemetry":true}}"#)],
        // It ends before its last spans are sent.
        is_partial: true,
        ..PLAIN
    },
    Tool {
        commands: &["copilot"],
        switches: &[("COPILOT_OTEL_ENABLED", "true")],
        own_base: Some(("COPILOT_PROVIDER_BASE_URL", "COPILOT_PROVIDER_TYPE")),
        ..PLAIN
    },
    Tool { commands: &["cn"], ..PLAIN },
];

impl Tool {
    /// The tool that a command starts.
    pub fn of(program: &OsStr) -> Option<&'static Self> {
        let name = Path::new(program).file_stem()?.to_str()?;
        TOOLS.iter().find(|tool| tool.commands.contains(&name))
    }

    /// Its arguments for records that go to `url`, and calls that go to the gateway.
    pub fn arguments(&self, url: &str, gateway: Option<&str>) -> Vec<OsString> {
        let with = |texts: &[&str], url: &str| -> Vec<OsString> {
            texts.iter().map(|text| text.replace("{url}", url).into()).collect()
        };
        let calls = gateway.map(|gateway| with(self.to_gateway, gateway)).unwrap_or_default();
        [with(self.arguments, url), calls].concat()
    }

    /// The base URL that the caller has set. Without it the tool uses its vendor's service, and a base URL
    /// would divert it from there.
    pub fn own_base(&self) -> Option<ProviderUrl> {
        let (variable, provider) = self.own_base?;
        client::variable(variable)?;
        Some(match client::variable(provider).as_deref() {
            Some("anthropic") => ("anthropic", variable, "/anthropic"),
            _ => ("openai", variable, "/openai/v1"),
        })
    }
}
