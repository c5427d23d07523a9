//! Metrics from counted ledger rows: calls, tokens, money, tool runs.

use compact_str::CompactString;
use quipu_core::{Cost, Kind, Span, Unpriced, Usage, Usd};

use super::tell::{Label, Tell, seconds};
use crate::name::kept;

/// Metric values of a counted row.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Counted {
    kind: Kind,
    pub service: Option<CompactString>,
    call: bool,
    tool_run: bool,
    duration: Option<i64>,
    /// Error type; `None` without an error.
    error: Option<CompactString>,
    operation: Option<CompactString>,
    first_chunk: Option<i64>,
    provider: Option<CompactString>,
    request_model: Option<CompactString>,
    response_model: Option<CompactString>,
    agent: Option<CompactString>,
    tool: Option<CompactString>,
    usage: Option<Usage>,
    /// Billed amount: nothing if a plan covers the call.
    amount: Option<Usd>,
    unpriced: Option<Unpriced>,
}

impl Counted {
    /// Reads a counted row. Other values come from its span or, for a later correction, from the previous
    /// version.
    pub fn of(row: &Cost, span: Option<&Span>, before: Option<&Self>) -> Self {
        let read = span.map(|span| &*span.canonical);
        let known = |error: &Self| error.error.clone().filter(|_| row.failed);
        let error = match read {
            Some(read) => read.error_type.clone(),
            None => before.and_then(known),
        };
        Self {
            kind: row.kind,
            service: row.service.as_deref().map(|service| kept(service).into()),
            call: row.is_call(),
            tool_run: row.is_tool_run(),
            duration: row.duration,
            error: row.failed.then(|| error.unwrap_or_else(|| "_OTHER".into())),
            operation: match read {
                Some(read) => read.operation.clone(),
                None => before.and_then(|before| before.operation.clone()),
            },
            first_chunk: match read {
                Some(read) => read.time_to_first_token,
                None => before.and_then(|before| before.first_chunk),
            },
            provider: row.provider.clone(),
            request_model: row.request_model.clone(),
            response_model: row.response_model.clone(),
            agent: row.agent.clone(),
            tool: row.tool.clone(),
            usage: row.usage.clone(),
            amount: row.billed(),
            unpriced: row.unpriced,
        }
    }

    pub fn tell(&self, tell: &Tell<'_>) {
        if self.tool_run {
            self.tell_tool(tell);
            return;
        }
        if self.call {
            self.tell_call(tell);
        }
        if let Some(usage) = &self.usage {
            self.tell_usage(usage, tell);
        }
        let [provider, model, agent, _] = self.who();
        if let Some(amount) = self.amount {
            tell.spend("quipu.llm.cost_usd", amount, &[provider, model, agent]);
        }
    }

    /// Provider, model, agent and status.
    fn who(&self) -> [Label<'_>; 4] {
        let model = self.response_model.as_deref().or(self.request_model.as_deref());
        [
            ("provider", self.provider.as_deref()),
            ("model", model),
            ("agent", self.agent.as_deref()),
            ("status", Some(if self.error.is_some() { "error" } else { "ok" })),
        ]
    }

    /// Common labels of OpenTelemetry's model metrics.
    fn wire(&self) -> [Label<'_>; 4] {
        let usual = match self.kind {
            Kind::Embedding => "embeddings",
            Kind::Rerank => "rerank",
            _ => "chat",
        };
        [
            ("gen_ai.operation.name", Some(self.operation.as_deref().unwrap_or(usual))),
            ("gen_ai.provider.name", self.provider.as_deref()),
            ("gen_ai.request.model", self.request_model.as_deref()),
            ("gen_ai.response.model", self.response_model.as_deref()),
        ]
    }

