//! Vocabulary of frequent words, written as one or two bytes. Text in a natural language is mostly words of a
//! small vocabulary. Compression of single short bodies has to spell each word or refer far back.
//!
//! A word is a run of ASCII letters, digits and `_`, with the space before it, and with dots before a letter.
//! Worded bytes have these meanings:
//!
//! - 0x00–0x7f stand for themselves.
//! - 0x80–0xdf are the most frequent words.
//! - 0xe0–0xfe with a second byte are the other words.
//! - 0xff precedes a count and that many raw bytes.
//!
//! LZ compression is applied on top, because repetitions remain repetitions.

use std::collections::{HashMap, HashSet};

use crate::fault::{Fault, Result};

/// Number of words with one byte.
const SHORT: usize = 0xe0 - 0x80;
/// Maximum number of words.
const MOST_WORDS: usize = SHORT + (0xff - 0xe0) * 256;
const RAW: u8 = 0xff;
/// Maximum letters of a word, without its space.
const MOST_LETTERS: usize = 40;
/// Minimum bytes of a word; shorter words save nothing.
const FEWEST_BYTES: usize = 3;
/// Minimum number of bodies with a word. A word of a single body does not help others.
const FEWEST_BODIES: u32 = 3;
/// Slots of the hash table: twice the words, so look-ups are short.
const PLACES: usize = 16_384;
/// Bits of a hash that are stored next to the number of its word.
const UPPER: u32 = 0xffff_0000;
/// Maximum plain length of worded bytes.
const MOST_BYTES: usize = 1 << 30;

/// Words by number and numbers by word. Without words it changes nothing.
#[derive(Default)]
pub(crate) struct Vocabulary {
    /// All words, concatenated.
    text: Vec<u8>,
    /// The start of each word, and the end of the last.
    begins: Vec<u32>,
    /// Number of a word plus one in the lower half, part of its hash in the upper half; 0 for a free slot.
    /// Indexed by hash.
    places: Vec<u32>,
}

/// Role of a byte within a word.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Letter {
    No,
    Dot,
    Yes,
}

static LETTERS: [Letter; 256] = {
    let mut letters = [Letter::No; 256];
    let mut byte = 0;
    while byte < 128 {
        letters[byte] = match byte as u8 {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' => Letter::Yes,
            b'.' => Letter::Dot,
            _ => Letter::No,
        };
        byte += 1;
    }
    letters
};

/// Length of the word at the start of the bytes; 0 without a word.
#[inline]
fn word_at(bytes: &[u8]) -> usize {
    let space = usize::from(bytes.first() == Some(&b' '));
    let most = bytes.len().min(MOST_LETTERS + space);
    let mut at = space;
    while at < most {
        match LETTERS[usize::from(bytes[at])] {
            Letter::Yes => {}
            Letter::Dot if at > space && bytes.get(at + 1).is_some_and(u8::is_ascii_alphabetic) => {}
            _ => break,
        }
        at += 1;
    }
    if at == space { 0 } else { at }
}

/// Hash of a word's length, first and last bytes. The middle of long words rarely differs, and is compared
/// anyway.
#[inline]
pub(crate) fn hash_of(word: &[u8]) -> u32 {
    let (first, last) = match (word.first_chunk::<8>(), word.first_chunk::<4>()) {
        (Some(first), _) => {
            (u64::from_le_bytes(*first), word.last_chunk().map_or(0, |last| u64::from_le_bytes(*last)))
        }
        (_, Some(first)) => (
            u32::from_le_bytes(*first).into(),
            word.last_chunk().map_or(0, |last| u32::from_le_bytes(*last).into()),
        ),
        _ => (word.iter().fold(0, |bytes, byte| bytes << 8 | u64::from(*byte)), 0),
    };
    let mixed = u128::from(first ^ word.len() as u64) * 0x9e37_79b9_7f4a_7c15;
    let mixed = u128::from(last ^ mixed as u64 ^ (mixed >> 64) as u64) * 0xd6e8_feb8_6659_fd93;
    (mixed as u64 ^ (mixed >> 64) as u64) as u32
}

