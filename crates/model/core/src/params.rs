//! Request parameters of a call.

use std::ops::{Deref, DerefMut};

use compact_str::CompactString;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Request parameters, as sent; `None` if not sent.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Params {
    /// Sampling temperature.
    pub temperature: Option<f64>,
    /// Nucleus sampling bound.
    pub top_p: Option<f64>,
    /// Top-k sampling bound; for a retrieval, the largest number of documents.
    pub top_k: Option<i64>,
    /// Largest allowed number of output tokens.
    pub max_tokens: Option<i64>,
    /// Frequency penalty.
    pub frequency_penalty: Option<f64>,
    /// Presence penalty.
    pub presence_penalty: Option<f64>,
    /// Sampling seed.
    pub seed: Option<i64>,
    /// Number of requested answers.
    pub choice_count: Option<i64>,
    /// Whether the answer was streamed.
    pub stream: Option<bool>,
    /// Reasoning effort or level.
    pub reasoning_level: Option<CompactString>,
    /// Texts that end the answer.
    pub stop_sequences: Vec<CompactString>,
}

static NONE: Params = Params {
    temperature: None,
    top_p: None,
    top_k: None,
    max_tokens: None,
    frequency_penalty: None,
    presence_penalty: None,
    seed: None,
    choice_count: None,
    stream: None,
    reasoning_level: None,
    stop_sequences: Vec::new(),
};

/// Boxed [`Params`], allocated only if a parameter was sent: most spans are not calls and stay small.
#[derive(Debug, Clone, Default)]
pub struct SentParams(Option<Box<Params>>);

impl From<Params> for SentParams {
    fn from(params: Params) -> Self {
        Self((params != NONE).then(|| Box::new(params)))
    }
}

impl Deref for SentParams {
    type Target = Params;

    fn deref(&self) -> &Params {
        self.0.as_deref().unwrap_or(&NONE)
    }
}

impl DerefMut for SentParams {
    fn deref_mut(&mut self) -> &mut Params {
        self.0.get_or_insert_default()
    }
}

impl PartialEq for SentParams {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Serialize for SentParams {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        Params::serialize(self, to)
    }
}

impl<'de> Deserialize<'de> for SentParams {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Params::deserialize(from).map(Self::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_sent_takes_no_room_and_equals_what_was_taken_back() {
        let mut sent = SentParams::from(Params::default());
        assert!(sent.0.is_none() && *sent == Params::default());
        sent.seed = Some(7);
        assert_eq!(sent, SentParams::from(Params { seed: Some(7), ..Params::default() }));
        sent.seed = None;
        assert_eq!(sent, SentParams::default());
        assert_eq!(size_of::<SentParams>(), size_of::<usize>());
    }
}
