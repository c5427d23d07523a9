//! Catalogue of all named metrics: the single table that describes, derives and documents them.
//!
//! Metrics under `gen_ai.` follow OpenTelemetry's semantic conventions for generative AI
//! (<https://github.com/open-telemetry/semantic-conventions-genai>, `docs/gen-ai/gen-ai-metrics.md` and
//! `docs/gen-ai/gen-ai-token-metrics.md`). Those under `process.` and `system.` follow its conventions for
//! processes and hosts; those under `quipu.` are Quipu's own.

use std::fmt::Write as _;

use crate::bounds::*;
use crate::kind::InstrumentKind::{self, Counter, Gauge, Histogram, UpDownCounter};

/// Subject of a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Group {
    /// Requests to the agent: whole traces.
    Request,
    /// Model calls.
    Llm,
    /// Agent runs.
    Agent,
    /// Tool runs.
    Tool,
    /// Guardrail checks and evaluations.
    Guardrail,
    /// Tests that an agent writes.
    TestGeneration,
    /// Conversations.
    Session,
    /// Agents' memory and knowledge.
    Memory,
    /// Workflows and their steps.
    Workflow,
    /// The building blocks of `quipu::primitives`.
    Primitives,
    /// The process and the machine.
    System,
}

impl Group {
    /// Every group, in the order of the guide.
    pub const ALL: [Self; 11] = [
        Self::Request,
        Self::Llm,
        Self::Agent,
        Self::Tool,
        Self::Guardrail,
        Self::TestGeneration,
        Self::Session,
        Self::Memory,
        Self::Workflow,
        Self::Primitives,
        Self::System,
    ];

    /// Title of the group.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Request => "Requests",
            Self::Llm => "Models",
            Self::Agent => "Agents",
            Self::Tool => "Tools",
            Self::Guardrail => "Guardrails and evaluation",
            Self::TestGeneration => "Test generation",
            Self::Session => "Sessions",
            Self::Memory => "Memory and retrieval",
            Self::Workflow => "Workflows",
            Self::Primitives => "Primitives",
            Self::System => "System",
        }
    }
}

/// One metric.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Entry {
    /// Name.
    pub name: &'static str,
    /// Group.
    pub group: Group,
    /// Instrument kind.
    pub kind: InstrumentKind,
    /// Unit in UCUM.
    pub unit: &'static str,
    /// Labels of derived points; a label without a value is left out.
    pub labels: &'static [&'static str],
    /// Description.
    pub help: &'static str,
    /// Source of the derivation; empty for a metric that only the code itself records.
    pub derived_from: &'static str,
    /// Upper bounds of a histogram's buckets.
    pub bounds: &'static [f64],
}

macro_rules! table {
    ($($group:ident { $($name:literal $kind:ident $unit:literal $([$bounds:ident])? ($($label:literal),*) $help:literal <- $from:literal;)* })*) => {
        &[$($(Entry {
            name: $name,
            group: Group::$group,
            kind: $kind,
            unit: $unit,
            labels: &[$($label),*],
            help: $help,
            derived_from: $from,
            bounds: table!(@bounds $($bounds)?),
        },)*)*]
    };
    (@bounds) => { &[] };
    (@bounds $bounds:ident) => { $bounds };
}

