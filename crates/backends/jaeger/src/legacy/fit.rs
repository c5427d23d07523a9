//! Upper bounds for the size of spans in compact Thrift, and cuts that make them fit a packet.
//!
//! A bound is used instead of the exact size. A number of n bits takes up to n/7 + 1 bytes, a text its bytes
//! and up to 5 for its length. A field and the end of a structure take one byte each
//! (<https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md>). A span within the
//! bound always fits, so the exporter encodes it only once.

use legacy_opentelemetry::trace::Status;
use legacy_opentelemetry::{KeyValue, StringValue, Value};
use legacy_opentelemetry_sdk::export::trace::SpanData;

/// A tag without the text of key and value: four fields, two lengths, a number, the end.
const TAG: usize = 4 + 5 + 5 + 10 + 1;
/// A span without name, tags, logs and references: nine fields, the numbers, lengths of lists, the end.
const SPAN: usize = 11 + 5 * 11 + 6 + 5 + 4 * 6 + 1;
/// The tags that the exporter adds: kind, error, status and its description.
const ADDED: usize = 4 * (TAG + 24) + 8;
/// A log without its own tags, but with the two that the exporter adds.
const LOG: usize = 2 + 11 + 6 + 1 + 2 * (TAG + 40);
/// A reference to another span.
const REFERENCE: usize = 4 + 5 + 3 * 11 + 1;
/// The message without its spans: header, batch, process without its tags.
const AROUND: usize = 64;
/// Least length of a cut text; a shorter one would lose its meaning.
const SHORTEST: usize = 64;
/// Largest length of the mark at the end of a cut text.
const MARK: usize = 40;

/// Upper bound of a packet's bytes without its spans, for a process with these tags.
pub(super) fn around(process: &[KeyValue]) -> usize {
    let service = process.iter().find(|tag| tag.key.as_str() == "service.name").map_or(16, value_of);
    AROUND + service + process.iter().map(tag).sum::<usize>()
}

/// Upper bound of a span's bytes.
pub(super) fn size(span: &SpanData) -> usize {
    let logs =
        span.events.iter().map(|log| LOG + log.name.len() + log.attributes.iter().map(tag).sum::<usize>());
    let said = match &span.status {
        Status::Error { description } => description.len(),
        _ => 0,
    };
    SPAN + ADDED
        + span.name.len()
        + said
        + span.attributes.iter().map(tag).sum::<usize>()
        + logs.sum::<usize>()
        + span.links.len() * REFERENCE
}

fn tag(tag: &KeyValue) -> usize {
    TAG + tag.key.as_str().len() + value_of(tag)
}

/// Bytes of a value's text; numbers are part of [`TAG`].
fn value_of(tag: &KeyValue) -> usize {
    match &tag.value {
        Value::String(text) => text.as_str().len(),
        _ => 0,
    }
}

/// Result of a cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fit {
    /// It fits unchanged.
    Whole,
    /// It fits after the cut.
    Cut,
    /// It cannot fit: it has too many tags, logs or references.
    Not,
}

/// Cuts the longest texts of a span, all to the same length, until it takes at most `room` bytes. A cut text
/// ends with its original length.
pub(super) fn cut(span: &mut SpanData, room: usize) -> Fit {
    let size = size(span);
    if size <= room {
        return Fit::Whole;
    }
    let Some(longest) = level(lengths(span), size - room) else { return Fit::Not };
    let events = span.events.events.iter_mut().flat_map(|event| &mut event.attributes);
    span.attributes.iter_mut().chain(events).for_each(|tag| shorten_tag(tag, longest));
    if let Status::Error { description } = &mut span.status
        && let Some(short) = shorten(description, longest)
    {
        *description = short.into();
    }
    Fit::Cut
}

/// Cuts the longest texts of a process until it takes at most `room` bytes; tags that still do not fit are
/// dropped. Returns whether all was kept.
pub(super) fn cut_process(process: &mut Vec<KeyValue>, room: usize) -> bool {
    let size = around(process);
    if size <= room {
        return true;
    }
    // The service counts twice, because it is also the process's name.
    let service = process.iter().filter(|tag| tag.key.as_str() == "service.name").map(value_of);
    let lengths = process.iter().map(value_of).chain(service).collect();
    let longest = level(lengths, size - room).unwrap_or(SHORTEST);
    process.iter_mut().for_each(|tag| shorten_tag(tag, longest));
    process.sort_by_key(|tag| tag.key.as_str() != "service.name");
    while around(process) > room && process.len() > 1 {
        process.pop();
    }
    false
}

fn lengths(span: &SpanData) -> Vec<usize> {
    let said = match &span.status {
        Status::Error { description } => description.len(),
        _ => 0,
    };
    let events = span.events.iter().flat_map(|event| &event.attributes);
    span.attributes.iter().chain(events).map(value_of).chain([said]).collect()
}

