//! Bodies to learn from, without the names of users and sessions: a dictionary stays when somebody is forgotten.

use quipu_semconv::{SESSION, USER};

use crate::codec::{SpanTexts, ValueIn, span_texts};

/// Shorter ones are in every text.
const FEWEST_BYTES: usize = 3;

/// Writes zeros over all that names a user or session, wherever a span's body has it: what was `read` from it, and what its attributes
/// say. `false`: the body cannot be read, and is not to be learned from.
pub(crate) fn blank<'r>(body: &mut [u8], read: impl Iterator<Item = &'r String>) -> bool {
    let Ok(texts) = span_texts(body) else { return false };
    let mut names: Vec<Vec<u8>> = of_attributes(&texts).map(Into::into).collect();
    names.extend(read.map(|name| name.as_bytes().to_vec()));
    names.retain(|name| name.len() >= FEWEST_BYTES);
    names.sort_unstable_by_key(|name| std::cmp::Reverse(name.len()));
    names.dedup();
    names.iter().for_each(|name| blank_one(body, name));
    true
}

fn of_attributes<'b>(texts: &SpanTexts<'b>) -> impl Iterator<Item = &'b str> {
    texts.attributes.iter().filter_map(|(key, value)| match value {
        ValueIn::String(name) if USER.contains(key) || SESSION.contains(key) => Some(*name),
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
    use quipu_core::{Span, SpanId, Timestamp, TraceId};

    use super::*;
    use crate::codec::encode_span;

    #[test]
    fn names_are_blanked_wherever_a_body_has_them() {
        let (trace, id) = (TraceId::from_bytes([1; 16]).unwrap(), SpanId::from_bytes([1; 8]).unwrap());
        let time = Timestamp::from_nanos(0);
        let mut span = Span::new(trace, id, "chat", time, time);
        span.attributes.push("user.id", "u-4711");
        span.attributes.push("session.id", "s-0815");
        span.attributes
            .push("gen_ai.input.messages", "Hello u-4711, this is anna@kite about s-0815 and the kite");
        let mut body = Vec::new();
        encode_span(&span, &mut body).unwrap();
        let length = body.len();
        assert!(blank(&mut body, [String::from("anna@kite"), "te".into()].iter()));
        let text = String::from_utf8_lossy(&body);
        for name in ["4711", "0815", "anna"] {
            assert!(!text.contains(name), "{name} in {text}");
        }
        assert!(text.contains("and the kite") && text.contains("user.id") && body.len() == length);
        assert!(span_texts(&body).is_ok(), "it is a body still");
        assert!(!blank(&mut [0xff; 3], std::iter::empty()));
    }
}
