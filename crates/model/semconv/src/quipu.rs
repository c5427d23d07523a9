//! Quipu's own attribute names: its library writes them, and its adapter reads them.

use quipu_core::Kind;

/// Scope of all records of the library.
pub const SCOPE: &str = "quipu";

/// Kind of the span, by a word of [`KINDS`].
pub const KIND: &str = "quipu.kind";

/// The library's words for kinds: those of [`Kind`], and operations without a kind of their own.
pub const KINDS: &[(&str, Kind)] = &[
    ("agent", Kind::Agent),
    ("workflow", Kind::Workflow),
    ("task", Kind::Task),
    ("llm", Kind::Llm),
    ("embedding", Kind::Embedding),
    ("retrieval", Kind::Retrieval),
    ("rerank", Kind::Rerank),
    ("tool", Kind::Tool),
    ("guardrail", Kind::Guardrail),
    ("evaluator", Kind::Evaluator),
    ("memory", Kind::Memory),
    ("planning", Kind::Planning),
    ("session", Kind::Other),
    ("context_assembly", Kind::Other),
    ("file_operation", Kind::Other),
    ("shell_command", Kind::Other),
    ("vcs", Kind::Other),
    ("other", Kind::Other),
];

/// The word of spans without a kind.
pub const NO_KIND: &str = "other";

/// False on spans that head sampling left out; they hold only the counted facts.
pub const SAMPLED: &str = "quipu.sampled";

/// True on spans that were open when the library recorded them; the ended span replaces such a version.
pub const UNFINISHED: &str = "quipu.unfinished";

/// Project of the work; on records, or on the resource for a whole process.
pub const PROJECT: &str = "quipu.project";

/// Billing of calls, `metered` or `subscription`; on records, or on the resource for a whole process. It
/// takes precedence over the source's own report.
pub const BILLING: &str = "quipu.billing";

/// Id of the run of `quipu run` that a process belongs to; on its resource. Its spans get the tag `run-ID`.
pub const RUN: &str = "quipu.run";

/// Prefix of charged units other than tokens: `quipu.units.web_searches`.
pub const UNITS_PREFIX: &str = "quipu.units.";

/// Workflow of the work. The GenAI conventions name it only on the workflow's own span.
pub const WORKFLOW: &str = "quipu.workflow.name";

/// Framework of the code.
pub const FRAMEWORK: &str = "quipu.framework";

/// Connects the records of one request across services; on records, and as a member of baggage.
pub const CORRELATION_ID: &str = "quipu.correlation_id";

/// Prefix of the user's own data on records. Baggage uses the key without the prefix.
pub const DATA_PREFIX: &str = "quipu.data.";

/// The baggage member with the session.
pub const BAGGAGE_SESSION: &str = "quipu.session_id";

/// The baggage member with the user.
pub const BAGGAGE_USER: &str = "quipu.user_id";

/// Cost of the call as reported by the provider, in US dollars as decimal text.
pub const REPORTED_COST: &str = "quipu.reported_cost_usd";

/// On exported spans: cost of a metered call in US dollars, as computed by Quipu.
pub const COST: &str = "quipu.cost_usd";

/// On exported spans: list price in US dollars of a call under a subscription.
pub const SUBSCRIPTION_COST: &str = "quipu.subscription_cost_usd";

/// On exported spans: the rule that excludes the span from the totals. Its tokens and cost are left out.
pub const UNCOUNTED: &str = "quipu.uncounted";

/// The cost in US dollars under the name that other tools use; OpenTelemetry has none.
pub const GENAI_COST: &str = "gen_ai.usage.cost";

/// True if the tokens are the client's own estimate, not the provider's count.
pub const USAGE_ESTIMATED: &str = "quipu.usage.estimated";

/// Whether a guardrail was triggered.
pub const GUARDRAIL_TRIGGERED: &str = "quipu.guardrail.triggered";

/// Number of documents that a retrieval found.
pub const RETRIEVAL_DOCUMENTS: &str = "quipu.retrieval.documents";

/// The key of a memory that was read or written.
pub const MEMORY_KEY: &str = "quipu.memory.key";

/// Whether a memory look-up found an entry.
pub const MEMORY_HIT: &str = "quipu.memory.hit";

/// The span event of a hand-off; its `gen_ai.handoff.to_agent` names the other agent.
pub const HANDOFF_EVENT: &str = "handoff";

/// On an event, the name of its task.
pub const TASK: &str = "quipu.task.name";

/// Bytes that a tool was given.
pub const TOOL_INPUT_SIZE: &str = "quipu.tool.input_size";

/// Bytes that a tool returned.
pub const TOOL_OUTPUT_SIZE: &str = "quipu.tool.output_size";

/// Duration of a measured operation in seconds.
pub const PERFORMANCE_DURATION: &str = "quipu.performance.duration_seconds";

/// Tokens of a measured operation.
pub const PERFORMANCE_TOKENS: &str = "quipu.performance.tokens";

/// Memory of a measured operation in bytes.
pub const PERFORMANCE_MEMORY: &str = "quipu.performance.memory_bytes";

/// On an event, whether the tool succeeded.
pub const TOOL_OK: &str = "quipu.tool.ok";

/// On an event, the violated policy.
pub const SAFETY_POLICY: &str = "quipu.safety.policy";

/// On an event, the severity of the violation.
pub const SAFETY_SEVERITY: &str = "quipu.safety.severity";

/// On an event, the name of a figure.
pub const METRIC_NAME: &str = "quipu.metric.name";

/// On an event, the figure.
pub const METRIC_VALUE: &str = "quipu.metric.value";

/// On an event, the figure's unit, as UCUM writes it.
pub const METRIC_UNIT: &str = "quipu.metric.unit";
