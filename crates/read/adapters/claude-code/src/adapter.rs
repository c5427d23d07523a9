//! Spans of Claude Code, and spans made from its other signals.
//!
//! Their format is documented at <https://code.claude.com/docs/en/monitoring-usage>. Input tokens exclude
//! cached ones on every signal.

use compact_str::CompactString;
use quipu_core::{
    Adapter, Canonical, Event, Kind, Lens, Meeting, Messages, Metric, Role, Span, Status, Value,
};
use quipu_normalize::{
    Slots, canonical, count_at, flag_at, is_of_metrics, label_at, labels, lens, message_list, messages_as,
    micro_dollars_at, scope_begins, spans_of_metrics,
};
use quipu_semconv::CLAUDE_CODE_METRICS;

use crate::logs;
use crate::names::{FAMILY, PREFIX, SCOPES};

/// Names of the tool that starts a sub-agent: `Task` in older releases.
const SUBAGENT_TOOLS: &[&str] = &["Agent", "Task"];
/// Keys of tool arguments: on its own records, and on those of OpenInference about its SDK.
const ARGUMENTS: [&str; 4] = ["tool_parameters", "tool_input", "tool.parameters", "input.value"];
/// Claude Code's names for the source of its models, with the provider's name.
const PROVIDERS: &[(&str, &str)] = &[
    ("bedrock", "aws.bedrock"),
    ("mantle", "aws.bedrock"),
    ("vertex", "gcp.vertex_ai"),
    ("foundry", "azure.ai.inference"),
];

/// Reads telemetry of Claude Code and of the Claude Agent SDK.
#[derive(Debug, Clone, Copy, Default)]
pub struct ClaudeCode;

impl Adapter for ClaudeCode {
    fn name(&self) -> &'static str {
        FAMILY
    }

    fn claims(&self, span: &Span) -> bool {
        span.name.starts_with(PREFIX) || scope_begins(span, SCOPES)
    }

    fn canonical(&self, span: &Span) -> Canonical {
        let mut read = if is_of_metrics(span) { canonical(&Slots::of(span), FAMILY) } else { record(span) };
        read.framework = Some(CompactString::const_new(FAMILY));
        read.provider = Some(provider(span));
        read
    }

    fn messages(&self, span: &Span) -> Messages {
        let kind = self.canonical(span).kind;
        let asked = ["user_prompt", "prompt"].iter().find_map(|key| span.attributes.get(key));
        match asked.filter(|_| kind == Kind::Agent) {
            Some(prompt) => Messages { input: message_list(prompt, &Role::User), ..Messages::default() },
            None => messages_as(span, kind),
        }
    }

    fn lens(&self, span: &Span, read: &Canonical) -> Lens {
        lens(span, read)
    }

    fn enriches(&self) -> &'static [&'static str] {
        &["claude-agent-sdk"]
    }

    fn enrich(&self, span: &Span, read: &mut Canonical) {
        if read.kind == Kind::Tool {
            name_agent(span, read);
        }
    }

    fn event(&self, event: &mut Event) {
        if logs::is_ours(event) && event.session.is_none() {
            event.session = label_at(&event.attributes, "session.id");
        }
    }

    fn span_of_event(&self, event: &Event) -> Option<Span> {
        logs::span(event)
    }

    fn spans_of_metrics(&self, metrics: &[Metric]) -> Vec<Span> {
        spans_of_metrics(metrics, &CLAUDE_CODE_METRICS, |_| true)
    }
}

/// Reads a span, or a log record converted to a span.
fn record(span: &Span) -> Canonical {
    let attributes = &span.attributes;
    let mut read = canonical(&Slots::of(span), FAMILY);
    // A sub-agent's spans name a separate conversation within the session.
    read.session = label_at(attributes, "session.id").or(read.session.take());
    read.meeting = read.session.as_ref().map(|session| Meeting::of(FAMILY, session));
    read.reported_cost = read.reported_cost.or_else(|| micro_dollars_at(attributes, "cost_usd_micros"));
    read.kind = kind(span).unwrap_or(read.kind);
    read.tool = read.tool.take().map(|tool| full_name(tool, attributes.get("tool_parameters")));
    let says_failure = flag_at(attributes, "success") == Some(false);
    if says_failure && read.error_type.is_none() {
        read.error_type = Some(error_type(span, read.kind));
    }
    name_agent(span, &mut read);
    let failed = span.status == Status::Error || read.error_type.is_some();
    match read.kind {
        // Only this span reports the outcome of the tool run above it, so both are one run.
        Kind::Task if failed && span_type(span) == "tool.execution" => read.kind = Kind::Tool,
        Kind::Llm if failed => read.usage = read.usage.take().filter(|usage| usage.tokens().total() > 0),
        _ => {}
    }
    read
}

/// The kind by the span's type or its name. On some spans, older releases set only one of the two.
fn kind(span: &Span) -> Option<Kind> {
    Some(match span_type(span) {
        "llm_request" | "api_request" | "api_error" => Kind::Llm,
        "interaction" | "user_prompt" | "subagent.spawn" => Kind::Agent,
        "tool" | "tool_result" => Kind::Tool,
        "tool.execution" | "tool.blocked_on_user" | "hook" | "bash.subprocess" => Kind::Task,
        _ => return None,
    })
}

fn span_type(span: &Span) -> &str {
    let by_name = || span.name.strip_prefix(PREFIX).unwrap_or_default();
    span.attributes.text("span.type").unwrap_or_else(by_name)
}

/// The full name of a tool of a Model Context Protocol server. Log records name only `mcp_tool`, with the
/// real name in the parameters.
fn full_name(tool: CompactString, parameters: Option<&Value>) -> CompactString {
    if tool != "mcp_tool" {
        return tool;
    }
    match parameters.map(|value| labels(value, ["mcp_server_name", "mcp_tool_name"])) {
        Some([Some(server), Some(name)]) => compact_str::format_compact!("mcp__{server}__{name}"),
        Some([None, Some(name)]) => name,
        _ => tool,
    }
}

/// A run of the product itself has its name. A tool that starts a sub-agent is that agent's run.
fn name_agent(span: &Span, read: &mut Canonical) {
    let attributes = &span.attributes;
    let named = || {
        let direct = ["subagent_type", "agent_type"].iter().find_map(|key| label_at(attributes, key));
        let in_json = |key| attributes.get(key).and_then(|value| labels(value, ["subagent_type"])[0].take());
        direct.or_else(|| ARGUMENTS.iter().find_map(|key| in_json(key)))
    };
    let starts_agent = read.tool.as_deref().is_some_and(|tool| SUBAGENT_TOOLS.contains(&tool));
    if read.kind == Kind::Tool
        && starts_agent
        && let Some(agent) = named()
    {
        read.kind = Kind::Agent;
        read.agent = Some(agent);
    } else if read.kind == Kind::Agent && read.agent.is_none() {
        read.agent = named().or(Some(CompactString::const_new(FAMILY)));
    }
}

fn error_type(span: &Span, kind: Kind) -> CompactString {
    let attributes = &span.attributes;
    let status =
        || count_at(attributes, "status_code").map(|status| compact_str::format_compact!("{status}"));
    let word = if kind == Kind::Tool { "tool_error" } else { "api_error" };
    status().unwrap_or_else(|| CompactString::const_new(word))
}

fn provider(span: &Span) -> CompactString {
    let from = span.attributes.text("anthropic.provider").unwrap_or_default();
    let listed = PROVIDERS.iter().find(|(word, _)| word.eq_ignore_ascii_case(from));
    CompactString::const_new(listed.map_or("anthropic", |(_, provider)| provider))
}
