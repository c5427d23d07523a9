//! The call that every contender records.

/// Data that the caller of a model has once the answer is there.
#[derive(Debug, Clone)]
pub struct Call {
    /// Requested model.
    pub model: String,
    /// Model that answered.
    pub answered_by: String,
    /// The provider's id of the answer.
    pub id: String,
    /// The conversation.
    pub conversation: String,
    /// Input tokens.
    pub input: u64,
    /// Output tokens.
    pub output: u64,
    /// Input tokens read from the cache.
    pub cached: u64,
    /// Most output tokens allowed.
    pub max_tokens: u64,
    /// Sampling temperature.
    pub temperature: f64,
    /// Nucleus sampling bound.
    pub top_p: f64,
}

/// This many different calls.
pub fn calls(count: usize) -> Vec<Call> {
    (0..count as u64)
        .map(|n| Call {
            model: format!("gpt-5-{}", n % 7),
            answered_by: format!("gpt-5-{}-2026-08-07", n % 7),
            id: format!("chatcmpl-{:024x}", n * 0x9e37_79b9),
            conversation: format!("conversation-{:012}", n % 97),
            input: 900 + n,
            output: 100 + n % 50,
            cached: n % 512,
            max_tokens: 4_096,
            temperature: 0.7,
            top_p: 0.95,
        })
        .collect()
}
