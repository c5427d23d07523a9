//! Common passwords, and the simple variants that attackers derive from them.
//!
//! NIST SP 800-63B (3.1.1.2) and OWASP ASVS 5.0 (6.2.4) require such a list.

/// One word on each line; lines that begin with `#` are comments.
const LIST: &str = include_str!("common.txt");
/// The maximum length of a text whose repetition counts as common, in characters.
const SHORT: usize = 6;

/// Returns whether a lower-case password is common or built from common words only. Rejected forms are two
/// joined words, a repeated word or short text, a word between digits and marks, and a run of letters or
/// digits.
pub fn is_common(password: &str) -> bool {
    is_listed(password)
        || is_listed(password.trim_matches(|letter: char| !letter.is_alphabetic()))
        || is_repeated(password)
        || is_row(password)
        || password.char_indices().skip(1).any(|(at, _)| {
            let (first, second) = password.split_at(at);
            is_listed(first) && is_listed(second)
        })
}

fn is_listed(word: &str) -> bool {
    !word.is_empty() && LIST.lines().any(|line| line == word && !line.starts_with('#'))
}

fn is_repeated(password: &str) -> bool {
    let letters: Vec<char> = password.chars().collect();
    let lengths = 1..=letters.len() / 2;
    lengths.filter(|length| letters.len().is_multiple_of(*length)).any(|length| {
        let (first, rest) = letters.split_at(length);
        let again = rest.chunks(length).all(|piece| piece == first);
        again && (length <= SHORT || is_listed(&first.iter().collect::<String>()))
    })
}

/// Returns whether each character follows the one before it, as in `abcdefghijkl` or `987654321098`.
fn is_row(password: &str) -> bool {
    let codes: Vec<i64> = password.chars().map(|letter| i64::from(u32::from(letter))).collect();
    let step = |from: i64, to: i64| match (from, to) {
        (0x39, 0x30) => 1,
        (0x30, 0x39) => -1,
        _ => to - from,
    };
    [1, -1]
        .iter()
        .any(|way| codes.windows(2).all(|two| matches!(two, [from, to] if step(*from, *to) == *way)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_has_the_three_thousand_commonest_and_its_notice() {
        let words = LIST.lines().filter(|line| !line.starts_with('#'));
        assert!(words.clone().count() >= 3_000);
        assert!(words.clone().all(|word| word.len() >= 4 && word == word.to_lowercase()));
        assert!(LIST.contains("# Permission is hereby granted, free of charge"));
        assert!(LIST.len() < 32 << 10);
    }

    #[test]
    fn what_is_guessed_first_is_common_and_what_nobody_guesses_is_not() {
        for word in [
            "1qaz2wsx3edc",
            "passwordpassword",
            "password1234",
            "qwertyuiop12345",
            "superman2024!!",
            "abcabcabcabcabc",
            "abcdefghijkl",
            "123456789012",
            "432109876543",
            "iloveyoubaseball",
        ] {
            assert!(is_common(word), "{word}");
        }
        for word in [
            "correct horse battery",
            "correct-horse-battery",
            "spring-2026-now",
            "another passphrase",
            "# the mit licence (mit)",
            "kvothe rides at dawn",
            "ñandú verde trota",
            "7f1c93ab20de",
        ] {
            assert!(!is_common(word), "{word}");
        }
    }
}
