//! Removal of the names of users and sessions from training samples, because a dictionary stays after an
//! erasure.

use quipu_semconv::{SESSION, USER};

use crate::codec::{ValueIn, span_texts};

/// Minimum length of a name; shorter ones occur in every text.
const FEWEST_BYTES: usize = 3;

/// Overwrites all names of users and sessions in a span's body with zeros. These are the names in `read`, and
/// those in its attributes and in those of its events. `false` if the body is unreadable and must not be used
/// for training.
pub(crate) fn blank<'r>(body: &mut [u8], read: impl Iterator<Item = &'r String>) -> bool {
    let Ok(texts) = span_texts(body) else { return false };
    let events = texts.events.iter().map(|(_, _, attributes)| attributes);
    let mut names: Vec<Vec<u8>> =
        std::iter::once(&texts.attributes).chain(events).flat_map(|pairs| of_attributes(pairs)).collect();
    names.extend(read.map(|name| name.as_bytes().to_vec()));
    names.retain(|name| name.len() >= FEWEST_BYTES);
    names.sort_unstable_by_key(|name| std::cmp::Reverse(name.len()));
    names.dedup();
    names.iter().for_each(|name| blank_one(body, name));
    true
}

fn of_attributes(pairs: &[(&str, ValueIn<'_>)]) -> impl Iterator<Item = Vec<u8>> {
    let named = pairs.iter().filter(|(key, _)| USER.contains(key) || SESSION.contains(key));
    named.filter_map(|(_, value)| match value {
        ValueIn::String(name) => Some(name.as_bytes().to_vec()),
        // The textual form of a number. Its encoded form is two or three bytes without a pattern.
        ValueIn::Int(number) => Some(number.to_string().into_bytes()),
        _ => None,
    })
}

fn blank_one(mut body: &mut [u8], name: &[u8]) {
    while let Some(at) = body.windows(name.len()).position(|bytes| bytes == name) {
        let (found, rest) = body[at..].split_at_mut(name.len());
        found.fill(0);
        body = rest;
    }
}

#[cfg(test)]
mod tests {
    use quipu_core::{Span, SpanEvent, SpanId, Timestamp, TraceId};

    use super::*;
    use crate::codec::encode_span;

    #[test]
    fn names_are_blanked_wherever_a_body_has_them() {
        let (trace, id) = (TraceId::from_bytes([1; 16]).unwrap(), SpanId::from_bytes([1; 8]).unwrap());
        let time = Timestamp::from_nanos(0);
        let mut span = Span::new(trace, id, "chat", time, time);
        span.attributes.push("user.id", "u-4711");
        span.attributes.push("session.id", "s-0815");
        span.attributes.push("enduser.id", 520_613_i64);
        let attributes = [("user.id", "berta-77")].into_iter().collect();
        span.events.push(SpanEvent { time, name: "said".into(), attributes });
        span.attributes.push(
            "gen_ai.input.messages",
            "Hello u-4711, this is anna@kite (520613, with berta-77) about s-0815 and the kite",
        );
        let mut body = Vec::new();
        encode_span(&span, &mut body).unwrap();
        let length = body.len();
        assert!(blank(&mut body, [String::from("anna@kite"), "te".into()].iter()));
        let text = String::from_utf8_lossy(&body);
        for name in ["4711", "0815", "anna", "520613", "berta"] {
            assert!(!text.contains(name), "{name} in {text}");
        }
        assert!(text.contains("and the kite") && text.contains("user.id") && body.len() == length);
        assert!(span_texts(&body).is_ok(), "it is a body still");
        assert!(!blank(&mut [0xff; 3], std::iter::empty()));
    }
}
