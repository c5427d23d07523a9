//! One-call forms for work that has already ended.
//!
//! Each function records in the current context. Guards with [`crate::Guard::started_at`] and
//! [`crate::Guard::duration`] can say more.
//!
//! ```
//! use std::time::Duration;
//!
//! use quipu_sdk::{ToolUsage, log_tool_usage, track_llm_usage};
//!
//! let row = track_llm_usage("openai", "gpt-5", (1_200, 85), Duration::from_millis(1_500));
//! if let Some(cost) = row.and_then(|row| row.amount) {
//!     println!("{cost}");
//! }
//! let usage = ToolUsage { output_size: Some(2_048), ..ToolUsage::ok(Duration::from_millis(40)) };
//! log_tool_usage("grep", &usage);
//! ```

use std::time::Duration;

use quipu_core::{Cost, Level, Usage};
use quipu_semconv::quipu::{
    METRIC_NAME, PERFORMANCE_DURATION, PERFORMANCE_MEMORY, PERFORMANCE_TOKENS, TOOL_INPUT_SIZE,
    TOOL_OUTPUT_SIZE,
};

use crate::guard::program;
use crate::wire::Key;
use crate::{agent, event_at, llm, tool};

/// Records a model call that took `duration` and ends now. Returns its ledger row with the cost; `None` if
/// nothing is recorded.
///
/// ```
/// use std::time::Duration;
///
/// let row = quipu_sdk::track_llm_usage("openai", "gpt-5", (1_200, 85), Duration::from_millis(1_500));
/// if let Some(cost) = row.and_then(|row| row.amount) {
///     println!("{cost}");
/// }
/// ```
pub fn track_llm_usage(
    provider: &str,
    model: &str,
    usage: impl Into<Usage>,
    duration: Duration,
) -> Option<Cost> {
    llm(provider, model).usage(usage).duration(duration).end().row()
}

/// [`track_llm_usage`] for a model that is known without its provider.
///
/// ```
/// quipu_sdk::track_llm_request("gpt-5", (1_200, 85), std::time::Duration::from_millis(1_500));
/// ```
pub fn track_llm_request(model: &str, usage: impl Into<Usage>, response_time: Duration) -> Option<Cost> {
    track_llm_usage("", model, usage, response_time)
}

/// Records an agent run with one model call. Both took `response_time` and end now. Returns the ledger row of
/// the call; `None` if nothing is recorded.
///
/// ```
/// use std::time::Duration;
///
/// let (model, took) = (("openai", "gpt-5"), Duration::from_secs(2));
/// quipu_sdk::record_agent_execution("planner", model, (1_200, 85), took, true);
/// ```
pub fn record_agent_execution(
    name: &str,
    (provider, model): (&str, &str),
    usage: impl Into<Usage>,
    response_time: Duration,
    success: bool,
) -> Option<Cost> {
    let mut run = agent(name).duration(response_time);
    let row = run.llm(provider, model).usage(usage).duration(response_time).end().row();
    if !success {
        run.error("failed", "the agent reported a failure");
    }
    run.end();
    row
}

/// Facts of a tool run for [`log_tool_usage`].
///
/// ```
/// use std::time::Duration;
///
/// use quipu_sdk::ToolUsage;
///
/// let usage = ToolUsage { output_size: Some(2_048), ..ToolUsage::ok(Duration::from_millis(40)) };
/// assert!(usage.success);
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ToolUsage<'a> {
    /// Duration of the run.
    pub duration: Duration,
    /// Whether the run succeeded.
    pub success: bool,
    /// Bytes that the tool was given.
    pub input_size: Option<u64>,
    /// Bytes that the tool returned.
    pub output_size: Option<u64>,
    /// Command line of the run. The program's name is always recorded; the rest requires full prompt logging.
    pub command: Option<&'a str>,
}

impl ToolUsage<'_> {
    /// A successful run.
    pub fn ok(duration: Duration) -> Self {
        Self { duration, success: true, ..Self::default() }
    }

    /// A failed run.
    pub fn failed(duration: Duration) -> Self {
        Self { duration, ..Self::default() }
    }
}

/// Records a tool run that ends now.
///
/// ```
/// use quipu_sdk::{ToolUsage, log_tool_usage};
///
/// let took = std::time::Duration::from_millis(40);
/// log_tool_usage("grep", &ToolUsage { command: Some("grep -r knots ."), ..ToolUsage::failed(took) });
/// ```
pub fn log_tool_usage(name: &str, usage: &ToolUsage<'_>) {
    let mut run = tool(name)
        .duration(usage.duration)
        .attribute(TOOL_INPUT_SIZE, usage.input_size)
        .attribute(TOOL_OUTPUT_SIZE, usage.output_size);
    if let Some(command) = usage.command {
        run = run.text(Key::COMMAND, program(command)).private(Key::COMMAND_LINE, command);
    }
    if !usage.success {
        run.error("tool_error", "the tool reported a failure");
    }
    run.end();
}

/// Figures of an operation for [`log_performance_metrics`].
///
/// ```
/// use quipu_sdk::PerformanceFigures;
///
/// let figures = PerformanceFigures { tokens: Some(85), ..PerformanceFigures::default() };
/// assert_eq!(figures.duration, None);
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PerformanceFigures {
    /// Duration.
    pub duration: Option<Duration>,
    /// Used tokens.
    pub tokens: Option<u64>,
    /// Used memory in bytes.
    pub memory_bytes: Option<u64>,
}

/// Records several figures of an operation in one event `performance.metric`.
///
/// ```
/// use quipu_sdk::{PerformanceFigures, log_performance_metrics};
///
/// let (duration, memory_bytes) = (Some(std::time::Duration::from_secs(2)), Some(64 << 20));
/// log_performance_metrics("index", &PerformanceFigures { duration, memory_bytes, tokens: None });
/// ```
pub fn log_performance_metrics(operation: &str, figures: &PerformanceFigures) {
    event_at(Level::Info, "performance.metric")
        .attribute(METRIC_NAME, operation)
        .attribute(PERFORMANCE_DURATION, figures.duration.map(|duration| duration.as_secs_f64()))
        .attribute(PERFORMANCE_TOKENS, figures.tokens)
        .attribute(PERFORMANCE_MEMORY, figures.memory_bytes)
        .emit();
}