/// Every metric, in the order of the guide.
pub const CATALOGUE: &[Entry] = table! {
    Request {
        "quipu.request.count" Counter "{request}" ("status") "Requests to the agent: spans without a parent." <- "root spans";
        "quipu.request.errors" Counter "{request}" ("error.type") "Requests that failed." <- "root spans";
        "quipu.request.duration" Histogram "s" [SECONDS] ("status") "Duration of requests." <- "root spans";
        "quipu.operation.count" Counter "{operation}" ("kind", "status") "Operations of any kind." <- "all spans";
        "quipu.operation.errors" Counter "{operation}" ("kind", "error.type") "Operations of any kind that failed." <- "all spans";
        "quipu.operation.duration" Histogram "s" [SECONDS] ("kind") "Duration of operations of any kind." <- "all spans";
        "quipu.function.calls" Counter "{call}" ("function", "kind") "Calls of functions." <- "functions under `#[quipu::observe]`";
        "quipu.function.errors" Counter "{call}" ("function", "kind") "Calls of functions that returned an error or panicked." <- "functions under `#[quipu::observe]`";
        "quipu.function.duration" Histogram "s" [SECONDS] ("function", "kind") "Duration of calls of functions." <- "functions under `#[quipu::observe]`";
    }
    Llm {
        "quipu.llm.calls" Counter "{call}" ("provider", "model", "agent", "status") "Requests to models, each counted once, even if several instrumentations report it." <- "counted ledger rows";
        "quipu.llm.errors" Counter "{call}" ("provider", "model", "error.type") "Requests to models that failed." <- "counted ledger rows";
        "quipu.llm.tokens" Counter "{token}" ("provider", "model", "agent", "type") "Tokens by type. `input` and `output` are totals; `cache_read` and `cache_write` are parts of input, `reasoning` is part of output." <- "counted ledger rows";
        "quipu.llm.cost_usd" Counter "{USD}" ("provider", "model", "agent") "Cost of the calls by the price book." <- "counted ledger rows";
        "quipu.llm.unpriced_calls" Counter "{call}" ("provider", "model", "reason") "Calls without a price." <- "counted ledger rows";
        "gen_ai.client.operation.duration" Histogram "s" [OPERATION_SECONDS] ("gen_ai.operation.name", "gen_ai.provider.name", "gen_ai.request.model", "gen_ai.response.model", "error.type") "GenAI operation duration." <- "counted ledger rows";
        "gen_ai.client.inference.duration" Histogram "s" [OPERATION_SECONDS] ("gen_ai.operation.name", "gen_ai.provider.name", "gen_ai.request.model", "gen_ai.response.model", "error.type") "Duration of inference: the newer name of `gen_ai.client.operation.duration` for requests to language models." <- "counted ledger rows";
        "gen_ai.client.token.usage" Histogram "{token}" [TOKENS] ("gen_ai.operation.name", "gen_ai.provider.name", "gen_ai.request.model", "gen_ai.response.model", "gen_ai.token.type") "Number of input and output tokens used." <- "counted ledger rows";
        "gen_ai.client.inference.usage.input_tokens" Counter "{token}" ("gen_ai.operation.name", "gen_ai.provider.name", "gen_ai.request.model", "gen_ai.response.model", "gen_ai.token.modality") "Input tokens, including cached ones." <- "counted ledger rows";
        "gen_ai.client.inference.usage.output_tokens" Counter "{token}" ("gen_ai.operation.name", "gen_ai.provider.name", "gen_ai.request.model", "gen_ai.response.model", "gen_ai.token.modality") "Output tokens, including reasoning." <- "counted ledger rows";
        "gen_ai.client.inference.usage.cache_read.input_tokens" Counter "{token}" ("gen_ai.operation.name", "gen_ai.provider.name", "gen_ai.request.model", "gen_ai.response.model", "gen_ai.token.modality") "Input tokens read from the provider's cache: part of the input tokens." <- "counted ledger rows";
        "gen_ai.client.inference.usage.cache_write.input_tokens" Counter "{token}" ("gen_ai.operation.name", "gen_ai.provider.name", "gen_ai.request.model", "gen_ai.response.model", "gen_ai.token.modality") "Input tokens written to the provider's cache: part of the input tokens." <- "counted ledger rows";
        "gen_ai.client.inference.usage.reasoning.output_tokens" Counter "{token}" ("gen_ai.operation.name", "gen_ai.provider.name", "gen_ai.request.model", "gen_ai.response.model", "gen_ai.token.modality") "Output tokens spent on reasoning: part of the output tokens." <- "counted ledger rows";
        "gen_ai.client.operation.time_to_first_chunk" Histogram "s" [FIRST_TOKEN_SECONDS] ("gen_ai.operation.name", "gen_ai.provider.name", "gen_ai.request.model", "gen_ai.response.model") "Time from the request to the first chunk of a streamed answer." <- "counted ledger rows and their spans";
        "gen_ai.client.operation.time_per_output_chunk" Histogram "s" [NEXT_TOKEN_SECONDS] ("gen_ai.operation.name", "gen_ai.provider.name", "gen_ai.request.model", "gen_ai.response.model") "Time from one chunk of a streamed answer to the next." <- "";
        "gen_ai.server.request.duration" Histogram "s" [OPERATION_SECONDS] ("gen_ai.operation.name", "gen_ai.provider.name", "gen_ai.request.model", "gen_ai.response.model", "error.type") "Request duration of a model server; only recorded by code of a model server." <- "";
        "gen_ai.server.time_to_first_token" Histogram "s" [FIRST_TOKEN_SECONDS] ("gen_ai.operation.name", "gen_ai.provider.name", "gen_ai.request.model", "gen_ai.response.model") "Time to first token of a model server; only recorded by code of a model server." <- "";
        "gen_ai.server.time_per_output_token" Histogram "s" [NEXT_TOKEN_SECONDS] ("gen_ai.operation.name", "gen_ai.provider.name", "gen_ai.request.model", "gen_ai.response.model") "Time per token after the first on a model server; only recorded by code of a model server." <- "";
    }
    Agent {
        "quipu.agent.runs" Counter "{run}" ("agent", "status") "Agents' runs." <- "agent spans";
        "quipu.agent.errors" Counter "{run}" ("agent", "error.type") "Failed runs of agents." <- "agent spans";
        "quipu.agent.handoffs" Counter "{handoff}" ("from", "to") "Hand-offs from one agent to another." <- "hand-offs in spans";
        "gen_ai.invoke_agent.duration" Histogram "s" [AGENT_SECONDS] ("gen_ai.operation.name", "gen_ai.agent.name", "error.type") "Duration of agents' runs and workflows." <- "agent and workflow spans";
        "gen_ai.invoke_agent.inference_calls" Histogram "{inference_call}" [CALLS] ("gen_ai.agent.name") "Requests to models within one run of an agent, without those of agents below it." <- "agent spans and the spans below them";
        "gen_ai.invoke_agent.tool_calls" Histogram "{tool_call}" [CALLS] ("gen_ai.agent.name") "Runs of tools within one run of an agent, without those of agents below it." <- "agent spans and the spans below them";
    }
    Tool {
        "quipu.tool.runs" Counter "{run}" ("tool", "agent", "status") "Runs of tools, each counted once." <- "counted ledger rows";
        "quipu.tool.errors" Counter "{run}" ("tool", "error.type") "Runs of tools that failed." <- "counted ledger rows";
        "gen_ai.execute_tool.duration" Histogram "s" [OPERATION_SECONDS] ("gen_ai.tool.name", "gen_ai.agent.name", "error.type") "Duration of runs of tools." <- "counted ledger rows";
    }
    Guardrail {
        "quipu.guardrail.checks" Counter "{check}" ("guardrail", "outcome") "Checks of input or output, by outcome: `passed`, `triggered`, `error`." <- "guardrail spans";
        "quipu.guardrail.triggers" Counter "{check}" ("guardrail") "Checks that were triggered." <- "guardrail spans";
        "quipu.guardrail.duration" Histogram "s" [SECONDS] ("guardrail") "Duration of checks." <- "guardrail spans";
        "quipu.evaluation.count" Counter "{evaluation}" ("evaluator", "label") "Evaluations of quality." <- "evaluator spans";
        "quipu.evaluation.score" Histogram "1" [SHARES] ("evaluator") "Scores of evaluations." <- "evaluator spans with a score";
    }
    TestGeneration {
        "quipu.test_generation.runs" Counter "{run}" ("agent", "status") "Times that tests were written." <- "spans with an attribute under `quipu.tests.`";
        "quipu.test_generation.generated" Counter "{test}" ("agent", "language") "Tests written." <- "the attributes `quipu.tests.generated` and `quipu.tests.language` of spans";
        "quipu.test_generation.passed" Counter "{test}" ("agent", "language") "Tests that passed." <- "the attribute `quipu.tests.passed` of spans";
        "quipu.test_generation.failed" Counter "{test}" ("agent", "language") "Tests that failed." <- "the attribute `quipu.tests.failed` of spans";
        "quipu.test_generation.coverage" Gauge "1" ("agent") "Latest coverage of the code by the tests, from 0 to 1." <- "the attribute `quipu.tests.coverage` of spans";
        "quipu.test_generation.duration" Histogram "s" [AGENT_SECONDS] ("agent", "status") "Duration of writing tests." <- "spans with an attribute under `quipu.tests.`";
    }
    Session {
        "quipu.session.count" Counter "{session}" () "Sessions seen for the first time. Only the last few thousand are remembered, so an older session counts again." <- "sessions of spans";
        "quipu.session.active" Gauge "{session}" () "Sessions in which a span ended within the last 15 minutes." <- "sessions of spans";
        "quipu.session.duration" Histogram "s" [WORKFLOW_SECONDS] ("status") "Duration of sessions." <- "session spans";
    }
    Memory {
        "quipu.memory.operations" Counter "{operation}" ("operation", "result", "status") "Operations on an agent's memory; `result` is `hit` or `miss` if the span reports it." <- "memory spans";
        "quipu.memory.duration" Histogram "s" [SECONDS] ("operation") "Duration of operations on an agent's memory." <- "memory spans";
        "quipu.retrieval.queries" Counter "{query}" ("source", "status") "Look-ups in knowledge bases." <- "retrieval spans";
        "quipu.retrieval.duration" Histogram "s" [SECONDS] ("source") "Duration of look-ups in knowledge bases." <- "retrieval spans";
        "quipu.retrieval.documents" Histogram "{document}" [CALLS] ("source") "Documents found by look-ups." <- "retrieval spans with a count";
    }
    Workflow {
        "quipu.workflow.runs" Counter "{run}" ("workflow", "status") "Workflows run." <- "workflow spans";
        "quipu.workflow.errors" Counter "{run}" ("workflow", "error.type") "Workflows that failed." <- "workflow spans";
        "quipu.workflow.steps" Counter "{step}" ("workflow", "step", "status") "Steps run." <- "task spans";
        "quipu.workflow.step.duration" Histogram "s" [SECONDS] ("workflow", "step") "Duration of steps." <- "task spans";
    }
    Primitives {
        "quipu.cache.hits" Counter "{lookup}" ("cache") "Look-ups that found a value, or waited for one in progress." <- "`cache` itself";
        "quipu.cache.misses" Counter "{lookup}" ("cache") "Look-ups without a value." <- "`cache` itself";
        "quipu.cache.expiries" Counter "{lookup}" ("cache") "Misses because the value had expired." <- "`cache` itself";
        "quipu.cache.joined" Counter "{lookup}" ("cache") "Look-ups that waited for a value in progress." <- "`cache` itself";
        "quipu.cache.evictions" Counter "{value}" ("cache") "Values evicted because the cache was full." <- "`cache` itself";
        "quipu.router.routes" Counter "{call}" ("router", "route") "Calls by chosen route." <- "`router` itself";
        "quipu.retry.attempts" Counter "{attempt}" ("retry", "outcome") "Attempts, including the first." <- "`retry` itself";
        "quipu.retry.retries" Counter "{attempt}" ("retry") "Attempts after the first." <- "`retry` itself";
        "quipu.retry.exhausted" Counter "{call}" ("retry") "Calls that failed after all attempts." <- "`retry` itself";
        "quipu.timeout.expiries" Counter "{call}" ("timeout") "Calls that timed out." <- "`timeout` itself";
        "quipu.fallback.options" Counter "{call}" ("fallback", "option", "outcome") "Options tried." <- "`fallback` itself";
        "quipu.fallback.used" Counter "{call}" ("fallback", "option") "Calls answered by a fallback." <- "`fallback` itself";
        "quipu.parallel.branches" Counter "{branch}" ("parallel", "outcome") "Branches run." <- "`parallel` itself";
        "quipu.sequence.stops" Counter "{call}" ("sequence", "step") "Sequences that a failed step ended early." <- "`sequence` itself";
    }
    System {
        "process.cpu.utilization" Gauge "1" () "Share of one processor used by the process; above 1 if it uses several." <- "the operating system";
        "process.memory.usage" UpDownCounter "By" () "Physical memory in use by the process." <- "the operating system";
        "process.memory.virtual" UpDownCounter "By" () "Virtual memory committed to the process." <- "the operating system";
        "process.disk.io" Counter "By" ("disk.io.direction") "Bytes that the process has read and written." <- "the operating system";
        "process.uptime" Gauge "s" () "Uptime of the process." <- "the operating system";
        "system.cpu.utilization" Gauge "1" () "Share of all processors in use, from 0 to 1." <- "the operating system";
        "system.memory.usage" UpDownCounter "By" ("system.memory.state") "Memory by state: `used`, `free`." <- "the operating system";
        "system.memory.limit" UpDownCounter "By" () "Memory of the machine." <- "the operating system";
        "system.filesystem.usage" UpDownCounter "By" ("system.filesystem.mountpoint", "system.filesystem.state") "Space of file systems by state: `used`, `free`." <- "the operating system";
        "system.filesystem.limit" UpDownCounter "By" ("system.filesystem.mountpoint") "Space of file systems." <- "the operating system";
        "quipu.metrics.rejected" Counter "{observation}" ("reason") "Observations that were changed or dropped, by reason." <- "the recorder itself";
    }
};

/// Catalogue entry of a metric.
pub fn entry(name: &str) -> Option<&'static Entry> {
    CATALOGUE.iter().find(|entry| entry.name == name)
}

/// The catalogue as Markdown tables, one per group, as in `docs/guide/metrics.md`.
pub fn markdown() -> String {
    let mut text = String::new();
    for group in Group::ALL {
        let _ = writeln!(text, "### {}\n", group.title());
        text.push_str(
            "| Metric | Instrument | Unit | Labels | Meaning | Derived from |\n|---|---|---|---|---|---|\n",
        );
        for entry in CATALOGUE.iter().filter(|entry| entry.group == group) {
            let labels: Vec<_> = entry.labels.iter().map(|label| format!("`{label}`")).collect();
            let from = if entry.derived_from.is_empty() { "explicit calls only" } else { entry.derived_from };
            let (name, kind, unit, help) = (entry.name, entry.kind.as_str(), entry.unit, entry.help);
            let _ =
                writeln!(text, "| `{name}` | {kind} | `{unit}` | {} | {help} | {from} |", labels.join(", "));
        }
        text.push('\n');
    }
    text
}
