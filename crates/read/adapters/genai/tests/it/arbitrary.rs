//! Property tests with arbitrary attributes: nothing panics, and buckets stay consistent.

use std::sync::{Arc, LazyLock};

use proptest::prelude::*;
use quipu_core::{
    Adapters, Attributes, Event, Level, Scope, Span, SpanEvent, SpanId, Status, Timestamp, TraceId, Usage,
    Value,
};

use crate::recording;

static ADAPTERS: LazyLock<Adapters> = LazyLock::new(recording::adapters);

/// All keys of all recordings.
static KEYS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let names = quipu_recordings::names();
    let mut keys: Vec<_> = names
        .iter()
        .flat_map(|name| quipu_recordings::load(name).spans)
        .flat_map(|span| span.attributes.iter().map(|(key, _)| key.to_string()).collect::<Vec<_>>())
        .collect();
    keys.sort();
    keys.dedup();
    keys
});

static SPANS: LazyLock<Vec<Span>> = LazyLock::new(|| {
    quipu_recordings::names().iter().flat_map(|name| quipu_recordings::load(name).spans).collect()
});

fn value() -> impl Strategy<Value = Value> {
    let text = prop_oneof![
        ".{0,40}",
        "-?[0-9]{1,20}",
        Just("NaN".to_owned()),
        Just("{\"id\": [".to_owned()),
        Just("{'a': {'b': 1}, 'cached_tokens'".to_owned()),
        Just("[{\"role\": \"user\", \"parts\": [{\"type\": \"text\"}, 3, null]}]".to_owned()),
        Just("[".repeat(500)),
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::Int),
        (0_i64..1_000).prop_map(Value::Int),
        any::<f64>().prop_map(Value::Double),
        text.prop_map(Value::String),
        prop::collection::vec(any::<u8>(), 0..8).prop_map(Value::Bytes),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
            prop::collection::vec(("[a-z_]{1,10}", inner), 0..4).prop_map(|pairs| Value::Map(
                pairs.into_iter().map(|(key, value)| (key.into(), value)).collect()
            )),
        ]
    })
}

fn attributes() -> impl Strategy<Value = Attributes> {
    let key = prop_oneof![
        8 => prop::sample::select(KEYS.clone()),
        1 => ".{0,60}",
        1 => "llm\\.input_messages\\.[0-9]{1,12}\\.message\\.[a-z.0-9]{0,20}",
    ];
    prop::collection::vec((key, value()), 0..40).prop_map(|pairs| pairs.into_iter().collect())
}

fn bare(attributes: Attributes) -> Span {
    let (trace, id) = (TraceId::from_bytes([7; 16]).unwrap(), SpanId::from_bytes([7; 8]).unwrap());
    let mut span = Span::new(trace, id, "tools/call ", Timestamp::from_nanos(1), Timestamp::from_nanos(2));
    span.attributes = attributes;
    span
}

/// Checks that the buckets of a usage fit into each other.
fn check(usage: &Usage) {
    let part = |part: Option<u64>| part.unwrap_or(0);
    let (input, output) = (part(usage.input), part(usage.output));
    assert!(usage.is_known());
    assert_eq!(usage.input_uncached() + part(usage.cache_read) + part(usage.cache_write), input, "{usage:?}");
    assert!(part(usage.reasoning) <= output, "{usage:?}");
    assert!(part(usage.cache_write_5m) + part(usage.cache_write_1h) <= part(usage.cache_write), "{usage:?}");
    assert!(part(usage.cache_read_audio) <= part(usage.cache_read), "{usage:?}");
    assert!(
        [usage.input_audio, usage.input_image, usage.tool_prompt].iter().all(|figure| part(*figure) <= input),
        "{usage:?}"
    );
    assert!(
        [usage.output_audio, usage.output_image].iter().all(|figure| part(*figure) <= output),
        "{usage:?}"
    );
}

