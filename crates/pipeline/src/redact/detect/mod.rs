//! Table of detectors: for each kind a hint, a pattern and a check.

mod address;
mod card;
mod entropy;
mod iban;
mod labelled;
mod personal;
mod phone;
mod secrets;
mod site;

use std::sync::OnceLock;

use regex::Regex;

pub(crate) use personal::PERSONAL;
pub(crate) use secrets::{ENTROPY, SECRETS, is_placeholder, is_said};
pub(crate) use site::Site;

/// Class of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    /// Personal data.
    Pii,
    /// A secret.
    Secret,
}

/// Condition on a text for a detector to run. One scan of a text finds the hints of all detectors.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Hint {
    /// Texts with one of these words.
    Words(&'static [&'static str]),
    /// Texts with an `@`.
    At,
    /// Texts with seven digits close to each other.
    Digits,
    /// The same, or two colons among hexadecimal digits.
    Address,
    /// Texts with a word of two letters and then two digits.
    Account,
    /// All texts of at least a key's length.
    Long,
}

/// Detector of one kind.
pub(crate) struct Detector {
    pub kind: &'static str,
    pub class: Class,
    pub hint: Hint,
    pub pattern: &'static str,
    /// Checks a match of the pattern. Returns the range of the finding in bytes of the text; it can be a part
    /// of the match.
    pub judge: fn(&Site<'_>) -> Option<(usize, usize)>,
    /// Canonical form for hashes, so equal values get equal hashes.
    pub same: fn(&str) -> String,
    compiled: OnceLock<Option<Regex>>,
}

impl Detector {
    const fn new(
        kind: &'static str,
        class: Class,
        hint: Hint,
        pattern: &'static str,
        judge: fn(&Site<'_>) -> Option<(usize, usize)>,
        same: fn(&str) -> String,
    ) -> Self {
        Self { kind, class, hint, pattern, judge, same, compiled: OnceLock::new() }
    }

    /// A secret that its pattern identifies.
    const fn secret(kind: &'static str, words: &'static [&'static str], pattern: &'static str) -> Self {
        Self::judged(kind, words, pattern, whole)
    }

    /// A secret that needs a check as well.
    const fn judged(
        kind: &'static str,
        words: &'static [&'static str],
        pattern: &'static str,
        judge: fn(&Site<'_>) -> Option<(usize, usize)>,
    ) -> Self {
        Self::new(kind, Class::Secret, Hint::Words(words), pattern, judge, as_is)
    }

    /// The compiled pattern. It is compiled at first use, because most processes need few of them.
    pub fn regex(&self) -> Option<&Regex> {
        self.compiled.get_or_init(|| Regex::new(self.pattern).ok()).as_ref()
    }
}

/// Accepts every match as a whole.
pub(crate) fn whole(site: &Site<'_>) -> Option<(usize, usize)> {
    site.when(true)
}

fn as_is(text: &str) -> String {
    text.to_owned()
}

/// Letters and digits only, in capitals.
fn bare(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_uppercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_is_one_and_no_kind_has_two_classes() {
        for detector in SECRETS.iter().chain(&PERSONAL).chain([&ENTROPY]) {
            assert!(detector.regex().is_some(), "{}", detector.kind);
            let lowercase = |letter: char| letter.is_ascii_lowercase() || letter == '_';
            assert!(detector.kind.chars().all(lowercase), "{}", detector.kind);
            let is_other = |other: &&Detector| other.kind == detector.kind && other.class != detector.class;
            assert!(!SECRETS.iter().chain(&PERSONAL).any(|other| is_other(&other)), "{}", detector.kind);
        }
    }

    #[test]
    fn no_word_is_the_beginning_of_another_so_that_one_look_finds_all() {
        let words: Vec<&str> = SECRETS
            .iter()
            .flat_map(|detector| match detector.hint {
                Hint::Words(words) => words,
                _ => &[],
            })
            .copied()
            .collect();
        for word in &words {
            assert!(word.len() >= 3, "{word:?} is in every text");
            let longer = words.iter().find(|other| other.len() > word.len() && other.starts_with(word));
            assert_eq!(longer, None, "begins with {word:?}");
        }
    }
}
