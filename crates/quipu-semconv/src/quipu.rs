//! Names of Quipu's own: what its library writes on spans and events, and its adapter reads.

use quipu_core::Kind;

/// Scope of everything that the library records.
pub const SCOPE: &str = "quipu";

/// What the span does, by the word of [`KINDS`].
pub const KIND: &str = "quipu.kind";

/// The kind of a span by the library's word for it: those of [`Kind`], and operations that have no kind of their own.
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

/// The word of spans that are none of the kinds.
pub const NO_KIND: &str = "other";

/// False on spans that head sampling left out: they hold what is counted, and nothing else.
pub const SAMPLED: &str = "quipu.sampled";

/// Project that the work belongs to; on records, or on the resource for all of a process.
pub const PROJECT: &str = "quipu.project";

/// Who is asked to pay for calls, `metered` or `subscription`; on records, or on the resource for all of a process. It comes
/// before what the source itself tells.
pub const BILLING: &str = "quipu.billing";

/// How the keys of units begin that are charged beside tokens: `quipu.units.web_searches`.
pub const UNITS_PREFIX: &str = "quipu.units.";

/// Workflow that the work runs in: the GenAI conventions name it on the workflow's own span only.
pub const WORKFLOW: &str = "quipu.workflow.name";

/// Framework that the code is written with.
pub const FRAMEWORK: &str = "quipu.framework";

/// Ties together what belongs to one request across services; on records, and as a member of baggage.
pub const CORRELATION_ID: &str = "quipu.correlation_id";

/// How the keys of the user's own data begin on records. In baggage the data goes by its bare key.
pub const DATA_PREFIX: &str = "quipu.data.";

/// The member of baggage that carries the session.
pub const BAGGAGE_SESSION: &str = "quipu.session_id";

/// The member of baggage that carries the user.
pub const BAGGAGE_USER: &str = "quipu.user_id";

/// What the call cost by the provider's own word, in US dollars as decimal text.
pub const REPORTED_COST: &str = "quipu.reported_cost_usd";

/// On spans that go out, what the call cost in US dollars by Quipu's own account, where it is paid by use.
pub const COST: &str = "quipu.cost_usd";

/// On spans that go out, what the call would have cost in US dollars by list price, where a subscription covers it.
pub const SUBSCRIPTION_COST: &str = "quipu.subscription_cost_usd";

/// On spans that go out, the rule by which the span is no part of the totals. Its tokens and cost were left out.
pub const UNCOUNTED: &str = "quipu.uncounted";

/// The cost in US dollars under the name that other tools have for it; OpenTelemetry has none.
pub const GENAI_COST: &str = "gen_ai.usage.cost";

/// True where the tokens are the client's own estimate, not the provider's count.
pub const USAGE_ESTIMATED: &str = "quipu.usage.estimated";

/// Whether a guardrail was triggered.
pub const GUARDRAIL_TRIGGERED: &str = "quipu.guardrail.triggered";

/// How many documents a look-up found.
pub const RETRIEVAL_DOCUMENTS: &str = "quipu.retrieval.documents";

/// The key of a memory that was read or written.
pub const MEMORY_KEY: &str = "quipu.memory.key";

/// Whether a look-up in memory found something.
pub const MEMORY_HIT: &str = "quipu.memory.hit";

/// The span event by which an agent hands over; its `gen_ai.handoff.to_agent` names the other.
pub const HANDOFF_EVENT: &str = "handoff";

/// On an event, the task that it is about.
pub const TASK: &str = "quipu.task.name";

/// On an event, whether a tool did what it was asked.
pub const TOOL_OK: &str = "quipu.tool.ok";

/// On an event, the rule that was broken.
pub const SAFETY_POLICY: &str = "quipu.safety.policy";

/// On an event, how bad the breach is.
pub const SAFETY_SEVERITY: &str = "quipu.safety.severity";

/// On an event, the name of a figure.
pub const METRIC_NAME: &str = "quipu.metric.name";

/// On an event, the figure.
pub const METRIC_VALUE: &str = "quipu.metric.value";

/// On an event, the figure's unit, as UCUM writes it.
pub const METRIC_UNIT: &str = "quipu.metric.unit";
