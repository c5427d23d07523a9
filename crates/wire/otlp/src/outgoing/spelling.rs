//! The keys under which sources send tokens and money.

use std::sync::LazyLock;

use quipu_semconv as names;

/// Figures that a mapping writes in its own words.
const TOKENS: &[&[&str]] = &[
    names::INPUT,
    names::OUTPUT,
    names::TOTAL,
    names::CACHE_READ,
    names::CACHE_WRITE,
    names::UNCACHED,
    names::REASONING,
    names::INPUT_AUDIO,
    names::INPUT_IMAGE,
    names::CACHE_READ_AUDIO,
    names::OUTPUT_AUDIO,
    names::OUTPUT_IMAGE,
    &[names::LANGFUSE_USAGE],
];

/// Figures without words in any mapping: they stay on a span that counts.
const DETAILS: &[&[&str]] = &[
    names::CACHE_WRITE_5M,
    names::CACHE_WRITE_1H,
    names::TOOL_PROMPT,
    names::WEB_SEARCHES,
    names::USAGE_OBJECT,
    names::INPUT_DETAILS,
    names::OUTPUT_DETAILS,
    names::RESTATED,
    names::AGGREGATED,
    &[names::LANGSMITH_USAGE],
];

const MONEY: &[&[&str]] = &[names::COST, names::COST_PROMPT, names::COST_COMPLETION, &[names::LANGFUSE_COST]];

const MONEY_PREFIXES: &[&str] = &["llm.cost.", "gen_ai.cost."];

static SORTED: LazyLock<[Vec<&str>; 3]> = LazyLock::new(|| {
    [TOKENS, DETAILS, MONEY].map(|tables| {
        let mut keys: Vec<_> = tables.concat();
        keys.sort_unstable();
        keys
    })
});

fn listed(table: usize, key: &str) -> bool {
    SORTED[table].binary_search(&key).is_ok()
}

fn begins(key: &str, prefixes: &[&str]) -> bool {
    prefixes.iter().any(|prefix| key.starts_with(prefix))
}

/// The sent keys to remove.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Strip {
    /// All spellings of the figures that the mapping writes.
    pub(super) tokens: bool,
    /// All costs.
    pub(super) money: bool,
    /// Every key that looks like tokens.
    pub(super) all: bool,
}

impl Strip {
    pub(super) const NOTHING: Self = Self { tokens: false, money: false, all: false };
    pub(super) const EVERYTHING: Self = Self { tokens: true, money: true, all: true };

    pub(super) fn takes(self, key: &str) -> bool {
        (self.tokens && listed(0, key))
            || (self.all
                && (listed(1, key)
                    || begins(key, names::USAGE_PREFIXES)
                    || key.starts_with(names::quipu::UNITS_PREFIX)))
            || (self.money && (listed(2, key) || begins(key, MONEY_PREFIXES)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_said_to_go_goes() {
        let tokens = Strip { tokens: true, ..Strip::NOTHING };
        let money = Strip { money: true, ..Strip::NOTHING };
        for (key, by_tokens, by_money, by_all) in [
            ("gen_ai.usage.input_tokens", true, false, true),
            ("llm.token_count.prompt", true, false, true),
            ("input_tokens", true, false, true),
            ("gen_ai.usage.unheard_of", false, false, true),
            ("gen_ai.usage.raw", false, false, true),
            ("quipu.units.web_searches", false, false, true),
            ("gen_ai.usage.cost", false, true, true),
            ("llm.cost.prompt_details.cache_read", false, true, true),
            ("cost_usd", false, true, true),
            ("gen_ai.request.model", false, false, false),
            ("gen_ai.request.max_tokens", false, false, false),
        ] {
            assert_eq!(tokens.takes(key), by_tokens, "{key}");
            assert_eq!(money.takes(key), by_money, "{key}");
            assert_eq!(Strip::EVERYTHING.takes(key), by_all, "{key}");
            assert!(!Strip::NOTHING.takes(key), "{key}");
        }
    }
}