impl Vocabulary {
    /// Creates a vocabulary from distinct words, in order.
    fn of<'w>(words: impl IntoIterator<Item = &'w [u8]>) -> Self {
        let mut all = Self { text: Vec::new(), begins: vec![0], places: vec![0; PLACES] };
        for (number, word) in (1_u32..).zip(words).take(MOST_WORDS) {
            all.text.extend_from_slice(word);
            all.begins.push(u32::try_from(all.text.len()).unwrap_or(u32::MAX));
            let hash = hash_of(word);
            let mut at = hash as usize % PLACES;
            while all.places[at] != 0 {
                at = (at + 1) % PLACES;
            }
            all.places[at] = hash & UPPER | number;
        }
        all
    }

    /// The words that save most over these bodies, the most frequent first.
    pub(crate) fn train(bodies: &[Vec<u8>]) -> Self {
        let mut counts: HashMap<&[u8], (u32, u32)> = HashMap::new();
        let mut seen = HashSet::new();
        for body in bodies {
            seen.clear();
            let mut at = 0;
            while at < body.len() {
                let length = word_at(&body[at..]);
                let word = &body[at..at + length.max(1)];
                if length >= FEWEST_BYTES {
                    let (times, bodies) = counts.entry(word).or_default();
                    *times += 1;
                    *bodies += u32::from(seen.insert(word));
                }
                at += word.len();
            }
        }
        let mut words: Vec<(&[u8], u32)> = counts
            .into_iter()
            .filter(|(_, (_, bodies))| *bodies >= FEWEST_BODIES)
            .map(|(word, (times, _))| (word, times))
            .collect();
        let saves = |(word, times): &(&[u8], u32)| u64::from(*times) * (word.len() as u64 - 2);
        words.sort_unstable_by(|a, b| saves(b).cmp(&saves(a)).then_with(|| a.0.cmp(b.0)));
        words.truncate(MOST_WORDS);
        words.sort_unstable_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
        Self::of(words.iter().map(|(word, _)| *word))
    }

    /// Whether the vocabulary has no words.
    pub(crate) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// The stored form for [`Self::read`]: each word after its length.
    pub(crate) fn stored(&self) -> Vec<u8> {
        let words = (0..self.begins.len().saturating_sub(1)).filter_map(|number| self.word(number));
        words.flat_map(|word| std::iter::once(word.len() as u8).chain(word.iter().copied())).collect()
    }

    /// Parses the result of [`Self::stored`].
    pub(crate) fn read(mut bytes: &[u8]) -> Result<Self> {
        let mut words = Vec::new();
        while let Some((length, rest)) = bytes.split_first() {
            let (word, rest) = rest.split_at_checked(usize::from(*length)).ok_or_else(broken)?;
            if word.is_empty() || words.len() >= MOST_WORDS {
                return Err(broken());
            }
            words.push(word);
            bytes = rest;
        }
        Ok(if words.is_empty() { Self::default() } else { Self::of(words) })
    }

    fn word(&self, number: usize) -> Option<&[u8]> {
        let (from, to) = (*self.begins.get(number)?, *self.begins.get(number + 1)?);
        self.text.get(from as usize..to as usize)
    }

    #[inline]
    fn number(&self, word: &[u8]) -> Option<usize> {
        let hash = hash_of(word);
        let mut at = hash as usize % PLACES;
        loop {
            let place = *self.places.get(at)?;
            let number = ((place & !UPPER) as usize).checked_sub(1)?;
            if place & UPPER == hash & UPPER && self.word(number) == Some(word) {
                return Some(number);
            }
            at = (at + 1) % PLACES;
        }
    }

    /// Appends `plain` in worded form.
    pub(crate) fn write(&self, plain: &[u8], out: &mut Vec<u8>) {
        let mut at = 0;
        while at < plain.len() {
            let length = word_at(&plain[at..]);
            if length > 0 {
                let word = &plain[at..at + length];
                let known = if length >= FEWEST_BYTES { self.number(word) } else { None };
                match known {
                    Some(number) if number < SHORT => out.push(0x80 + number as u8),
                    Some(number) => {
                        let number = number - SHORT;
                        out.extend_from_slice(&[0xe0 + (number >> 8) as u8, number as u8]);
                    }
                    None => out.extend_from_slice(word),
                }
                at += length;
            } else if plain[at] < 0x80 {
                out.push(plain[at]);
                at += 1;
            } else {
                let run = plain[at..].iter().take(255).take_while(|byte| **byte >= 0x80).count();
                out.extend_from_slice(&[RAW, run as u8]);
                out.extend_from_slice(&plain[at..at + run]);
                at += run;
            }
        }
    }

    /// The plain bytes of worded ones.
    pub(crate) fn plain(&self, worded: &[u8]) -> Result<Vec<u8>> {
        let mut out = Vec::with_capacity(worded.len() * 4);
        let mut rest = worded;
        while let Some((first, after)) = rest.split_first() {
            rest = after;
            match *first {
                0..0x80 => {
                    let run = rest.iter().take_while(|byte| **byte < 0x80).count();
                    out.push(*first);
                    out.extend_from_slice(&rest[..run]);
                    rest = &rest[run..];
                }
                RAW => {
                    let (count, after) = rest.split_first().ok_or_else(broken)?;
                    let (raw, after) = after.split_at_checked(usize::from(*count)).ok_or_else(broken)?;
                    out.extend_from_slice(raw);
                    rest = after;
                }
                short @ 0x80..0xe0 => {
                    out.extend_from_slice(self.word(usize::from(short) - 0x80).ok_or_else(broken)?)
                }
                long => {
                    let (low, after) = rest.split_first().ok_or_else(broken)?;
                    let number = SHORT + (usize::from(long) - 0xe0) * 256 + usize::from(*low);
                    out.extend_from_slice(self.word(number).ok_or_else(broken)?);
                    rest = after;
                }
            }
            if out.len() > MOST_BYTES {
                return Err(broken());
            }
        }
        Ok(out)
    }
}

