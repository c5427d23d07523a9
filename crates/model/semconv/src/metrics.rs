//! Metrics that count tokens, by the family of sources that sends them.

/// Name of the series on spans that Quipu makes from metrics.
pub const METRIC_SERIES: &str = "quipu.metric.series";

/// Event that carries all attributes of a model call.
pub const INFERENCE_DETAILS: &[&str] =
    &["gen_ai.client.inference.operation.details", "gen_ai.client.operation.details"];

/// Services and scopes that send their own logs and metrics in addition to the GenAI ones. If both describe
/// one call, the vendor's own record has more detail.
pub const OWN_TELLERS: &[&str] = &["gemini-cli", "qwen-code"];

/// The bucket that a token type counts into.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// Input tokens.
    Input,
    /// Input tokens read from a cache.
    CacheRead,
    /// Input tokens written to a cache.
    CacheWrite,
    /// Input tokens that server-side tools added.
    ToolPrompt,
    /// Output tokens.
    Output,
    /// Output tokens spent on reasoning.
    Reasoning,
    /// Cost as the source computes it.
    Cost,
}

/// One count of a family of metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counted<'a> {
    /// Name of the metric.
    pub metric: &'a str,
    /// The attribute that names the type; empty if the metric has only one.
    pub key: &'a str,
    /// The type's name.
    pub value: &'a str,
    /// The bucket that it counts into.
    pub part: Part,
}

/// Metrics of one source. Points with equal attributes describe the same calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MetricFamily<'a> {
    /// Name of its main metric.
    pub name: &'a str,
    /// The family of sources of its sessions.
    pub source: &'static str,
    /// Attributes that name the session, most trusted first; empty if points name none.
    pub sessions: &'static [&'static str],
    /// Its counts. Types that are not listed, such as totals, are ignored.
    pub counts: &'a [Counted<'a>],
    /// Buckets that are not included in input or output here, although other sources include them.
    pub on_top: &'a [Part],
    /// Units of its cost in one dollar.
    pub units_a_dollar: u64,
}

const fn by_type(
    metric: &'static str,
    key: &'static str,
    value: &'static str,
    part: Part,
) -> Counted<'static> {
    Counted { metric, key, value, part }
}

const fn alone(metric: &'static str, part: Part) -> Counted<'static> {
    Counted { metric, key: "", value: "", part }
}

/// Claude Code, <https://code.claude.com/docs/en/monitoring-usage>: four types that do not overlap, and the
/// cost.
pub const CLAUDE_CODE_METRICS: MetricFamily<'static> = MetricFamily {
    name: "claude_code.token.usage",
    source: "claude-code",
    sessions: &["session.id"],
    counts: &[
        by_type("claude_code.token.usage", "type", "input", Part::Input),
        by_type("claude_code.token.usage", "type", "output", Part::Output),
        by_type("claude_code.token.usage", "type", "cacheRead", Part::CacheRead),
        by_type("claude_code.token.usage", "type", "cacheCreation", Part::CacheWrite),
        alone("claude_code.cost.usage", Part::Cost),
    ],
    on_top: &[Part::CacheRead, Part::CacheWrite],
    units_a_dollar: 1,
};

/// Gemini CLI, <https://geminicli.com/docs/cli/telemetry/>. Its output excludes thoughts, and its input
/// excludes tool prompts.
pub const GEMINI_CLI_METRICS: MetricFamily<'static> = MetricFamily {
    name: "gemini_cli.token.usage",
    source: "gemini-cli",
    sessions: &["session.id"],
    counts: &[
        by_type("gemini_cli.token.usage", "type", "input", Part::Input),
        by_type("gemini_cli.token.usage", "type", "output", Part::Output),
        by_type("gemini_cli.token.usage", "type", "cache", Part::CacheRead),
        by_type("gemini_cli.token.usage", "type", "thought", Part::Reasoning),
        by_type("gemini_cli.token.usage", "type", "tool", Part::ToolPrompt),
    ],
    on_top: &[Part::Reasoning, Part::ToolPrompt],
    units_a_dollar: 1,
};

/// Qwen Code. It has the types of Gemini CLI, but the output of its models includes the thoughts.
pub const QWEN_CODE_METRICS: MetricFamily<'static> = MetricFamily {
    name: "qwen-code.token.usage",
    source: "qwen-code",
    sessions: &["session.id"],
    counts: &[
        by_type("qwen-code.token.usage", "type", "input", Part::Input),
        by_type("qwen-code.token.usage", "type", "output", Part::Output),
        by_type("qwen-code.token.usage", "type", "cache", Part::CacheRead),
        by_type("qwen-code.token.usage", "type", "thought", Part::Reasoning),
        by_type("qwen-code.token.usage", "type", "tool", Part::ToolPrompt),
    ],
    on_top: &[Part::ToolPrompt],
    units_a_dollar: 1,
};

/// Codex, one observation a turn. Its cost is reported by session, its tokens only by service.
pub const CODEX_METRICS: MetricFamily<'static> = MetricFamily {
    name: "codex.turn.token_usage",
    source: "codex",
    sessions: &["conversation.id"],
    counts: &[
        by_type("codex.turn.token_usage", "token_type", "input", Part::Input),
        by_type("codex.turn.token_usage", "token_type", "cached_input", Part::CacheRead),
        by_type("codex.turn.token_usage", "token_type", "cache_write_input", Part::CacheWrite),
        by_type("codex.turn.token_usage", "token_type", "output", Part::Output),
        by_type("codex.turn.token_usage", "token_type", "reasoning_output", Part::Reasoning),
        alone("codex.turn.cost_microusd", Part::Cost),
    ],
    on_top: &[],
    units_a_dollar: 1_000_000,
};

