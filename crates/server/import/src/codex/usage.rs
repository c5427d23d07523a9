//! Tokens of a call, and of a session so far.

use serde_json::Value as Json;

use crate::attributes::Put;
use crate::json::count;

/// Token counts as Codex writes them; missing ones are `None`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Usage {
    input: Option<u64>,
    cached: Option<u64>,
    cache_write: Option<u64>,
    output: Option<u64>,
    reasoning: Option<u64>,
    total: Option<u64>,
}

impl Usage {
    pub(super) fn of(json: &Json) -> Self {
        Self {
            input: count(json, "input_tokens"),
            cached: count(json, "cached_input_tokens"),
            cache_write: count(json, "cache_write_input_tokens"),
            output: count(json, "output_tokens"),
            reasoning: count(json, "reasoning_output_tokens"),
            total: count(json, "total_tokens"),
        }
    }

    /// Whether it has input or output tokens.
    pub(super) const fn is_known(&self) -> bool {
        self.input.is_some() || self.output.is_some()
    }

    /// Whether two totals are equal in all figures that both have.
    pub(super) fn agrees(&self, other: &Self) -> bool {
        let pairs = [
            (self.input, other.input),
            (self.cached, other.cached),
            (self.output, other.output),
            (self.reasoning, other.reasoning),
            (self.total, other.total),
        ];
        let told = || pairs.iter().filter_map(|(a, b)| a.zip(*b));
        told().next().is_some() && told().all(|(a, b)| a == b)
    }

    /// The difference to an earlier total. A lower total means a restart and counts in full.
    pub(super) fn since(&self, earlier: &Self) -> Self {
        let less = |now: Option<u64>, then: Option<u64>| now.map(|now| now.saturating_sub(then.unwrap_or(0)));
        if self.input < earlier.input || self.output < earlier.output {
            return *self;
        }
        Self {
            input: less(self.input, earlier.input),
            cached: less(self.cached, earlier.cached),
            cache_write: less(self.cache_write, earlier.cache_write),
            output: less(self.output, earlier.output),
            reasoning: less(self.reasoning, earlier.reasoning),
            total: less(self.total, earlier.total),
        }
    }

    /// The counts under OpenTelemetry's names, as Codex's own spans have them.
    pub(super) fn put(&self, to: &mut quipu_core::Attributes) {
        to.put_count("gen_ai.usage.input_tokens", self.input);
        to.put_count("gen_ai.usage.cache_read.input_tokens", self.cached);
        to.put_count("gen_ai.usage.cache_creation.input_tokens", self.cache_write);
        to.put_count("gen_ai.usage.output_tokens", self.output);
        to.put_count("gen_ai.usage.reasoning.output_tokens", self.reasoning);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn totals_are_compared_by_what_both_tell() {
        let full = Usage::of(&json!({"input_tokens": 10, "output_tokens": 2, "total_tokens": 12}));
        assert!(full.agrees(&Usage::of(&json!({"total_tokens": 12}))));
        assert!(!full.agrees(&Usage::of(&json!({"total_tokens": 13}))));
        assert!(!full.agrees(&Usage::default()));
    }
}
