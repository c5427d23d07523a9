//! Seeded randomness and text: words by Zipf's law, as natural language has them.
//!
//! Zipf: the n-th most frequent word occurs with a frequency proportional to 1/n (G. K. Zipf, 1949).

/// A small generator of numbers that look random: the same seed, the same numbers. SplitMix64 (Steele, Lea,
/// Flood 2014).
#[derive(Clone)]
pub struct Random(u64);

impl Random {
    /// Starts from a seed.
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number.
    pub const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// From `low` to just below `high`.
    pub const fn range(&mut self, low: u64, high: u64) -> u64 {
        low + self.next() % (high - low)
    }

    /// True with this probability.
    pub fn chance(&mut self, part: f64) -> bool {
        self.unit() < part
    }

    /// From 0 to just below 1.
    pub fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// One of a list that is not empty.
    pub fn pick<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.next() as usize % list.len()]
    }
}

/// A vocabulary, the most frequent word first.
#[derive(Clone)]
pub struct Words {
    words: Vec<String>,
    up_to: Vec<f64>,
}

const SYLLABLES: [&str; 40] = [
    "ka", "lo", "mi", "ren", "ta", "su", "vel", "or", "din", "pa", "chi", "mon", "er", "ul", "bri", "sto",
    "na", "gue", "li", "fra", "to", "ke", "am", "is", "dor", "pel", "qui", "pu", "wa", "zen", "ho", "ral",
    "ec", "tam", "nu", "sha", "ve", "ix", "col", "ny",
];

impl Words {
    /// So many words; the same ones each time.
    pub fn new(count: usize) -> Self {
        let mut random = Random::new(20);
        let word = |index: usize| {
            // Frequent words are short, as in natural language; the index keeps every word different.
            let syllables = 1 + (index > 40) as usize + (index > 1_500) as usize;
            let mut word: String = (0..syllables).map(|_| *random.pick(&SYLLABLES)).collect();
            word.push_str(SYLLABLES[index % 40]);
            if index >= 40 {
                word.push_str(SYLLABLES[index / 40 % 40]);
            }
            if index >= 1_600 {
                word.push_str(SYLLABLES[index / 1_600 % 40]);
            }
            word
        };
        let words: Vec<String> = (0..count).map(word).collect();
        let mut sum = 0.0;
        let weights = (1..=count).map(|rank| {
            sum += 1.0 / rank as f64;
            sum
        });
        let up_to = weights.collect();
        Self { words, up_to }
    }

    /// The word of a rank.
    pub fn ranked(&self, rank: usize) -> &str {
        &self.words[rank % self.words.len()]
    }

    /// Words up to this many bytes.
    pub fn text(&self, random: &mut Random, bytes: usize) -> String {
        let mut text = String::with_capacity(bytes + 16);
        let all = self.up_to.last().copied().unwrap_or_default();
        while text.len() < bytes {
            if !text.is_empty() {
                text.push(' ');
            }
            let at = random.unit() * all;
            let rank = self.up_to.partition_point(|up_to| *up_to <= at);
            text.push_str(self.ranked(rank));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frequent_words_are_frequent() {
        let words = Words::new(20_000);
        let text = words.text(&mut Random::new(1), 200_000);
        let count = |rank: usize| text.split(' ').filter(|word| *word == words.ranked(rank)).count();
        assert!(count(0) > count(9) && count(9) > count(999), "{} {} {}", count(0), count(9), count(999));
        assert_eq!(text, words.text(&mut Random::new(1), 200_000));
    }
}