/// Continue's command line, <https://docs.continue.dev/guides/cli>: cumulative sums of the service; the cost
/// is its own estimate.
pub const CONTINUE_CLI_METRICS: MetricFamily<'static> = MetricFamily {
    name: "continue_cli_token_usage",
    source: "",
    sessions: &[],
    counts: &[
        by_type("continue_cli_token_usage", "type", "input", Part::Input),
        by_type("continue_cli_token_usage", "type", "output", Part::Output),
        alone("continue_cli_cost_usage", Part::Cost),
    ],
    on_top: &[],
    units_a_dollar: 1,
};

/// The GenAI conventions after their separation from OpenTelemetry's core: one metric for each type. The last
/// three are parts of the first two.
pub const INFERENCE_USAGE_METRICS: MetricFamily<'static> = MetricFamily {
    name: "gen_ai.client.inference.usage",
    source: "",
    sessions: &[],
    counts: &[
        alone("gen_ai.client.inference.usage.input_tokens", Part::Input),
        alone("gen_ai.client.inference.usage.output_tokens", Part::Output),
        alone("gen_ai.client.inference.usage.cache_read.input_tokens", Part::CacheRead),
        alone("gen_ai.client.inference.usage.cache_write.input_tokens", Part::CacheWrite),
        alone("gen_ai.client.inference.usage.reasoning.output_tokens", Part::Reasoning),
    ],
    on_top: &[],
    units_a_dollar: 1,
};

/// A draft of the same conventions, with counters beside histograms of the shorter names.
pub const DETAILED_USAGE_METRICS: MetricFamily<'static> = MetricFamily {
    name: "gen_ai.client.inference.usage.detailed",
    source: "",
    sessions: &[],
    counts: &[
        alone("gen_ai.client.inference.usage.detailed.input_tokens", Part::Input),
        alone("gen_ai.client.inference.usage.detailed.output_tokens", Part::Output),
        alone("gen_ai.client.inference.usage.detailed.cache_read.input_tokens", Part::CacheRead),
        alone("gen_ai.client.inference.usage.detailed.cache_write.input_tokens", Part::CacheWrite),
        alone("gen_ai.client.inference.usage.detailed.reasoning.output_tokens", Part::Reasoning),
    ],
    on_top: &[],
    units_a_dollar: 1,
};

/// The GenAI conventions up to 1.41: input and output only, so cached tokens are unknown.
pub const TOKEN_USAGE_METRICS: MetricFamily<'static> = MetricFamily {
    name: "gen_ai.client.token.usage",
    source: "",
    sessions: &[],
    counts: &[
        by_type("gen_ai.client.token.usage", "gen_ai.token.type", "input", Part::Input),
        by_type("gen_ai.client.token.usage", "gen_ai.token.type", "output", Part::Output),
        by_type("gen_ai.client.token.usage", "gen_ai.token.type", "completion", Part::Output),
    ],
    on_top: &[],
    units_a_dollar: 1,
};

/// Every family.
pub const METRIC_FAMILIES: &[&MetricFamily<'static>] = &[
    &CLAUDE_CODE_METRICS,
    &GEMINI_CLI_METRICS,
    &QWEN_CODE_METRICS,
    &CODEX_METRICS,
    &CONTINUE_CLI_METRICS,
    &INFERENCE_USAGE_METRICS,
    &DETAILED_USAGE_METRICS,
    &TOKEN_USAGE_METRICS,
];

/// Words of a metric's name that mark it as usage, next to a word for tokens.
pub const USAGE_WORDS: &[&str] = &["usage", "used", "consumed", "consumption", "count", "total", "spent"];

/// Words of a metric's name that mark it as something else than usage.
pub const NO_USAGE_WORDS: &[&str] =
    &["limit", "remaining", "budget", "quota", "max", "rate", "per", "price", "cost", "context", "auth"];

/// Labels that name the type of tokens of a point.
pub const TYPE_LABELS: &[&str] = &[
    "type",
    "token_type",
    "token.type",
    "tokenType",
    "token_kind",
    "kind",
    "direction",
    "usage_type",
    "gen_ai.token.type",
];

/// Types of tokens in lower case without punctuation. `None` is a sum of others.
pub const TOKEN_TYPES: &[(&str, Option<Part>)] = &[
    ("input", Some(Part::Input)),
    ("prompt", Some(Part::Input)),
    ("in", Some(Part::Input)),
    ("output", Some(Part::Output)),
    ("completion", Some(Part::Output)),
    ("out", Some(Part::Output)),
    ("cacheread", Some(Part::CacheRead)),
    ("cached", Some(Part::CacheRead)),
    ("cachedinput", Some(Part::CacheRead)),
    ("cache", Some(Part::CacheRead)),
    ("cachereadinput", Some(Part::CacheRead)),
    ("cachecreation", Some(Part::CacheWrite)),
    ("cachewrite", Some(Part::CacheWrite)),
    ("cachewriteinput", Some(Part::CacheWrite)),
    ("reasoning", Some(Part::Reasoning)),
    ("reasoningoutput", Some(Part::Reasoning)),
    ("thought", Some(Part::Reasoning)),
    ("thoughts", Some(Part::Reasoning)),
    ("thinking", Some(Part::Reasoning)),
    ("tool", Some(Part::ToolPrompt)),
    ("total", None),
];

/// Sessions on points of any source, most trusted first.
pub const POINT_SESSIONS: &[&str] = &["session.id", "session_id", "conversation.id", "conversation_id"];
