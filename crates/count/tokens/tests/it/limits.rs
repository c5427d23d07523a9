//! Tests of unusual texts: the work of a count is bounded.

use quipu_tokens::{Encoding, tokens};

const TEN_MB: usize = 10_000_000;

/// Counts `text`. It would not end if the work within a run grew faster than the run.
fn counted(name: &str, text: &str) {
    let count = tokens(text, "gpt-4o");
    assert!(count.low <= count.expected && count.expected <= count.high, "{name}: {count:?}");
    assert!(count.expected > 0, "{name}");
}

#[test]
fn runs_without_end_are_counted() {
    let repeated = [
        ("letter", "a"),
        ("space", " "),
        ("line", "\n"),
        ("mark", "^"),
        ("digit", "7"),
        ("tab and line", "\t\n"),
        ("han", "好"),
        ("accent", "\u{301}"),
        ("emoji", "🎉"),
        ("no-break", "\u{a0}"),
        ("upper", "A"),
        ("zero width", "\u{200d}"),
    ];
    for (name, piece) in repeated {
        // In a debug build, two of them at full length are enough.
        let whole = !cfg!(debug_assertions) || matches!(name, "letter" | "space");
        let bytes = if whole { TEN_MB } else { TEN_MB / 10 };
        counted(name, &piece.repeat(bytes / piece.len()));
    }
}

#[test]
fn random_bytes_are_counted_as_text() {
    let mut state = 88_172_645_463_325_252_u64;
    let bytes: Vec<u8> = std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 24) as u8
    })
    // In a debug build, the counter's regular expressions would take minutes for the whole text.
    .take(if cfg!(debug_assertions) { TEN_MB / 20 } else { TEN_MB })
    .collect();
    counted("random", &String::from_utf8_lossy(&bytes));
}

#[test]
fn a_run_beyond_the_limit_is_not_called_exact() {
    let at = tokens(&"a".repeat(Encoding::RUN_LIMIT), "gpt-4o");
    assert!(at.exact);
    let beyond = tokens(&"a".repeat(Encoding::RUN_LIMIT * 3), "gpt-4o");
    assert!(!beyond.exact && beyond.low < beyond.expected && beyond.expected < beyond.high);
    // According to tiktoken, eight of these letters are one token.
    let truth = (Encoding::RUN_LIMIT * 3 / 8) as u64;
    assert!(beyond.low <= truth && truth <= beyond.high, "{beyond:?}");
}

#[test]
fn beyond_the_limit_of_a_text_the_rest_goes_by_rate() {
    let text = "hello world ".repeat(Encoding::TEXT_LIMIT / 12 + 1_000_000);
    let count = tokens(&text, "gpt-4o");
    assert!(!count.exact && count.high > count.expected);
    // Two tokens for each, and one for the last space.
    let truth = (text.len() / 12 * 2 + 1) as u64;
    assert!(
        count.low <= truth && truth <= count.high && count.expected.abs_diff(truth) < truth / 1_000,
        "{count:?} {truth}"
    );
}
