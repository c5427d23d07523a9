//! Source signals of a call, and meetings that connect the signals of one session.

use serde::{Deserialize, Serialize};

use crate::span::stable_hash;
use crate::{Attributes, Timestamp};

/// The source signal of a call, most trusted first: of several records of one call the first counts (R7). The
/// numbers are part of the stored format: append only. A new variant that is not the least trusted needs a
/// separate rank.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Signal {
    /// A span as it was sent.
    #[default]
    Span = 0,
    /// A log record with all attributes of its span.
    Details = 1,
    /// A log record in its vendor's own vocabulary.
    Log = 2,
    /// An imported session file.
    Transcript = 3,
    /// A metric: tokens without calls.
    Metric = 4,
}

impl Signal {
    /// Every signal, most trusted first.
    pub const ALL: [Self; 5] = [Self::Span, Self::Details, Self::Log, Self::Transcript, Self::Metric];

    /// The attribute that names the signal on spans that were made from another one.
    pub const ATTRIBUTE: &'static str = "quipu.signal";

    /// Stable word of the signal.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Span => "span",
            Self::Details => "details",
            Self::Log => "log",
            Self::Transcript => "transcript",
            Self::Metric => "metric",
        }
    }

    /// The signal that a span's attributes name; [`Signal::Span`] by default.
    pub fn of(attributes: &Attributes) -> Self {
        attributes.text(Self::ATTRIBUTE).and_then(Self::from_word).unwrap_or_default()
    }

    /// The signal of a word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|signal| signal.as_str() == word)
    }

    /// The signal of a stored number; unknown numbers are [`Signal::Span`].
    pub fn from_number(number: u8) -> Self {
        Self::ALL.get(usize::from(number)).copied().unwrap_or_default()
    }
}

/// A meeting point of one session's records across signals and traces: a hash of the family of sources and
/// the session's id. It is needed because logs often have no trace, and metrics never have one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Meeting(i64);

impl Meeting {
    /// Family of the meetings for services' own metrics, which name no session.
    pub const SERVICE: &'static str = "service";

    /// Length in nanoseconds of a time slot in which calls of a process share a meeting.
    pub const MOMENT: i64 = 30 * Timestamp::SECOND;

    /// Length in nanoseconds of a time slot in which the sums of a process share a meeting.
    pub const SUMS: i64 = 20 * Self::MOMENT;

    /// The meeting of two spans of one call in separate traces, by the provider's id of the answer. Local
    /// model servers number their answers or give all of them one id, so such ids only meet within one hour.
    pub fn of_answer(response_id: &str, start: Timestamp) -> Self {
        let hash = if answer_id_is_unique(response_id) {
            stable_hash(&["answer", response_id])
        } else {
            let hour = start.floor(3_600 * Timestamp::SECOND).nanos();
            stable_hash(&["answer", response_id, &hour.to_string()])
        };
        Self(((hash & ANSWER_BITS) | ANSWER_MARK).cast_signed())
    }

    /// Whether the records of an answer meet here, and not those of a session.
    pub const fn is_of_answer(self) -> bool {
        self.0.cast_unsigned() & !ANSWER_BITS == ANSWER_MARK
    }

    /// The meeting of a process's calls that begin at nearly the same time. Two records of one call meet
    /// there in any traces, with or without an id. A slot lasts [`Self::MOMENT`]; the slots of a process have
    /// consecutive numbers.
    pub const fn of_moment(process: u64, start: Timestamp) -> Self {
        let moment = start.nanos().div_euclid(Self::MOMENT) & MOMENT_NUMBERS;
        Self((process << MOMENT_BITS).cast_signed() | moment)
    }

    /// The time slots of the same process before and after this one.
    pub const fn moments_beside(self) -> [Self; 2] {
        let process = self.0 & !MOMENT_NUMBERS;
        let before = self.0.wrapping_sub(1) & MOMENT_NUMBERS;
        let after = self.0.wrapping_add(1) & MOMENT_NUMBERS;
        [Self(process | before), Self(process | after)]
    }

    /// The meeting of a process's usage outside of calls, such as the sum of an agent's run. Its slots last
    /// [`Self::SUMS`]. The calls that it sums up are found by their moments.
    pub const fn of_sums(process: u64, start: Timestamp) -> Self {
        let slot = start.nanos().div_euclid(Self::SUMS) & MOMENT_NUMBERS;
        Self(((process ^ OF_SUMS) << MOMENT_BITS).cast_signed() | slot)
    }

    /// The slots of sums that may have begun at most [`Self::SUMS`] before the end of this time slot of
    /// calls.
    pub const fn sums_around(self) -> [Self; 2] {
        let process = (self.0 & !MOMENT_NUMBERS) ^ ((OF_SUMS << MOMENT_BITS).cast_signed());
        let slot = (self.0 & MOMENT_NUMBERS) / (Self::SUMS / Self::MOMENT);
        [Self(process | slot), Self(process | (slot.wrapping_sub(1) & MOMENT_NUMBERS))]
    }

    /// The time slot of calls at a time, of the process whose sums are in this slot.
    pub const fn calls_at(self, time: Timestamp) -> Self {
        let process = (self.0 & !MOMENT_NUMBERS) ^ ((OF_SUMS << MOMENT_BITS).cast_signed());
        Self(process | (time.nanos().div_euclid(Self::MOMENT) & MOMENT_NUMBERS))
    }

    /// The number to store.
    pub const fn number(self) -> i64 {
        self.0
    }

