//! Runs of characters of one kind, which byte pair encoding treats as one piece of any length.
//!
//! OpenAI's patterns split a text into words, numbers, punctuation and white space before any pair is merged
//! (<https://github.com/openai/tiktoken/blob/main/tiktoken_ext/openai_public.py>). The work within a piece
//! grows faster than its length, so this module cuts a very long piece at positions that the counter can
//! reproduce.

/// Maximum bytes of one run that is counted whole. No text of people or programs has longer ones.
pub(crate) const RUN_LIMIT: usize = 16 << 10;

/// Maximum counted bytes of a text: some four million tokens, more than any model accepts.
pub(crate) const TEXT_LIMIT: usize = 16 << 20;

/// Maximum change of the count by a cut. A cut splits one token in two and shifts those around it.
pub(crate) const CUT_ERROR: u64 = 4;

/// Kind of a character in the patterns. Marks and symbols beyond ASCII belong to the run that contains them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Letter,
    Digit,
    Space,
    Punctuation,
    Any,
}

fn kind(character: char) -> Kind {
    if character.is_ascii() {
        return match character as u8 {
            b'a'..=b'z' | b'A'..=b'Z' => Kind::Letter,
            b'0'..=b'9' => Kind::Digit,
            b' ' | b'\t'..=b'\r' => Kind::Space,
            _ => Kind::Punctuation,
        };
    }
    if character.is_alphabetic() {
        Kind::Letter
    } else if character.is_whitespace() {
        Kind::Space
    } else {
        Kind::Any
    }
}

/// Splits a text into segments, each with a flag for a cut run at its end. A text without a run beyond the
/// limit is one segment.
pub(crate) fn segments(text: &str) -> impl Iterator<Item = (&str, bool)> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let at = first_cut(rest);
        let (part, after) = rest.split_at(at);
        rest = after;
        Some((part, !after.is_empty()))
    })
}

/// The cut position of the first run that is too long; the end of the text if there is none.
fn first_cut(text: &str) -> usize {
    let (mut start, mut run) = (0, Kind::Any);
    for (at, character) in text.char_indices() {
        let kind = kind(character);
        if at - start >= RUN_LIMIT {
            return at;
        }
        let goes_on = kind == run || kind == Kind::Any;
        if !goes_on && run == Kind::Any {
            // A character without a kind takes that of its first neighbour.
            run = kind;
        } else if !goes_on {
            (start, run) = (at, kind);
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_part_holds_a_run_beyond_the_limit() {
        let texts =
            ["a", " ", "7", "好", "\u{301}", "🎉", "a1", "^^a"].map(|piece| piece.repeat(5 * RUN_LIMIT));
        for text in &texts {
            let parts: Vec<_> = segments(text).collect();
            assert_eq!(parts.iter().map(|(part, _)| *part).collect::<String>(), *text);
            for (part, _) in parts {
                let runs = part.as_bytes().chunk_by(|one, next| kind_of(*one) == kind_of(*next));
                let longest = runs.map(<[u8]>::len).max().unwrap_or(0);
                assert!(longest <= RUN_LIMIT + 3, "a run of {longest} bytes of {:?}", text.chars().next());
            }
        }
    }

    /// The kind of an ASCII byte; all other bytes have one kind.
    fn kind_of(byte: u8) -> Kind {
        if byte.is_ascii() { kind(char::from(byte)) } else { Kind::Any }
    }
}
