//! Marks by which records of one call are recognised, besides ids and figures.

use std::num::NonZeroU64;

use serde::{Deserialize, Serialize};

use crate::ErrorClass;
use crate::span::stable_hash;

/// Letters and digits at each end of an answer that its mark covers. An answer with fewer has no mark,
/// because other answers of the time may be equal. So the mark of a cut answer has the same beginning.
const COVERED: usize = 20;

/// Marks of one record of a call. They are hashes, so they hold no content.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct CallMarks {
    /// The text of the answer, if the record has it.
    pub text: Option<TextMark>,
    /// The HTTP request, if the record names it.
    pub request: Option<RequestMark>,
    /// The class of the failure, if the call failed.
    pub error: Option<ErrorClass>,
}

/// Hashes of the first and of the last letters and digits of an answer. Two records of one answer may differ
/// in white space and notation, one may hold a part of the answer only, and one may put reasoning before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TextMark(NonZeroU64);

impl TextMark {
    const SURE: u64 = 1;
    /// Makes the number of a mark differ from zero.
    const SET: u64 = 1 << 1;
    const BEGIN: u32 = 2;
    const END: u32 = 33;
    const BITS: u64 = (1 << 31) - 1;

    /// The mark of an answer in one or several texts; `None` for a short answer, which other calls may have
    /// too. `is_sure` tells that the texts are the answer itself, and not a source's own notation of it.
    pub fn of<'t>(texts: impl DoubleEndedIterator<Item = &'t str> + Clone, is_sure: bool) -> Option<Self> {
        let letters = || texts.clone().flat_map(str::chars).filter(|letter| letter.is_alphanumeric());
        let begin: String = letters().take(COVERED).collect();
        let mut end: Vec<char> = letters().rev().take(COVERED).collect();
        end.reverse();
        let end: String = end.into_iter().collect();
        if begin.chars().count() < COVERED {
            return None;
        }
        let hash = |side: &str, text: &str| stable_hash(&[side, text]) & Self::BITS;
        let flags = Self::SET | if is_sure { Self::SURE } else { 0 };
        let hashes = hash("begin", &begin) << Self::BEGIN | hash("end", &end) << Self::END;
        NonZeroU64::new(flags | hashes).map(Self)
    }

    const fn begin(self) -> u64 {
        self.0.get() >> Self::BEGIN & Self::BITS
    }

    const fn end(self) -> u64 {
        self.0.get() >> Self::END & Self::BITS
    }

    /// Whether both are the same answer.
    pub const fn is_same(self, other: Self) -> bool {
        self.begin() == other.begin() && self.end() == other.end()
    }

    /// Whether these are two answers: they differ at the beginning and at the end.
    pub const fn contradicts(self, other: Self) -> bool {
        let are_sure = self.0.get() & other.0.get() & Self::SURE != 0;
        are_sure && self.begin() != other.begin() && self.end() != other.end()
    }

    /// A number that is equal for equal answers.
    pub const fn number(self) -> u64 {
        self.0.get() & !Self::SURE
    }
}

/// Hash of the id of an HTTP request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RequestMark(NonZeroU64);

impl RequestMark {
    /// The provider gave the id, so it names one request. A program may give its own id to several.
    const OF_PROVIDER: u64 = 1;
    /// Makes the number of a mark differ from zero.
    const SET: u64 = 1 << 1;

    /// The mark of an id; `None` for an id that other requests may have.
    pub fn of(id: &str, is_of_provider: bool) -> Option<Self> {
        let id = id.trim();
        let is_of_provider = is_of_provider || id.starts_with("req_");
        let named = context(id).unwrap_or(id);
        let is_unique = named.len() != id.len() || crate::answer_id_is_unique(id);
        let flags = Self::SET | if is_of_provider { Self::OF_PROVIDER } else { 0 };
        NonZeroU64::new(stable_hash(&["request", named]) & !3 | flags).filter(|_| is_unique).map(Self)
    }

    /// Whether both are the same request.
    pub const fn is_same(self, other: Self) -> bool {
        self.number() == other.number()
    }

    /// Whether the provider gave the id.
    pub const fn is_of_provider(self) -> bool {
        self.0.get() & Self::OF_PROVIDER != 0
    }

    /// A number that is equal for equal requests.
    pub const fn number(self) -> u64 {
        self.0.get() & !3
    }
}

/// Trace and span of a `traceparent` (<https://www.w3.org/TR/trace-context/#traceparent-header>).
fn context(id: &str) -> Option<&str> {
    let is_hex = |text: &str| text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let mut fields = id.split('-');
    let [version, trace, span, flags] = [fields.next()?, fields.next()?, fields.next()?, fields.next()?];
    let lengths = [version, trace, span, flags].map(str::len);
    (lengths == [2, 32, 16, 2] && is_hex(trace) && is_hex(span)).then(|| &id[3..52])
}

impl ErrorClass {
    /// Whether two records of one failure can have these classes. Sources name a failure more or less
    /// exactly.
    pub fn may_be(self, other: Self) -> bool {
        let kind = |class| match class {
            Self::RateLimit | Self::Quota => 1,
            Self::InvalidRequest | Self::ContextLength | Self::ContentFilter | Self::Authentication => 2,
            Self::Timeout | Self::Connection | Self::Unavailable => 3,
            Self::ToolError | Self::Cancelled | Self::Other => 0,
        };
        let kinds = [kind(self), kind(other)];
        self == other || kinds.contains(&0) || kinds[0] == kinds[1]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(text: &str) -> TextMark {
        TextMark::of([text].into_iter(), true).unwrap()
    }

    #[test]
    fn an_answer_is_the_same_in_any_notation_and_number_of_texts() {
        let whole = mark("The capital of France is **Paris**.\nIt is on the Seine.");
        let parts = ["The capital of France is", " Paris. ", "It is on the Seine"];
        assert!(whole.is_same(TextMark::of(parts.into_iter(), false).unwrap()));
        assert_eq!(TextMark::of(["Paris", " …", "\n"].into_iter(), true), None);
    }

    #[test]
    fn only_answers_that_differ_at_both_ends_are_two() {
        let answer = mark("The capital of France is Paris, and it is on the river Seine.");
        assert!(answer.contradicts(mark("Berlin is the capital of Germany, and it is on the river Spree.")));
        let cut = mark("The capital of France is Paris, and it");
        let with_reasoning =
            mark("Let me think. The capital of France is Paris, and it is on the river Seine.");
        let of_another_notation =
            TextMark::of(["content='The capital of France is Paris' usage=5"].into_iter(), false).unwrap();
        for same in [cut, with_reasoning, of_another_notation] {
            assert!(!answer.contradicts(same) && !answer.is_same(same));
        }
    }

    #[test]
    fn a_request_has_one_mark_under_its_names() {
        let mark = |id| RequestMark::of(id, false);
        let provider = mark("req_011CSHoEeqs5C35K2UUqR7Fy").unwrap();
        assert!(provider.is_of_provider() && !mark("5f0c7a3e9d1b4c6a").unwrap().is_of_provider());
        assert_eq!(mark("17"), None);
        let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        let other = mark("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203332-01").unwrap();
        let unsampled = mark("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00").unwrap();
        assert!(mark(parent).unwrap().is_same(unsampled) && !unsampled.is_same(other));
    }

    #[test]
    fn a_failure_may_be_named_more_or_less_exactly() {
        assert!(ErrorClass::InvalidRequest.may_be(ErrorClass::ContextLength));
        assert!(ErrorClass::Other.may_be(ErrorClass::RateLimit));
        assert!(!ErrorClass::RateLimit.may_be(ErrorClass::Timeout));
    }
}
