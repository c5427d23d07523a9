//! Methods of guards for model calls.

use std::time::Duration;

use quipu_core::{Usage, Usd};

use super::{OfAgent, OfEmbedding, OfLlm, OfRerank};
use crate::wire::Key;
use crate::{Content, Guard};

/// Guards of a model call.
///
/// ```
/// let call = quipu_sdk::embedding("openai", "text-embedding-3-small"); // embeddings use a model, too
/// call.usage((900, 0)).response_id("e-1").end();
/// ```
pub trait CallsModel {}

impl CallsModel for OfLlm {}
impl CallsModel for OfEmbedding {}
impl CallsModel for OfRerank {}

impl<K: CallsModel> Guard<K> {
    /// Used tokens, as the provider counts them.
    #[inline]
    pub fn usage(mut self, usage: impl Into<Usage>) -> Self {
        if let Some(live) = &mut self.live {
            live.usage(&usage.into());
        }
        self
    }

    /// Cost that the provider reported; stored in addition to the computed cost.
    #[inline]
    pub fn cost(mut self, cost: Usd) -> Self {
        if let Some(live) = &mut self.live {
            live.cost(cost);
        }
        self
    }

    /// Model that answered, if it differs from the requested one.
    #[inline]
    pub fn response_model(self, model: &str) -> Self {
        self.text(Key::RESPONSE_MODEL, model)
    }

    /// The provider's id of the answer.
    #[inline]
    pub fn response_id(self, id: &str) -> Self {
        self.text(Key::RESPONSE_ID, id)
    }

    /// Service tier that the provider charged: `priority`, `flex`, `batch` …
    #[inline]
    pub fn service_tier(self, tier: &str) -> Self {
        self.text(Key::SERVICE_TIER, tier)
    }

    /// Address of the server, as OpenTelemetry's `server.address`.
    #[inline]
    pub fn server(self, address: &str) -> Self {
        self.text(Key::SERVER, address)
    }
}

/// Guards with input and output: models and agents.
///
/// ```
/// let mut call = quipu_sdk::llm("openai", "gpt-5").temperature(0.2).stream(true);
/// call.first_token();
/// call.usage((1_200, 85)).finish_reason("stop").end();
/// ```
pub trait Converses {}

impl Converses for OfLlm {}
impl Converses for OfAgent {}

impl<K: Converses> Guard<K> {
    /// Input of the model or agent; requires full prompt logging.
    #[inline]
    pub fn input<'a>(self, content: impl Into<Content<'a>>) -> Self {
        self.content(Key::INPUT_TEXT, Key::INPUT, content.into())
    }

    /// Output of the model or agent; requires full prompt logging.
    #[inline]
    pub fn output<'a>(self, content: impl Into<Content<'a>>) -> Self {
        self.content(Key::OUTPUT_TEXT, Key::OUTPUT, content.into())
    }
}

impl Guard<OfLlm> {
    /// Finish reason: `stop`, `length`, `tool_calls` … One call per choice.
    #[inline]
    pub fn finish_reason(self, reason: &str) -> Self {
        self.text(Key::FINISH_REASONS, reason)
    }

    /// Sampling temperature.
    #[inline]
    pub fn temperature(self, temperature: f64) -> Self {
        self.double(Key::TEMPERATURE, temperature)
    }

    /// Nucleus sampling limit.
    #[inline]
    pub fn top_p(self, bound: f64) -> Self {
        self.double(Key::TOP_P, bound)
    }

    /// Limit of output tokens.
    #[inline]
    pub fn max_tokens(self, tokens: u64) -> Self {
        self.int(Key::MAX_TOKENS, tokens)
    }

    /// Whether the answer is streamed.
    #[inline]
    pub fn stream(self, stream: bool) -> Self {
        self.flag(Key::STREAM, stream)
    }

    /// Marks the arrival of the first token or chunk. Only the first call counts.
    #[inline]
    pub fn first_token(&mut self) {
        if let Some(live) = &mut self.live {
            live.first_token();
        }
    }

    /// Time to the first token or chunk, for a call that is recorded afterwards. Only the first value counts.
    #[inline]
    pub fn first_token_after(mut self, time: Duration) -> Self {
        if let Some(live) = &mut self.live {
            live.first_token_after(time.as_secs_f64());
        }
        self
    }
}
