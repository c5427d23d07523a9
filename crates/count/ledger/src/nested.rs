//! Calls whose spans stay open while their tools run and the next call follows.

use quipu_core::{Kind, Timestamp};

use crate::figures::FIRST_EVENT;
use crate::merge::{self, usage};
use crate::standing::At;
use crate::tally::Calls;
use crate::trace::Trace;

/// Whether a call above others is one of them, and no wrapper of them all. Some clients run the tools of an
/// answer and send the next request before they end the span of the first request.
///
/// A tool ran below it before any call below it began, so the call itself asked for the tool. The next
/// request repeats the conversation, so its input is greater. The figures of a wrapper are those of the calls
/// below it, of all or of one.
pub(crate) fn is_call_around_the_next(trace: &Trace, at: At, below: &Calls) -> bool {
    let Some(told) = usage(&trace.entry(at).node).filter(|usage| !usage.estimated) else { return false };
    let (input, output) = (told.input.unwrap_or(0), told.output.unwrap_or(0));
    let same_output = output.abs_diff(below.tokens.output) <= FIRST_EVENT * u64::from(below.count);
    if !below.usage || output == 0 || input >= below.tokens.input || same_output {
        return false;
    }
    let (mut tool, mut call): (Option<Timestamp>, Option<Timestamp>) = (None, None);
    let mut stack = trace.entry(at).children.clone();
    while let Some(at) = stack.pop() {
        let entry = trace.entry(at);
        if usage(&entry.node).is_some_and(|other| other.output == told.output) {
            return false;
        }
        let earliest = |known: Option<Timestamp>, time| Some(known.map_or(time, |known| known.min(time)));
        if entry.node.kind.is_call() {
            call = earliest(call, entry.node.start);
        } else if entry.node.kind == Kind::Tool {
            let end = merge::end(&entry.node).map_or(entry.node.start, Timestamp::from_nanos);
            tool = earliest(tool, end);
        }
        stack.extend_from_slice(&entry.children);
    }
    tool.zip(call).is_some_and(|(tool, call)| tool <= call)
}
