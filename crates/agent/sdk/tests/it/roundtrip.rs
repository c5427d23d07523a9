//! Property test: spans and events leave the drain with the values that were recorded.

use std::collections::HashMap;
use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use quipu_core::{SpanId, TraceId, Value};
use quipu_sdk::{Context, Field, Recorder, RecorderConfig};

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::Int),
        (-1e300..1e300).prop_map(Value::Double),
        ".{0,40}".prop_map(Value::String),
        vec(any::<u8>(), 0..40).prop_map(Value::Bytes),
    ];
    leaf.prop_recursive(4, 32, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::Array),
            vec((".{0,12}", inner), 0..4).prop_map(|pairs| {
                Value::Map(pairs.into_iter().map(|(key, value)| (key.into(), value)).collect())
            }),
        ]
    })
}

/// Attributes with keys outside of all conventions.
fn attributes() -> impl Strategy<Value = HashMap<String, Value>> {
    proptest::collection::hash_map("my\\..{0,40}", value(), 0..8)
}

fn held(attributes: &quipu_core::Attributes) -> HashMap<String, Value> {
    let mine = attributes.iter().filter(|(key, _)| key.starts_with("my."));
    mine.map(|(key, value)| (key.to_string(), value.clone())).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn what_goes_in_comes_out(
        name in "\\PC{1,60}",
        said in attributes(),
        happened in vec((".{0,20}", attributes()), 0..3),
        message in ".{0,200}",
        ids in (1_u128.., 1_u64..),
    ) {
        let (recorder, mut drain) = Recorder::new(RecorderConfig { ring_bytes: 1 << 16, ..RecorderConfig::default() });
        let trace_id = TraceId::from_bytes(ids.0.to_be_bytes()).unwrap();
        let parent = SpanId::from_bytes(ids.1.to_be_bytes()).unwrap();
        let context = Context::root(recorder).within(trace_id, parent, true);
        let mut guard = context.span(&name);
        for (key, value) in &said {
            guard = guard.attribute(key, value.clone());
        }
        for (name, attributes) in &happened {
            let pairs: Vec<(&str, Field<'_>)> =
                attributes.iter().map(|(key, value)| (key.as_str(), value.clone().into())).collect();
            guard.event(name, &pairs);
        }
        guard.error("kind", &message);
        guard.end();
        let spans = drain.collect(Duration::ZERO).spans;
        prop_assert_eq!(spans.len(), 1);
        let span = &spans[0];
        prop_assert_eq!(&span.name, &name);
        prop_assert_eq!((span.trace_id, span.parent_id), (trace_id, Some(parent)));
        prop_assert_eq!(&span.status_message, &message);
        prop_assert_eq!(held(&span.attributes), said);
        let came: Vec<_> = span.events.iter().map(|event| (event.name.to_string(), held(&event.attributes))).collect();
        prop_assert_eq!(came, happened);
    }
}
