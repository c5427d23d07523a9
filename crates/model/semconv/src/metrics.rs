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
pub struct Counted {
    /// Name of the metric.
    pub metric: &'static str,
    /// The attribute that names the type; empty if the metric has only one.
    pub key: &'static str,
    /// The type's name.
    pub value: &'static str,
    /// The bucket that it counts into.
    pub part: Part,
}

/// Metrics of one source. Points with equal attributes describe the same calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MetricFamily {
    /// Name of its main metric.
    pub name: &'static str,
    /// The family of sources of its sessions.
    pub source: &'static str,
    /// Attributes that name the session, most trusted first; empty if points name none.
    pub sessions: &'static [&'static str],
    /// Its counts. Types that are not listed, such as totals, are ignored.
    pub counts: &'static [Counted],
    /// Buckets that are not included in input or output here, although other sources include them.
    pub on_top: &'static [Part],
    /// Units of its cost in one dollar.
    pub units_a_dollar: u64,
}

const fn by_type(metric: &'static str, key: &'static str, value: &'static str, part: Part) -> Counted {
    Counted { metric, key, value, part }
}

const fn alone(metric: &'static str, part: Part) -> Counted {
    Counted { metric, key: "", value: "", part }
}

/// Claude Code, <https://code.claude.com/docs/en/monitoring-usage>: four types that do not overlap, and the
/// cost.
pub const CLAUDE_CODE_METRICS: MetricFamily = MetricFamily {
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
pub const GEMINI_CLI_METRICS: MetricFamily = MetricFamily {
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
pub const QWEN_CODE_METRICS: MetricFamily = MetricFamily {
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
pub const CODEX_METRICS: MetricFamily = MetricFamily {
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
pub const CONTINUE_CLI_METRICS: MetricFamily = MetricFamily {
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
pub const INFERENCE_USAGE_METRICS: MetricFamily = MetricFamily {
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

/// The GenAI conventions up to 1.41: input and output only, so cached tokens are unknown.
pub const TOKEN_USAGE_METRICS: MetricFamily = MetricFamily {
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
pub const METRIC_FAMILIES: &[&MetricFamily] = &[
    &CLAUDE_CODE_METRICS,
    &GEMINI_CLI_METRICS,
    &QWEN_CODE_METRICS,
    &CODEX_METRICS,
    &CONTINUE_CLI_METRICS,
    &INFERENCE_USAGE_METRICS,
    &TOKEN_USAGE_METRICS,
];
