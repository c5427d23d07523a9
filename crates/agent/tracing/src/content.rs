//! Fields that hold contents; they require full prompt logging.

use std::sync::LazyLock;

use foldhash::{HashSet, HashSetExt};
use quipu_sdk::Context;
use quipu_semconv::{CONTENT_PREFIXES, CONTENTS};

/// Keys of the table as a set, because each field of each span is checked.
static KEYS: LazyLock<HashSet<&'static str>> = LazyLock::new(|| {
    let mut keys = HashSet::new();
    keys.extend(CONTENTS.iter().copied().flatten().copied());
    keys
});

/// Whether a field holds messages, prompts, answers, documents, or arguments or results of tools. Redaction
/// uses the same table.
pub(crate) fn is_content(name: &str) -> bool {
    KEYS.contains(name) || CONTENT_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

/// Whether contents are recorded.
pub(crate) fn is_full(place: &Context) -> bool {
    place.recorder().is_some_and(|recorder| recorder.config().log_full_prompts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contents_are_those_of_the_table_and_no_figures() {
        for key in ["gen_ai.input.messages", "traceloop.entity.input", "ai.prompt", "gen_ai.prompt"] {
            assert!(is_content(key), "{key}");
        }
        assert!(CONTENT_PREFIXES.iter().all(|prefix| is_content(&format!("{prefix}0.content"))));
        for key in ["gen_ai.usage.input_tokens", "gen_ai.request.model", "llm.token_count.prompt"] {
            assert!(!is_content(key), "{key}");
        }
    }
}
