//! The question to an estimator: model, input and limits.

use quipu_core::{Clock, Message, SystemClock, Timestamp};
use serde_json::Value;

/// Input of a call.
#[derive(Debug, Clone, Copy)]
pub enum Input<'a> {
    /// A plain text without framing: a prompt of a completion or embedding model, or a fragment of a larger
    /// input.
    Text(&'a str),
    /// A conversation, with the framing that chat models add.
    Messages(&'a [Message]),
    /// A JSON request body of OpenAI (chat completions, responses, completions, embeddings), Anthropic
    /// (messages) or Gemini (`generateContent`). Tools, images and the output limit are included.
    Json(&'a Value),
    /// The request body as text. It may be of any size, because no tree of it is built. A text that is no
    /// JSON object counts as plain text.
    Body(&'a str),
}

impl<'a> From<&'a str> for Input<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<&'a String> for Input<'a> {
    fn from(text: &'a String) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<&'a [Message]> for Input<'a> {
    fn from(messages: &'a [Message]) -> Self {
        Self::Messages(messages)
    }
}

impl<'a> From<&'a Vec<Message>> for Input<'a> {
    fn from(messages: &'a Vec<Message>) -> Self {
        Self::Messages(messages)
    }
}

impl<'a> From<&'a Value> for Input<'a> {
    fn from(body: &'a Value) -> Self {
        Self::Json(body)
    }
}

/// A planned call.
#[derive(Debug, Clone, Copy)]
pub struct Ask<'a> {
    /// Provider by any of its names; `None` derives it from the model.
    pub provider: Option<&'a str>,
    /// Model by its name in the request.
    pub model: &'a str,
    /// Input of the call.
    pub input: Input<'a>,
    /// Expected output tokens, reasoning included.
    pub expected_output: Option<u64>,
    /// Maximum output tokens of the request, of all requested answers together.
    pub max_output: Option<u64>,
    /// Time of the call, for the choice of prices.
    pub at: Timestamp,
}

impl<'a> Ask<'a> {
    /// Creates a call at the current time.
    pub fn new(model: &'a str, input: impl Into<Input<'a>>) -> Self {
        Self {
            provider: None,
            model,
            input: input.into(),
            expected_output: None,
            max_output: None,
            at: SystemClock.now(),
        }
    }

    /// Sets the provider.
    #[must_use]
    pub const fn provider(mut self, provider: &'a str) -> Self {
        self.provider = Some(provider);
        self
    }

    /// Sets the expected output tokens.
    #[must_use]
    pub const fn expected_output(mut self, tokens: u64) -> Self {
        self.expected_output = Some(tokens);
        self
    }

    /// Sets the maximum output tokens, of all answers together.
    #[must_use]
    pub const fn max_output(mut self, tokens: u64) -> Self {
        self.max_output = Some(tokens);
        self
    }
}