/// Checks that every key in a lens is on the span, and that each value has one line.
fn check_lens(span: &Span) {
    let lens = ADAPTERS.lens(span);
    let is_there = |key: &str| match key.strip_suffix('*') {
        Some(prefix) => span.attributes.iter().any(|(key, _)| key.starts_with(prefix)),
        None => span.attributes.get(key).is_some() || span.resource.attributes.get(key).is_some(),
    };
    for line in &lens.lines {
        let keys = line.key.iter().chain(&line.passed_over);
        keys.for_each(|key| assert!(is_there(key), "{key} in {line:?}"));
        assert!(line.key.is_some() || line.rule.is_some(), "{line:?}");
    }
    assert!(lens.unread.iter().all(|key| is_there(key)));
}

fn read_and_check(span: &mut Span) {
    ADAPTERS.read(span);
    ADAPTERS.messages(span);
    check_lens(span);
    assert!(span.canonical.notes.len() < 64);
    if let Some(usage) = &span.canonical.usage {
        check(usage);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_attributes_are_read(attributes in attributes(), on_event in attributes(), failed in any::<bool>()) {
        let mut span = bare(attributes);
        span.status = if failed { Status::Error } else { Status::Unset };
        for name in ["gen_ai.choice", "gen_ai.tool.message", "exception", "gen_ai.client.inference.operation.details"] {
            span.events.push(SpanEvent { time: span.start, name: name.into(), attributes: on_event.clone() });
        }
        read_and_check(&mut span);
    }

    #[test]
    fn recorded_spans_with_spoiled_values_are_read(at in any::<prop::sample::Index>(), values in prop::collection::vec((any::<prop::sample::Index>(), value()), 1..6)) {
        let mut span = at.get(&SPANS).clone();
        for (place, value) in values {
            let count = span.attributes.len();
            if count > 0 {
                let place = place.index(count);
                span.attributes.iter_mut().nth(place).unwrap().1 = value;
            }
        }
        read_and_check(&mut span);
    }

    #[test]
    fn arbitrary_events_are_read(attributes in attributes(), body in value()) {
        let mut event = Event {
            time: Timestamp::from_nanos(1),
            level: Level::Info,
            name: "x".into(),
            trace_id: None,
            span_id: None,
            session: None,
            agent: None,
            framework: None,
            body,
            attributes,
            resource: Arc::default(),
            scope: Arc::default(), wire: None, };
        ADAPTERS.read_event(&mut event);
    }

    #[test]
    fn counts_that_are_none_leave_a_note(count in prop_oneof![(i64::MIN..0).prop_map(Value::Int), Just(Value::Double(f64::NAN)), Just("-5".into())]) {
        let mut span = bare([("gen_ai.operation.name", Value::from("chat")), ("gen_ai.usage.input_tokens", count), ("gen_ai.usage.output_tokens", 3.into())].into_iter().collect());
        ADAPTERS.read(&mut span);
        let usage = span.canonical.usage.as_ref().unwrap();
        prop_assert_eq!((usage.input, usage.output), (None, Some(3)));
        prop_assert!(span.canonical.notes.iter().any(|note| note.starts_with("gen_ai.usage.input_tokens is ")));
    }
}

#[test]
fn an_event_finds_its_owner() {
    let scope = Scope { name: "gcp.vertex.agent".into(), ..Scope::default() };
    let attributes = [("gen_ai.conversation.id", "s"), ("gen_ai.agent.name", "a")].into_iter().collect();
    let mut event = Event {
        time: Timestamp::from_nanos(1),
        level: Level::Info,
        name: "gen_ai.client.inference.operation.details".into(),
        trace_id: None,
        span_id: None,
        session: None,
        agent: None,
        framework: None,
        body: Value::Null,
        attributes,
        resource: Arc::default(),
        scope: Arc::new(scope),
        wire: None,
    };
    ADAPTERS.read_event(&mut event);
    assert_eq!(event.session.as_deref(), Some("s"));
    assert_eq!(event.agent.as_deref(), Some("a"));
    assert_eq!(event.framework.as_deref(), Some("google-adk"));
}
