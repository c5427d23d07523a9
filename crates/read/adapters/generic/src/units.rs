//! Units of figures: tokens, or other things that are used.

use compact_str::CompactString;

/// Words that mark a figure as a number of tokens.
pub(crate) const TOKENS: &[&str] = &["token", "tokens", "tok", "toks"];
/// Ollama counts tokens as evaluations.
pub(crate) const EVALUATIONS: &[&str] = &["eval", "count"];
/// A word of figures that are tokens if another word or their sum says so.
const USAGE: &[&str] = &["usage"];
/// Words of sides that only models have. Together with a word for usage they are of tokens.
const SIDES_OF_MODELS: &[&str] = &["prompt", "prompts", "completion", "completions"];
/// Words of other things that are used.
const OTHER_UNITS: &[&str] = &[
    "bytes",
    "byte",
    "char",
    "chars",
    "character",
    "characters",
    "words",
    "cpu",
    "memory",
    "mem",
    "disk",
    "gpu",
    "network",
    "request",
    "requests",
    "messages",
    "credit",
    "credits",
    "cents",
    "dollars",
    "eur",
    "time",
    "image",
    "images",
    "calls",
];

/// How clearly a key says that its figure counts tokens; the clearest is the greatest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Unit {
    /// The key tells of usage only.
    Unknown,
    /// The key tells of the usage of a side that only models have.
    Likely,
    /// The key says so.
    Tokens,
}

/// How clearly the words say that their figure counts tokens.
pub(crate) fn unit(words: &[CompactString]) -> Unit {
    let is_evaluation = || EVALUATIONS.iter().all(|word| any(words, &[word]));
    if any(words, TOKENS) || is_evaluation() {
        Unit::Tokens
    } else if any(words, USAGE) && any(words, SIDES_OF_MODELS) {
        Unit::Likely
    } else {
        Unit::Unknown
    }
}

/// Whether the words are of usage.
pub(crate) fn is_of_usage(words: &[CompactString]) -> bool {
    any(words, USAGE)
}

/// Whether the words name other things that are used.
pub(crate) fn names_other(words: &[CompactString]) -> bool {
    any(words, OTHER_UNITS)
}

/// Whether an attribute names a unit that is not tokens.
pub(crate) fn is_other(words: &[CompactString], text: &str) -> bool {
    let is_unit = words.last().is_some_and(|word| matches!(word.as_str(), "unit" | "units" | "currency"));
    is_unit && !text.to_ascii_lowercase().starts_with("token")
}

/// Whether one of the words is in a table.
pub(crate) fn any(words: &[CompactString], of: &[&str]) -> bool {
    words.iter().any(|word| of.contains(&word.as_str()))
}
