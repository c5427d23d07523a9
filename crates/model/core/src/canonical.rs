//! Canonical fields of a span: the same words for every source, read by an adapter.

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use crate::{Billing, CallMarks, Meeting, SentParams, Signal, ToldRuns, Usage, UsageEstimate, Usd};

/// Convention of spans that no adapter knows; they were read by the shape of their attributes.
pub const BY_SHAPE: &str = "generic";

/// Whether records of a signal and a convention are compared by time with the others of their process: spans,
/// and log records that were read by shape. Log records of known sources meet by their session.
pub fn meets_by_time(signal: Signal, convention: &str) -> bool {
    signal == Signal::Span || (signal == Signal::Log && convention == BY_SHAPE)
}

/// The role of a span in an agent's work. The numbers are part of the stored format: append only.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Kind {
    /// None of the other kinds.
    #[default]
    Other = 0,
    /// An agent's run.
    Agent = 1,
    /// A workflow: a graph, crew, pipeline.
    Workflow = 2,
    /// A step of a workflow or agent.
    Task = 3,
    /// A request to a language model.
    Llm = 4,
    /// A request to an embedding model.
    Embedding = 5,
    /// A look-up in a knowledge base.
    Retrieval = 6,
    /// A request to a reranking model.
    Rerank = 7,
    /// A tool's run.
    Tool = 8,
    /// A check of input or output.
    Guardrail = 9,
    /// A judgement of quality.
    Evaluator = 10,
    /// Work on an agent's memory.
    Memory = 11,
    /// Planning.
    Planning = 12,
}

impl Kind {
    /// Every kind, in the order of their numbers.
    pub const ALL: [Self; 13] = [
        Self::Other,
        Self::Agent,
        Self::Workflow,
        Self::Task,
        Self::Llm,
        Self::Embedding,
        Self::Retrieval,
        Self::Rerank,
        Self::Tool,
        Self::Guardrail,
        Self::Evaluator,
        Self::Memory,
        Self::Planning,
    ];

    /// The word of the kind in the HTTP API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Other => "other",
            Self::Agent => "agent",
            Self::Workflow => "workflow",
            Self::Task => "task",
            Self::Llm => "llm",
            Self::Embedding => "embedding",
            Self::Retrieval => "retrieval",
            Self::Rerank => "rerank",
            Self::Tool => "tool",
            Self::Guardrail => "guardrail",
            Self::Evaluator => "evaluator",
            Self::Memory => "memory",
            Self::Planning => "planning",
        }
    }

    /// The kind of a stored number; unknown numbers are [`Kind::Other`].
    pub fn from_number(number: u8) -> Self {
        Self::ALL.get(usize::from(number)).copied().unwrap_or_default()
    }

    /// Whether it is one request to a model, as the provider counts requests.
    pub const fn is_call(self) -> bool {
        matches!(self, Self::Llm | Self::Embedding | Self::Rerank)
    }
}

/// A model provider by its OpenTelemetry GenAI name (`openai`, `anthropic`, `aws.bedrock`, `gcp.gemini` …).
pub type Provider = CompactString;

/// Canonical fields of a span. A field that the source did not report is `None` or empty.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Canonical {
    /// Role of the span.
    pub kind: Kind,
    /// Source signal: a span of a trace, or a record of another signal that this span was made from.
    pub signal: Signal,
    /// Meeting of all signals of its session, for sources that report one call by several signals.
    pub meeting: Option<Meeting>,
    /// Convention by which the span was read: `genai`, `openinference`, `openllmetry`, or empty for none.
    pub convention: CompactString,
    /// Framework that produced it: `langgraph`, `crewai`, `openai` …
    pub framework: Option<CompactString>,
    /// `gen_ai.operation.name` or an equivalent attribute.
    pub operation: Option<CompactString>,
    /// Model provider.
    pub provider: Option<Provider>,
    /// Requested model.
    pub request_model: Option<CompactString>,
    /// Model that answered.
    pub response_model: Option<CompactString>,
    /// The provider's id of the answer.
    pub response_id: Option<CompactString>,
    /// Service tier or speed that the provider charged (`priority`, `flex`, `batch`, `fast` …).
    pub service_tier: Option<CompactString>,
    /// Request parameters.
    pub params: SentParams,
    /// Tokens on this span, whether they count or not.
    pub usage: Option<Usage>,
    /// Cost that the source itself reported.
    pub reported_cost: Option<Usd>,
    /// The usage repeats that of other spans, as this source is known to do: it never counts (rule R2).
    pub never_count: bool,
    /// Agent that did the work or owns the span.
    pub agent: Option<CompactString>,
    /// Id of that agent.
    pub agent_id: Option<CompactString>,
    /// Workflow of the span: a graph, crew or pipeline.
    pub workflow: Option<CompactString>,
    /// Step of that workflow: a graph's node, a crew's task, a pipeline's component.
    pub step: Option<CompactString>,
    /// On a hand-off, the agent that hands over.
    pub handoff_from: Option<CompactString>,
    /// On a hand-off, the agent that takes over.
    pub handoff_to: Option<CompactString>,
    /// On a guardrail, whether it was triggered.
    pub guardrail_triggered: Option<bool>,
    /// Tool's name as the model called it.
    pub tool: Option<CompactString>,
    /// The model's id of that tool call.
    pub tool_call_id: Option<CompactString>,
    /// Conversation or session.
    pub session: Option<CompactString>,
    /// User on whose behalf it ran.
    pub user: Option<CompactString>,
    /// Kind of error: `error.type`, an exception's type, a status code.
    pub error_type: Option<CompactString>,
    /// Nanoseconds until the first token or chunk arrived.
    pub time_to_first_token: Option<i64>,
    /// Why the model stopped, in lower case with underscores (`stop`, `length`, `tool_calls` …).
    pub finish_reasons: Vec<CompactString>,
    /// Tags set by the user.
    pub tags: Vec<CompactString>,
    /// Billing of the call, if the source reports it.
    pub billing: Option<Billing>,
    /// Project of the work.
    pub project: Option<CompactString>,
    /// Revision of the source code that ran or was edited: `vcs.ref.head.revision`.
    pub commit: Option<CompactString>,
    /// Branch of that revision: `vcs.ref.head.name`.
    pub branch: Option<CompactString>,
    /// Keys that look like usage but are in no table.
    pub unknown_usage: Vec<CompactString>,
    /// Unreadable or repaired values, in words for the user; never message contents.
    pub notes: Vec<CompactString>,
    /// Tool calls and results in the messages of a call.
    #[serde(skip)]
    pub told: Option<Box<ToldRuns>>,
    /// Marks of the answer and of the request, to recognise other records of the call.
    #[serde(skip)]
    pub marks: CallMarks,
    /// Estimated usage of a call whose source sends none.
    #[serde(skip)]
    pub estimate: Option<Box<UsageEstimate>>,
}

impl Canonical {
    /// The model for prices and display: the one that answered, else the requested one.
    pub fn model(&self) -> Option<&CompactString> {
        self.response_model.as_ref().or(self.request_model.as_ref())
    }
}