    fn tell_tool(&self, tell: &Tell<'_>) {
        let (tool, error) = (("tool", self.tool.as_deref()), ("error.type", self.error.as_deref()));
        let [_, _, agent, status] = self.who();
        tell.count("quipu.tool.runs", 1, &[tool, agent, status]);
        if self.error.is_some() {
            tell.count("quipu.tool.errors", 1, &[tool, error]);
        }
        if let Some(duration) = self.duration {
            let labels = [("gen_ai.tool.name", tool.1), ("gen_ai.agent.name", agent.1), error];
            tell.observe("gen_ai.execute_tool.duration", seconds(duration), &labels);
        }
    }

    fn tell_call(&self, tell: &Tell<'_>) {
        let [provider, model, agent, status] = self.who();
        let error = ("error.type", self.error.as_deref());
        tell.count("quipu.llm.calls", 1, &[provider, model, agent, status]);
        if self.error.is_some() {
            tell.count("quipu.llm.errors", 1, &[provider, model, error]);
        }
        if let Some(reason) = self.unpriced {
            tell.count("quipu.llm.unpriced_calls", 1, &[provider, model, ("reason", Some(reason.as_str()))]);
        }
        let [operation, by, asked, answered] = self.wire();
        let labels = [operation, by, asked, answered, error];
        if let Some(duration) = self.duration.map(seconds) {
            tell.observe("gen_ai.client.operation.duration", duration, &labels);
            if self.kind == Kind::Llm {
                tell.observe("gen_ai.client.inference.duration", duration, &labels);
            }
        }
        if let Some(first) = self.first_chunk {
            tell.observe("gen_ai.client.operation.time_to_first_chunk", seconds(first), &self.wire());
        }
    }

    fn tell_usage(&self, usage: &Usage, tell: &Tell<'_>) {
        let [provider, model, agent, _] = self.who();
        let [operation, by, asked, answered] = self.wire();
        for (kind, tokens) in [
            ("input", usage.input),
            ("output", usage.output),
            ("cache_read", usage.cache_read),
            ("cache_write", usage.cache_write),
            ("reasoning", usage.reasoning),
        ] {
            tell.count(
                "quipu.llm.tokens",
                tokens.unwrap_or(0),
                &[provider, model, agent, ("type", Some(kind))],
            );
        }
        for (kind, tokens) in [("input", usage.input), ("output", usage.output)] {
            if let Some(tokens) = tokens {
                let labels = [operation, by, asked, answered, ("gen_ai.token.type", Some(kind))];
                tell.observe("gen_ai.client.token.usage", tokens as f64, &labels);
            }
        }
        if !matches!(self.kind, Kind::Embedding | Kind::Rerank) {
            for (name, modality, tokens) in by_modality(usage) {
                let labels = [operation, by, asked, answered, ("gen_ai.token.modality", Some(modality))];
                tell.count(name, tokens, &labels);
            }
        }
    }
}

/// Tokens by metric and modality. If the source reports one modality, the remaining tokens are text.
fn by_modality(usage: &Usage) -> impl Iterator<Item = (&'static str, &'static str, u64)> {
    let split = |name, all: Option<u64>, audio: Option<u64>, image: Option<u64>| {
        let rest = all.unwrap_or(0).saturating_sub(audio.unwrap_or(0)).saturating_sub(image.unwrap_or(0));
        let rest_is = if audio.or(image).is_some() { "text" } else { "unknown" };
        [(name, rest_is, rest), (name, "audio", audio.unwrap_or(0)), (name, "image", image.unwrap_or(0))]
    };
    [
        split(
            "gen_ai.client.inference.usage.input_tokens",
            usage.input,
            usage.input_audio,
            usage.input_image,
        ),
        split(
            "gen_ai.client.inference.usage.output_tokens",
            usage.output,
            usage.output_audio,
            usage.output_image,
        ),
        split(
            "gen_ai.client.inference.usage.cache_read.input_tokens",
            usage.cache_read,
            usage.cache_read_audio,
            None,
        ),
        split("gen_ai.client.inference.usage.cache_write.input_tokens", usage.cache_write, None, None),
        split("gen_ai.client.inference.usage.reasoning.output_tokens", usage.reasoning, None, None),
    ]
    .into_iter()
    .flatten()
    .filter(|(_, _, tokens)| *tokens > 0)
}
