//! Mutated spans with a single defect each.

use std::sync::Arc;

use quipu_core::{Attributes, Resource, Scope, Span, Value};

/// Values that a source should not send.
fn odd_values() -> Vec<Value> {
    let deep = (0..200).fold(Value::Null, |inner, _| Value::Array(vec![inner]));
    vec![
        Value::Null,
        Value::from(true),
        Value::from(-1),
        Value::from(i64::MIN),
        Value::from(i64::MAX),
        Value::from(f64::NAN),
        Value::from(f64::INFINITY),
        Value::from(-0.5),
        Value::from(1e300),
        Value::from(""),
        Value::from("  "),
        Value::from("{"),
        Value::from("[[[[[[[["),
        Value::from("[{\"role\":7,\"parts\":{\"type\":[]}}]"),
        Value::from("{\"messages\":[null,1,\"x\"]}"),
        Value::from("18446744073709551616"),
        Value::from("\u{0}\u{202e}💥".repeat(50)),
        Value::from("[".repeat(5_000)),
        Value::Bytes(vec![0xff, 0xfe]),
        Value::Array(vec![Value::Null, Value::Array(Vec::new()), Value::from(1)]),
        Value::Map(vec![("role".into(), Value::Null), ("".into(), Value::Map(Vec::new()))]),
        deep,
    ]
}

/// Mutations of the span: each attribute missing, doubled, odd, or under an odd index. Also without any
/// attribute, resource or scope, and without events.
pub(super) fn mutants(span: &Span) -> impl Iterator<Item = Span> {
    let values = odd_values();
    let of_attributes = (0..span.attributes.len()).flat_map(move |at| {
        let mut all: Vec<Span> = values.iter().map(|value| with_value(span, at, value.clone())).collect();
        all.extend([without(span, at), doubled(span, at)]);
        all.extend(["99999999999999999999", "-1", "4294967296"].map(|index| reindexed(span, at, index)));
        all
    });
    let bare = [
        Span { attributes: Attributes::new(), ..span.clone() },
        Span { resource: Arc::new(Resource::default()), scope: Arc::new(Scope::default()), ..span.clone() },
        Span { events: Vec::new(), links: Vec::new(), end: None, name: "".into(), ..span.clone() },
    ];
    of_attributes.chain(bare)
}

fn with_value(span: &Span, at: usize, value: Value) -> Span {
    let mut span = span.clone();
    if let Some((_, old)) = span.attributes.iter_mut().nth(at) {
        *old = value;
    }
    span
}

fn without(span: &Span, at: usize) -> Span {
    let rest =
        span.attributes.iter().enumerate().filter(|(number, _)| *number != at).map(|(_, pair)| pair.clone());
    Span { attributes: rest.collect(), ..span.clone() }
}

fn doubled(span: &Span, at: usize) -> Span {
    let mut span = span.clone();
    if let Some((key, value)) = span.attributes.iter().nth(at).cloned() {
        span.attributes.push(key, value);
    }
    span
}

/// Replaces every number in a key. Flattened lists have indices in their keys (`messages.0.role`).
fn reindexed(span: &Span, at: usize, index: &str) -> Span {
    let mut span = span.clone();
    if let Some((key, _)) = span.attributes.iter_mut().nth(at) {
        let is_number = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        let parts: Vec<&str> =
            key.split('.').map(|part| if is_number(&part) { index } else { part }).collect();
        *key = parts.join(".").into();
    }
    span
}