    /// The meeting of a stored number.
    pub const fn from_number(number: i64) -> Self {
        Self(number)
    }
}

/// Least length of an id's suffix that makes the id unique, in bytes.
const UNIQUE: usize = 8;
/// Least length of an id in base 64 that is unique, in bytes. Its last separator can stand anywhere.
const UNIQUE_BASE_64: usize = 16;

/// Whether the id of an answer is unique. This depends on the length of the part after its prefix
/// (`chatcmpl-`, `msg_`). Gemini's ids are in base 64 and have no prefix.
pub fn answer_id_is_unique(id: &str) -> bool {
    let has = |is: fn(&u8) -> bool| id.bytes().any(|byte| is(&byte));
    let is_base_64 = || {
        id.len() >= UNIQUE_BASE_64
            && has(u8::is_ascii_lowercase)
            && has(u8::is_ascii_uppercase)
            && has(u8::is_ascii_digit)
    };
    id.rsplit(['-', '_']).next().unwrap_or(id).len() >= UNIQUE || is_base_64()
}

/// Bits of the hash in an answer's meeting.
const ANSWER_BITS: u64 = (1 << 48) - 1;
/// The other bits of an answer's meeting.
const ANSWER_MARK: u64 = 0x616e << 48;

/// Bits of a meeting's number that count the time slots of a process: enough for 255 years of 30 seconds
/// each.
const MOMENT_BITS: u32 = 28;
const MOMENT_NUMBERS: i64 = (1 << MOMENT_BITS) - 1;
/// Bits that separate a process's sums from its calls.
const OF_SUMS: u64 = 0x7375_6d73;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{SpanId, TraceId};

    #[test]
    fn names_do_not_run_together() {
        assert_eq!(TraceId::made_of(&["a", "b"]), TraceId::made_of(&["a", "b"]));
        assert_ne!(TraceId::made_of(&["a", "b"]), TraceId::made_of(&["ab"]));
        assert_ne!(SpanId::made_of(&["a", "b"]), SpanId::made_of(&["ab", ""]));
        assert_ne!(Meeting::of("a", "bc"), Meeting::of("ab", "c"));
    }

    #[test]
    fn answers_with_ids_of_their_own_meet_at_any_hour() {
        let hour = Timestamp::from_nanos(1_794_999_600_000_000_000);
        let around = |id: &str| [hour.plus(-1), hour].map(|start| Meeting::of_answer(id, start));
        let [before, after] = around("chatcmpl-9f8e7d6c5b4a");
        assert_eq!(before, after);
        let [before, after] = around("chatcmpl-123");
        assert_ne!(before, after);
    }

    #[test]
    fn meetings_of_answers_are_told_from_those_of_sessions() {
        let hour = Timestamp::from_nanos(1_794_999_600_000_000_000);
        for number in 0..100_000 {
            let id = number.to_string();
            assert!(Meeting::of_answer(&id, hour).is_of_answer());
            assert!(!Meeting::of("claude-code", &id).is_of_answer());
        }
        assert!(Meeting::of_answer("chatcmpl-9f8e7d6c5b4a", hour).is_of_answer());
    }

    #[test]
    fn ids_that_a_server_counts_are_not_unique() {
        assert!(
            ["chatcmpl-9f8e7d6c5b4a", "msg_01ABCDEFGH", "0123456789abcdef", "WNVzaPfL3Jyd9-Ab_x"]
                .map(answer_id_is_unique)
                .iter()
                .all(|is| *is)
        );
        assert!(!["chatcmpl-123", "1", "resp_", ""].map(answer_id_is_unique).iter().any(|is| *is));
    }

    #[test]
    fn moments_of_a_process_are_consecutive() {
        let at = |nanos: i64| Meeting::of_moment(u64::MAX / 3, Timestamp::from_nanos(nanos));
        let noon = 1_795_000_000_000_000_000 / Meeting::MOMENT * Meeting::MOMENT;
        assert_eq!(at(noon), at(noon + Meeting::MOMENT - 1));
        assert_eq!(at(noon).moments_beside(), [at(noon - 1), at(noon + Meeting::MOMENT)]);
        assert_eq!(at(0).moments_beside()[0], at(-1));
        assert_ne!(at(noon), Meeting::of_moment(1, Timestamp::from_nanos(noon)));
    }

    #[test]
    fn sums_and_calls_of_a_process_find_each_other() {
        let time = Timestamp::from_nanos(1_795_000_123_000_000_000);
        for process in [7, u64::MAX / 3] {
            for ago in [0, 1, Meeting::SUMS - 1, Meeting::SUMS] {
                let sums = Meeting::of_sums(process, time.plus(-ago));
                let calls = Meeting::of_moment(process, time);
                assert!(calls.sums_around().contains(&sums), "{ago} ns before");
                assert_eq!(sums.calls_at(time), calls);
                assert!(sums != calls && !Meeting::of_moment(1, time).sums_around().contains(&sums));
            }
        }
    }

    #[test]
    fn signals_come_back() {
        for (number, signal) in (0u8..).zip(Signal::ALL) {
            assert_eq!(Signal::from_number(number), signal);
            assert_eq!(Signal::from_word(signal.as_str()), Some(signal));
        }
        assert_eq!(Signal::of(&Attributes::new()), Signal::Span);
        assert_eq!(Signal::of(&[(Signal::ATTRIBUTE, "log")].into_iter().collect()), Signal::Log);
    }
}
