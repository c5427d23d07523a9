//! OpenAI's vocabularies, and exact counts by them.

use crate::runs::{CUT_ERROR, RUN_LIMIT, TEXT_LIMIT, segments};

/// A vocabulary of OpenAI, by its name in OpenAI's `tiktoken`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// GPT-4o and later: 200,000 tokens.
    O200kBase,
    /// gpt-oss: as `o200k_base`, with more special tokens.
    O200kHarmony,
    /// GPT-3.5, GPT-4, and the embedding models: 100,000 tokens.
    Cl100kBase,
    /// The code models and the last completion models of GPT-3.
    P50kBase,
    /// The edit models: as `p50k_base`, with more special tokens.
    P50kEdit,
    /// The first models of GPT-3.
    R50kBase,
    /// GPT-2: the same as `r50k_base`.
    Gpt2,
}

/// All encodings.
const ALL: [Encoding; 7] = [
    Encoding::O200kBase,
    Encoding::O200kHarmony,
    Encoding::Cl100kBase,
    Encoding::P50kBase,
    Encoding::P50kEdit,
    Encoding::R50kBase,
    Encoding::Gpt2,
];

/// Number of tokens of a text, with its maximum error.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Count {
    pub tokens: u64,
    pub error: u64,
}

impl Encoding {
    /// All encodings.
    pub const fn all() -> [Self; 7] {
        ALL
    }

    /// Its name in `tiktoken`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::O200kBase => "o200k_base",
            Self::O200kHarmony => "o200k_harmony",
            Self::Cl100kBase => "cl100k_base",
            Self::P50kBase => "p50k_base",
            Self::P50kEdit => "p50k_edit",
            Self::R50kBase => "r50k_base",
            Self::Gpt2 => "gpt2",
        }
    }

    /// By its name in `tiktoken`.
    pub fn by_name(name: &str) -> Option<Self> {
        ALL.into_iter().find(|encoding| encoding.name() == name)
    }

    /// The vocabulary for counts. Encodings that differ only in special tokens give the same counts for plain
    /// text and share one.
    const fn vocabulary(self) -> &'static str {
        match self {
            Self::O200kBase | Self::O200kHarmony => "o200k_base",
            Self::Cl100kBase => "cl100k_base",
            Self::P50kBase | Self::P50kEdit => "p50k_base",
            Self::R50kBase | Self::Gpt2 => "r50k_base",
        }
    }

    /// Tokens of a text. A text such as `<|endoftext|>` counts as plain text, because providers do not let
    /// users write special tokens.
    ///
    /// The first call of a process for a vocabulary unpacks it in some tens of milliseconds. The count is
    /// exact within two limits. A single run of letters, white space or punctuation has at most
    /// [`Encoding::RUN_LIMIT`] bytes. The whole text has at most [`Encoding::TEXT_LIMIT`] bytes. A longer run
    /// is counted in segments. The rest of a longer text is extrapolated.
    pub fn count(self, text: &str) -> u64 {
        self.counted(text).tokens
    }

    /// Maximum bytes of a run of one kind of characters that is counted whole.
    pub const RUN_LIMIT: usize = RUN_LIMIT;
    /// Maximum bytes of a text that are counted.
    pub const TEXT_LIMIT: usize = TEXT_LIMIT;

    pub(crate) fn counted(self, text: &str) -> Count {
        let Some(bpe) = tiktoken::get_encoding(self.vocabulary()) else {
            // Every build of this crate has all vocabularies. Without one, the result is a rough guess with
            // an error of the same size.
            let tokens = wide(text.len().div_ceil(4));
            return Count { tokens, error: tokens };
        };
        if text.len() <= RUN_LIMIT {
            return Count { tokens: wide(bpe.count(text)), error: 0 };
        }
        let counted = &text[..floor(text, TEXT_LIMIT)];
        let (mut tokens, mut parts) = (0_u64, 0_u64);
        for (segment, cut) in segments(counted) {
            tokens += wide(bpe.count(segment));
            parts += u64::from(cut);
        }
        let whole = Count { tokens, error: parts * CUT_ERROR };
        if counted.len() < text.len() { whole.stretched(counted.len(), text.len()) } else { whole }
    }
}

impl Count {
    pub const fn plus(self, other: Self) -> Self {
        Self {
            tokens: self.tokens.saturating_add(other.tokens),
            error: self.error.saturating_add(other.error),
        }
    }

    /// Extrapolates the count of the first `part` bytes to a text of `whole` bytes. The rest may have up to
    /// one token per byte.
    fn stretched(self, part: usize, whole: usize) -> Self {
        let ratio = |tokens: u64| {
            let grown = u128::from(tokens) * whole as u128 / part.max(1) as u128;
            u64::try_from(grown).unwrap_or(u64::MAX)
        };
        let tokens = ratio(self.tokens);
        Self { tokens, error: tokens.saturating_sub(self.tokens).saturating_add(self.error) }
    }
}

/// The last character boundary at or before `at`.
pub(crate) fn floor(text: &str, at: usize) -> usize {
    if at >= text.len() {
        return text.len();
    }
    (0..=at).rev().find(|&place| text.is_char_boundary(place)).unwrap_or(0)
}

pub(crate) fn wide(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
