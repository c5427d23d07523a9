//! Metrics that count tokens, by the family that sends them.

/// Name of the series on spans that Quipu makes from metrics.
pub const METRIC_SERIES: &str = "quipu.metric.series";

/// Event that carries all attributes of a call of a model.
pub const INFERENCE_DETAILS: &[&str] =
    &["gen_ai.client.inference.operation.details", "gen_ai.client.operation.details"];

/// Services and scopes that send their own logs and metrics beside the GenAI ones: of two tellings of one call the vendor's
/// own has more.
pub const OWN_TELLERS: &[&str] = &["gemini-cli", "qwen-code"];

/// What a token type counts.
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
    /// Cost as the source reckons it.
    Cost,
}

/// One thing that a family of metrics counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counted {
    /// Name of the metric.
    pub metric: &'static str,
    /// The attribute that names the type; empty where the metric counts one thing only.
    pub key: &'static str,
    /// The type's name.
    pub value: &'static str,
    /// What it counts.
    pub part: Part,
}

/// Metrics of one source whose points with equal attributes tell of the same calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MetricFamily {
    /// Name of its main metric.
    pub name: &'static str,
    /// The family of sources whose sessions it tells of.
    pub source: &'static str,
    /// Attributes that name the session, most trusted first; empty where points name none.
    pub sessions: &'static [&'static str],
    /// What it counts. Types that are not listed, such as totals, are left out.
    pub counts: &'static [Counted],
    /// Parts that come on top of input or output, where others are in it.
    pub on_top: &'static [Part],
    /// How many units of its cost make a dollar.
    pub units_a_dollar: u64,
}

const fn by_type(metric: &'static str, key: &'static str, value: &'static str, part: Part) -> Counted {
    Counted { metric, key, value, part }
}

const fn alone(metric: &'static str, part: Part) -> Counted {
    Counted { metric, key: "", value: "", part }
}

/// Claude Code, <https://code.claude.com/docs/en/monitoring-usage>: four types that do not overlap, and the cost.
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

/// Gemini CLI, <https://geminicli.com/docs/cli/telemetry/>: thoughts are not in the output, tool prompts not in the input.
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

/// Qwen Code: the types of Gemini CLI, but of the models that it speaks to the output includes the thoughts.
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

/// Codex, one observation a turn; its cost is known to the session, its tokens to the service only.
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

/// Continue's command line, <https://docs.continue.dev/guides/cli>: cumulative sums of the service, the cost an estimate of
/// its own.
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

/// The GenAI conventions since they left OpenTelemetry's core: one metric a type, the last three parts of the first two.
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

/// The GenAI conventions up to 1.41: input and output only, so what was cached cannot be told.
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
