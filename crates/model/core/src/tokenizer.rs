//! The tokenizer trait: token counts before a call is made.

/// Counts the tokens of a text as a model does.
pub trait Tokenizer: Send + Sync {
    /// Whether this tokenizer knows `model`.
    fn knows(&self, model: &str) -> bool;

    /// Tokens of `text`, without any chat framing.
    fn count(&self, text: &str) -> usize;

    /// Largest relative error of [`Tokenizer::count`]; zero when it is the model's own vocabulary.
    fn error_bound(&self) -> f64;
}
