//! What is asked.

use quipu_core::{Clock, Message, SystemClock, Timestamp};
use serde_json::Value;

/// What goes into a call.
#[derive(Debug, Clone, Copy)]
pub enum Input<'a> {
    /// A text on its own, without any framing: a prompt of a completion or embedding model, or a piece of a larger whole.
    Text(&'a str),
    /// A conversation, with the framing that chat models put around it.
    Messages(&'a [Message]),
    /// The body of a request in the shape of OpenAI (chat completions, responses, completions, embeddings), Anthropic (messages)
    /// or Gemini (`generateContent`): tools, images and the limit of its output are looked at too.
    Json(&'a Value),
    /// The same as its text. No tree of it is built, so that it may be of any size; what is no JSON object counts as a text.
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

/// A call that is about to be made.
#[derive(Debug, Clone, Copy)]
pub struct Ask<'a> {
    /// Provider by any of its names; `None` lets the model decide.
    pub provider: Option<&'a str>,
    /// Model by the name that the request has.
    pub model: &'a str,
    /// What goes in.
    pub input: Input<'a>,
    /// Tokens that the answer is thought to have, reasoning included.
    pub expected_output: Option<u64>,
    /// Tokens that may come out at most, by the request: of all answers together where it asks for several.
    pub max_output: Option<u64>,
    /// When: prices change.
    pub at: Timestamp,
}

impl<'a> Ask<'a> {
    /// A call that is made now.
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

    /// With the provider.
    #[must_use]
    pub const fn provider(mut self, provider: &'a str) -> Self {
        self.provider = Some(provider);
        self
    }

    /// With the tokens that the answer is thought to have.
    #[must_use]
    pub const fn expected_output(mut self, tokens: u64) -> Self {
        self.expected_output = Some(tokens);
        self
    }

    /// With the tokens that may come out at most, of all answers together.
    #[must_use]
    pub const fn max_output(mut self, tokens: u64) -> Self {
        self.max_output = Some(tokens);
        self
    }
}