/// The length to which the longest texts must be cut to save `excess` bytes; `None` if too little of them
/// would remain.
fn level(mut lengths: Vec<usize>, excess: usize) -> Option<usize> {
    lengths.sort_unstable_by(|one, other| other.cmp(one));
    let mut above = 0;
    for (at, length) in lengths.iter().enumerate() {
        above += length;
        let next = lengths.get(at + 1).copied().unwrap_or_default();
        // The first at + 1 texts, at a length not below that of the next.
        let left = above.saturating_sub(excess) / (at + 1);
        if left >= next && above >= excess {
            return (left >= SHORTEST).then_some(left);
        }
    }
    None
}

fn shorten_tag(tag: &mut KeyValue, longest: usize) {
    if let Value::String(text) = &tag.value
        && let Some(short) = shorten(text.as_str(), longest)
    {
        tag.value = Value::String(StringValue::from(short));
    }
}

fn shorten(text: &str, longest: usize) -> Option<String> {
    if text.len() <= longest {
        return None;
    }
    let kept = &text[..text.floor_char_boundary(longest.saturating_sub(MARK))];
    Some(format!("{kept}… (cut, {} bytes)", text.len()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use std::sync::Arc;

    use proptest::collection::vec;
    use proptest::prelude::*;
    use quipu_core::{
        Link, Scope, Span, SpanEvent, SpanId, Status as Sent, Timestamp, TraceId, Value as Given,
    };

    use super::*;
    use crate::legacy::{caught, convert};

    fn value() -> impl Strategy<Value = Given> {
        prop_oneof![
            ".{0,400}".prop_map(Given::from),
            any::<i64>().prop_map(Given::from),
            any::<f64>().prop_map(Given::from),
            any::<bool>().prop_map(Given::from),
            (0_usize..30_000).prop_map(|length| Given::from("é".repeat(length))),
            Just(Given::Null),
        ]
    }

    fn attributes(most: usize) -> impl Strategy<Value = quipu_core::Attributes> {
        vec((".{0,40}", value()), 0..most).prop_map(|pairs| pairs.into_iter().collect())
    }

    prop_compose! {
        fn spans()(
            ids in any::<(u64, u64)>(),
            name in ".{0,300}",
            said in ".{0,3000}",
            own in attributes(20),
            events in vec((".{0,40}", attributes(5)), 0..6),
            links in 0_usize..20,
            scope in ".{0,30}",
        ) -> Span {
            let trace = TraceId::from_bytes((u128::from(ids.0) << 64 | 1).to_be_bytes()).unwrap();
            let id = SpanId::from_bytes((ids.1 | 1).to_be_bytes()).unwrap();
            let mut span = Span::new(trace, id, &name, Timestamp::from_nanos(i64::MAX - 9), Timestamp::from_nanos(i64::MAX));
            span.parent_id = Some(id);
            (span.status, span.status_message) = (Sent::Error, said);
            span.attributes = own;
            span.links = vec![Link { trace_id: trace, span_id: id, attributes: Default::default() }; links];
            span.scope = Arc::new(Scope { name: scope.as_str().into(), version: scope.into(), ..Scope::default() });
            let event = |(name, attributes): (String, _)| SpanEvent { time: span.start, name: name.into(), attributes };
            span.events = events.into_iter().map(event).collect();
            span
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

        #[test]
        fn what_the_bound_allows_fits_one_packet(sent in spans(), tags in attributes(8), most in 8_000_usize..65_000) {
            let resource = quipu_core::Resource { attributes: tags, ..Default::default() };
            let mut process = convert::process(&resource);
            cut_process(&mut process, most / 4);
            prop_assert!(around(&process) <= most / 4);
            let mut span = convert::span(&sent);
            let before = size(&span);
            let room = most - around(&process);
            match cut(&mut span, room) {
                Fit::Whole => prop_assert!(before <= room),
                Fit::Cut => prop_assert!(before > room && size(&span) <= room),
                // Names, keys and numbers alone are too large.
                Fit::Not => return Ok(()),
            }
            let bound = around(&process) + size(&span);
            let packets = caught::packets(&process, vec![span], most).unwrap();
            prop_assert_eq!(packets.len(), 1);
            prop_assert!(packets[0].len() <= bound, "{} > {bound}", packets[0].len());
        }
    }

    #[test]
    fn the_longest_go_down_to_one_level() {
        assert_eq!(level(vec![100, 1_000, 900], 0), Some(1_000));
        assert_eq!(level(vec![100, 1_000, 900], 50), Some(950));
        assert_eq!(level(vec![100, 1_000, 900], 300), Some(800));
        assert_eq!(level(vec![100, 1_000, 900], 1_700), Some(100));
        assert_eq!(level(vec![100, 1_000, 900], 1_808), Some(64));
        assert_eq!(level(vec![100, 1_000, 900], 1_811), None);
        assert_eq!(level(vec![100], 200), None);
        assert_eq!(level(vec![], 1), None);
    }
}
