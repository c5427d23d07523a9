//! What guards of requests to models can say.

use quipu_core::{Usage, Usd};

use super::{OfAgent, OfEmbedding, OfLlm, OfRerank};
use crate::wire::Key;
use crate::{Content, Guard};

/// Guards that stand for one request to a model.
pub trait CallsModel {}

impl CallsModel for OfLlm {}
impl CallsModel for OfEmbedding {}
impl CallsModel for OfRerank {}

impl<K: CallsModel> Guard<K> {
    /// Tokens used, by the provider's own count.
    #[inline]
    pub fn usage(mut self, usage: impl Into<Usage>) -> Self {
        if let Some(live) = &mut self.live {
            live.usage(&usage.into());
        }
        self
    }

    /// What the call cost by the provider's own word; kept beside the computed cost.
    #[inline]
    pub fn cost(mut self, cost: Usd) -> Self {
        if let Some(live) = &mut self.live {
            live.cost(cost);
        }
        self
    }

    /// The model that answered, where it is not the one asked for.
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

/// Guards of what is talked to: models and agents.
pub trait Converses {}

impl Converses for OfLlm {}
impl Converses for OfAgent {}

impl<K: Converses> Guard<K> {
    /// What the model or agent was told; recorded where full prompts are switched on.
    #[inline]
    pub fn input<'a>(self, content: impl Into<Content<'a>>) -> Self {
        self.content(Key::INPUT_TEXT, Key::INPUT, content.into())
    }

    /// What the model or agent said; recorded where full prompts are switched on.
    #[inline]
    pub fn output<'a>(self, content: impl Into<Content<'a>>) -> Self {
        self.content(Key::OUTPUT_TEXT, Key::OUTPUT, content.into())
    }
}

impl Guard<OfLlm> {
    /// Why the model stopped: `stop`, `length`, `tool_calls` … Said once for each choice.
    #[inline]
    pub fn finish_reason(self, reason: &str) -> Self {
        self.text(Key::FINISH_REASONS, reason)
    }

    /// Sampling temperature.
    #[inline]
    pub fn temperature(self, temperature: f64) -> Self {
        self.double(Key::TEMPERATURE, temperature)
    }

    /// Nucleus sampling bound.
    #[inline]
    pub fn top_p(self, bound: f64) -> Self {
        self.double(Key::TOP_P, bound)
    }

    /// Most output tokens allowed.
    #[inline]
    pub fn max_tokens(self, tokens: u64) -> Self {
        self.int(Key::MAX_TOKENS, tokens)
    }

    /// Whether the answer is streamed.
    #[inline]
    pub fn stream(self, stream: bool) -> Self {
        self.flag(Key::STREAM, stream)
    }

    /// The first token or chunk has arrived. Only the first call counts.
    #[inline]
    pub fn first_token(&mut self) {
        if let Some(live) = &mut self.live {
            live.first_token();
        }
    }
}