#[cold]
const fn broken() -> Fault {
    Fault::Damaged("a body's words cannot be read")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn vocabulary() -> Vocabulary {
        let said = "the agent.name asked gen_ai.usage.input_tokens of the weather in Zurich, the tool said 12 degrees \
            a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q.r.s.t.u.v.w.x.y.z";
        let bodies = vec![said.as_bytes().to_vec(); 4];
        Vocabulary::train(&bodies)
    }

    #[test]
    fn words_become_short_and_come_back() {
        let words = vocabulary();
        for text in [
            "",
            " ",
            "the weather in Zurich",
            "the weather. in\nZürich 天気 \u{7f}",
            "gen_ai.usage.input_tokens",
            "the agent.name. agent.",
            "a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q.r.s.t.u.v.w.x.y.z",
        ] {
            let mut worded = Vec::new();
            words.write(text.as_bytes(), &mut worded);
            assert_eq!(words.plain(&worded).unwrap(), text.as_bytes(), "{text}");
        }
        let mut worded = Vec::new();
        words.write(b"the weather in Zurich, gen_ai.usage.input_tokens", &mut worded);
        assert!(worded.len() <= 8, "{worded:?}");
    }

    #[test]
    fn what_few_bodies_say_is_in_no_vocabulary() {
        let secret = "my secret is hunter2".as_bytes().to_vec();
        let words = Vocabulary::train(&[secret.clone(), secret, b"nothing".to_vec()]);
        assert!(words.is_empty());
    }

    #[test]
    fn a_stored_vocabulary_is_the_same() {
        let words = vocabulary();
        let again = Vocabulary::read(&words.stored()).unwrap();
        assert_eq!((words.text, words.begins, words.places), (again.text, again.begins, again.places));
        assert!(Vocabulary::read(&[5, b'a']).is_err() && Vocabulary::read(&[0]).is_err());
    }

    proptest! {
        #[test]
        fn any_bytes_come_back(plain in proptest::collection::vec(any::<u8>(), 0..600), said in "[ a-z.]{0,200}") {
            let words = vocabulary();
            let plain = [plain, said.into_bytes()].concat();
            let mut worded = Vec::new();
            words.write(&plain, &mut worded);
            prop_assert_eq!(words.plain(&worded).unwrap(), plain);
        }

        #[test]
        fn damage_is_an_error_not_a_panic(worded in proptest::collection::vec(any::<u8>(), 0..64)) {
            let _ = vocabulary().plain(&worded);
        }
    }
}
