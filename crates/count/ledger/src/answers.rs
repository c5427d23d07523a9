//! Answers whose records may be in the store, so that most new answers need no look-up.

use quipu_core::{Meeting, Timestamp};

/// Words of a filter: 256 KiB.
const WORDS: usize = 1 << 15;
/// Answers in a filter, at which about one unknown answer in 60 seems known.
const MOST: usize = WORDS * 64 / 10;
/// Bits of the number of a filter's bit.
const BITS: u32 = 21;
/// Time after the start of the record in which calls are looked up, in seconds. A call may have begun before,
/// and clocks differ.
const MARGIN: i64 = 300;

/// A Bloom filter.
#[derive(Debug)]
struct Filter {
    bits: Box<[u64]>,
    answers: usize,
    /// The second of arrival from which on it has all answers.
    since: i64,
}

/// The answers that arrived since a time. Two filters follow each other, so that the older can be dropped.
#[derive(Debug, Default)]
pub(crate) struct Answers {
    young: Option<Filter>,
    old: Option<Filter>,
}

impl Answers {
    /// Begins the record with the first batch, if the time of its arrival is known.
    pub fn begin(&mut self, second: i64) {
        if self.young.is_none() && second > 0 {
            self.young = Some(Filter::new(second));
        }
    }

    /// Notes that records of an answer are stored. Does nothing before the record begins.
    pub fn note(&mut self, answer: Meeting, second: i64) {
        if self.young.as_ref().is_some_and(|young| young.answers >= MOST) {
            self.old = self.young.replace(Filter::new(second));
        }
        if let Some(young) = &mut self.young {
            young.note(answer);
        }
    }

    /// Whether the store certainly has no record of an answer whose call began at this time.
    pub fn is_absent(&self, answer: Meeting, start: Timestamp) -> bool {
        let filters = || self.old.iter().chain(&self.young);
        let since = filters().next().map(|first| first.since);
        let is_covered = |since: i64| start.nanos() / Timestamp::SECOND >= since.saturating_add(MARGIN);
        since.is_some_and(is_covered) && !filters().any(|filter| filter.has(answer))
    }
}

impl Filter {
    fn new(since: i64) -> Self {
        Self { bits: vec![0; WORDS].into(), answers: 0, since }
    }

    fn note(&mut self, answer: Meeting) {
        self.answers += 1;
        for (word, bit) in places(answer) {
            self.bits[word] |= bit;
        }
    }

    fn has(&self, answer: Meeting) -> bool {
        places(answer).all(|(word, bit)| self.bits[word] & bit != 0)
    }
}

/// The bits of an answer: three numbers from a mixed hash.
fn places(answer: Meeting) -> impl Iterator<Item = (usize, u64)> {
    let mixed = answer.number().cast_unsigned().wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mixed = (mixed ^ (mixed >> 32)).wrapping_mul(0xd6e8_feb8_6659_fd93);
    let number = move |at: u32| (mixed >> (at * BITS)) as usize % (WORDS * 64);
    (0..3).map(move |at| (number(at) / 64, 1 << (number(at) % 64)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(number: usize) -> Meeting {
        Meeting::of_answer(&format!("chatcmpl-{number:012}"), Timestamp::default())
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_nanos(second * Timestamp::SECOND)
    }

    #[test]
    fn only_answers_since_the_record_began_can_be_absent() {
        let mut answers = Answers::default();
        assert!(!answers.is_absent(answer(1), at(9_999)), "without a time of arrival");
        answers.begin(0);
        assert!(!answers.is_absent(answer(1), at(9_999)));
        answers.begin(1_000);
        answers.note(answer(1), 1_000);
        assert!(!answers.is_absent(answer(1), at(9_999)));
        assert!(answers.is_absent(answer(2), at(1_300)) && !answers.is_absent(answer(2), at(1_299)));
    }

    #[test]
    fn no_noted_answer_is_absent_and_few_others_seem_noted() {
        let mut answers = Answers::default();
        answers.begin(1_000);
        (0..MOST + 1_000).for_each(|number| answers.note(answer(number), 2_000));
        let noted = (0..MOST + 1_000).all(|number| !answers.is_absent(answer(number), at(9_999)));
        assert!(noted);
        let absent =
            (MOST * 2..MOST * 2 + 1_000).filter(|number| answers.is_absent(answer(*number), at(9_999)));
        assert!(absent.count() > 950);
    }

    #[test]
    fn dropping_the_older_answers_moves_the_start_of_the_record() {
        let mut answers = Answers::default();
        answers.begin(1_000);
        (0..=MOST * 2).for_each(|number| answers.note(answer(number), 2_000));
        let unknown = answer(MOST * 9);
        assert!(!answers.is_absent(unknown, at(2_299)) && answers.is_absent(unknown, at(2_300)));
    }
}
