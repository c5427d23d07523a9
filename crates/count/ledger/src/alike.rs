//! Comparison of the marks of two records: text of the answer, HTTP request, class of failure.

use quipu_core::{ErrorClass, RequestMark, TextMark};

use crate::figures::{known, nearly_same_tokens, same_tokens};
use crate::row::Row;

/// Whether both records have the same text of the answer.
pub(crate) fn same_answer(one: &Row, other: &Row) -> bool {
    texts(one, other).is_some_and(|(one, other)| one.is_same(other))
}

/// Whether the texts of the answers are those of two calls.
pub(crate) fn two_answers(one: &Row, other: &Row) -> bool {
    texts(one, other).is_some_and(|(one, other)| one.contradicts(other))
}

fn texts(one: &Row, other: &Row) -> Option<(TextMark, TextMark)> {
    one.marks.text.zip(other.marks.text)
}

/// Whether both records name the same HTTP request. A program can give its own id to several requests, so
/// such an id needs figures that do not differ.
pub(crate) fn same_request(one: &Row, other: &Row) -> bool {
    let Some((request, again)) = one.marks.request.zip(other.marks.request) else { return false };
    request.is_same(again) && (is_of_provider(request, again) || !differ(one, other))
}

/// Whether both records name the same request by the provider's id.
pub(crate) fn same_provider_request(one: &Row, other: &Row) -> bool {
    let both = one.marks.request.zip(other.marks.request);
    both.is_some_and(|(request, again)| request.is_same(again) && is_of_provider(request, again))
}

const fn is_of_provider(one: RequestMark, other: RequestMark) -> bool {
    one.is_of_provider() || other.is_of_provider()
}

fn differ(one: &Row, other: &Row) -> bool {
    let figures = known(&one.cost).zip(known(&other.cost));
    figures.is_some_and(|(usage, again)| !same_tokens(usage, again) && !nearly_same_tokens(usage, again))
}

/// Whether the classes of two failures can be of one failure. A class that a record does not tell can be any.
pub(crate) fn may_be_one_failure(one: &Row, other: &Row) -> bool {
    one.marks.error.zip(other.marks.error).is_none_or(|(class, again)| class.may_be(again))
}

/// Whether both records failed with the same class of error.
pub(crate) fn same_failure(one: &Row, other: &Row) -> bool {
    let classes = one.marks.error.zip(other.marks.error);
    let is_same = |(class, again)| class == again && class != ErrorClass::Other;
    one.cost.failed && other.cost.failed && classes.is_some_and(is_same)
}
