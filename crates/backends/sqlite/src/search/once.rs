//! Deduplication of the words of a text. The index stores only which spans have a word, not where or how
//! often. Adding a word again costs as much as the first time.

use crate::codec::hash_of;

/// Number of slots for words. If two words share a slot, the second may be repeated in the text.
const PLACES: usize = 4_096;

/// A text of distinct words.
pub(crate) struct Once {
    text: String,
    places: Box<[WordLocation; PLACES]>,
    /// Number of the current text, so slots of earlier texts need no reset.
    number: u32,
}

/// Location of a word.
#[derive(Clone, Copy, Default)]
struct WordLocation {
    text: u32,
    from: u32,
    to: u32,
}

/// Bytes that separate words. The tokenizer treats letters and digits as parts of a word. Only the tokenizer
/// can decide on non-ASCII bytes.
static PARTS: [bool; 256] = {
    let mut parts = [false; 256];
    let mut byte = 0;
    while byte < 128 {
        parts[byte] = !(byte as u8).is_ascii_alphanumeric();
        byte += 1;
    }
    parts
};

impl Default for Once {
    fn default() -> Self {
        Self { text: String::new(), places: Box::new([WordLocation::default(); PLACES]), number: 1 }
    }
}

impl Once {
    /// Starts a new text.
    pub(crate) fn clear(&mut self) {
        self.text.clear();
        self.number = self.number.wrapping_add(1);
        if self.number == 0 {
            self.places.fill(WordLocation::default());
            self.number = 1;
        }
    }

    /// The text so far.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Adds the words of a text that are not present yet.
    pub(crate) fn add(&mut self, text: &str) {
        let bytes = text.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            let rest = &bytes[at..];
            let length = rest.iter().position(|byte| PARTS[usize::from(*byte)]).unwrap_or(rest.len());
            if length > 0 && self.is_new(&rest[..length]) {
                // ASCII on both sides, so the cut is at a character boundary.
                self.text.push_str(text.get(at..at + length).unwrap_or_default());
                self.text.push(' ');
            }
            at += length + 1;
        }
    }

    /// Whether a word is not known to be in the text. The caller must then append the word next.
    fn is_new(&mut self, word: &[u8]) -> bool {
        let place = &mut self.places[hash_of(word) as usize % PLACES];
        let known = place.text == self.number
            && self.text.as_bytes().get(place.from as usize..place.to as usize) == Some(word);
        if !known && let Ok(from) = u32::try_from(self.text.len()) {
            *place = WordLocation { text: self.number, from, to: from.saturating_add(word.len() as u32) };
        }
        !known
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_word_stands_once_and_letters_beyond_ascii_stay_with_their_word() {
        let mut once = Once::default();
        once.add("to be, or not to be: naïve/naïve 天気 (天気)");
        once.add("be_or not");
        assert_eq!(once.text(), "to be or not naïve 天気 ");
        once.clear();
        once.add("be");
        assert_eq!(once.text(), "be ");
    }

    #[test]
    fn more_words_than_are_remembered_are_all_there() {
        let mut once = Once::default();
        (0..20_000).for_each(|word| once.add(&word.to_string()));
        let words: std::collections::BTreeSet<&str> = once.text().split_whitespace().collect();
        assert_eq!(words.len(), 20_000);
    }

    #[test]
    fn no_text_takes_the_words_of_an_earlier_one_for_its_own() {
        let mut once = Once { number: u32::MAX - 1, ..Once::default() };
        for _ in 0..4 {
            once.add("word");
            assert_eq!(once.text(), "word ");
            once.clear();
        }
    }
}
