//! Reserved attributes for OTLP fields of resources, scopes, span events and links, so that every store of
//! attributes keeps them.
//!
//! They follow the sent attributes, and exist only for fields with a value. If the last sent attribute itself
//! has a reserved name, all of them are written, so that sent and added attributes stay distinct. The name of
//! the count is OpenTelemetry's own for formats without such a field:
//! <https://opentelemetry.io/docs/specs/otel/common/mapping-to-non-otlp/#dropped-attributes-count>.

use compact_str::CompactString;
use opentelemetry_proto::tonic::common::v1::EntityRef;
use quipu_core::{Attributes, Value};

const DROPPED_ATTRIBUTES: &str = "otel.dropped_attributes_count";
const ENTITIES: &str = "otel.entity_refs";
const TIMELESS: &str = "otel.event.timeless";
const TRACE_STATE: &str = "otel.link.trace_state";
const FLAGS: &str = "otel.link.flags";

/// Bytes of memory of one reserved attribute.
pub(crate) const BYTES: usize = size_of::<(CompactString, Value)>();

type Pairs = [(CompactString, Value)];

/// A reserved name, and the check of its value.
type Reserved = (&'static str, fn(&Value) -> bool);

const OF_RESOURCE: [Reserved; 2] = [(DROPPED_ATTRIBUTES, is_count), (ENTITIES, is_list)];
const OF_SCOPE: [Reserved; 1] = [(DROPPED_ATTRIBUTES, is_count)];
const OF_EVENT: [Reserved; 2] = [(DROPPED_ATTRIBUTES, is_count), (TIMELESS, is_flag)];
const OF_LINK: [Reserved; 3] = [(DROPPED_ATTRIBUTES, is_count), (TRACE_STATE, is_text), (FLAGS, is_count)];

/// Fields of a resource.
#[derive(Default)]
pub(crate) struct OfResource {
    pub(crate) dropped_attributes: u32,
    pub(crate) entities: Vec<EntityRef>,
}

impl OfEvent {
    /// Largest number of reserved attributes.
    pub(crate) const MOST: usize = OF_EVENT.len();
}

impl OfLink {
    /// Largest number of reserved attributes.
    pub(crate) const MOST: usize = OF_LINK.len();
}

/// Fields of a span's event.
#[derive(Default)]
pub(crate) struct OfEvent {
    pub(crate) dropped_attributes: u32,
    /// Whether the event had no time of its own.
    pub(crate) timeless: bool,
}

/// Fields of a span's link.
#[derive(Default)]
pub(crate) struct OfLink {
    pub(crate) dropped_attributes: u32,
    pub(crate) trace_state: String,
    pub(crate) flags: u32,
}

/// Appends a resource's fields to its attributes.
pub(crate) fn keep_resource(attributes: &mut Attributes, rest: OfResource) {
    let said = [rest.dropped_attributes != 0, !rest.entities.is_empty()];
    append(attributes, OF_RESOURCE, said, || [count(rest.dropped_attributes), entities(rest.entities)]);
}

/// Appends the count of a scope's dropped attributes.
pub(crate) fn keep_scope(attributes: &mut Attributes, dropped_attributes: u32) {
    append(attributes, OF_SCOPE, [dropped_attributes != 0], || [count(dropped_attributes)]);
}

/// Appends an event's fields to its attributes.
pub(crate) fn keep_event(attributes: &mut Attributes, rest: &OfEvent) {
    let said = [rest.dropped_attributes != 0, rest.timeless];
    append(attributes, OF_EVENT, said, || [count(rest.dropped_attributes), Value::Bool(rest.timeless)]);
}

/// Appends a link's fields to its attributes.
pub(crate) fn keep_link(attributes: &mut Attributes, rest: OfLink) {
    let said = [rest.dropped_attributes != 0, !rest.trace_state.is_empty(), rest.flags != 0];
    append(attributes, OF_LINK, said, || {
        [count(rest.dropped_attributes), Value::String(rest.trace_state), count(rest.flags)]
    });
}

/// Splits a resource's attributes into the sent ones and its fields.
pub(crate) fn of_resource(attributes: &Attributes) -> (&Pairs, OfResource) {
    let (sent, [dropped, entities]) = split(attributes, OF_RESOURCE);
    let entities = entities.and_then(Value::as_array).unwrap_or_default();
    (
        sent,
        OfResource { dropped_attributes: counted(dropped), entities: entities.iter().map(entity).collect() },
    )
}

/// Splits a scope's attributes into the sent ones and the number of dropped ones.
pub(crate) fn of_scope(attributes: &Attributes) -> (&Pairs, u32) {
    let (sent, [dropped]) = split(attributes, OF_SCOPE);
    (sent, counted(dropped))
}

/// Splits an event's attributes into the sent ones and its fields.
pub(crate) fn of_event(attributes: &Attributes) -> (&Pairs, OfEvent) {
    let (sent, [dropped, timeless]) = split(attributes, OF_EVENT);
    (sent, OfEvent { dropped_attributes: counted(dropped), timeless: timeless == Some(&Value::Bool(true)) })
}

/// Splits a link's attributes into the sent ones and its fields.
pub(crate) fn of_link(attributes: &Attributes) -> (&Pairs, OfLink) {
    let (sent, [dropped, state, flags]) = split(attributes, OF_LINK);
    let trace_state = state.and_then(Value::as_str).unwrap_or_default().to_owned();
    (sent, OfLink { dropped_attributes: counted(dropped), trace_state, flags: counted(flags) })
}

fn append<const N: usize>(
    to: &mut Attributes,
    reserved: [Reserved; N],
    said: [bool; N],
    values: impl FnOnce() -> [Value; N],
) {
    let last = to.iter().as_slice().last();
    let alike = last.is_some_and(|(key, _)| reserved.iter().any(|(name, _)| key == name));
    if !alike && said == [false; N] {
        return;
    }
    for (((name, _), said), value) in reserved.into_iter().zip(said).zip(values()) {
        if said || alike {
            to.push(name, value);
        }
    }
}

fn split<const N: usize>(attributes: &Attributes, reserved: [Reserved; N]) -> (&Pairs, [Option<&Value>; N]) {
    let mut sent = attributes.iter().as_slice();
    let mut rests = [None; N];
    for ((name, fits), rest) in reserved.iter().zip(&mut rests).rev() {
        if let Some(((key, value), before)) = sent.split_last()
            && key == name
            && fits(value)
        {
            (sent, *rest) = (before, Some(value));
        }
    }
    (sent, rests)
}

fn is_count(value: &Value) -> bool {
    value.as_int().is_some_and(|int| u32::try_from(int).is_ok())
}

const fn is_flag(value: &Value) -> bool {
    matches!(value, Value::Bool(_))
}

const fn is_text(value: &Value) -> bool {
    matches!(value, Value::String(_))
}

const fn is_list(value: &Value) -> bool {
    matches!(value, Value::Array(_))
}

fn count(count: u32) -> Value {
    Value::Int(count.into())
}

fn counted(value: Option<&Value>) -> u32 {
    value.and_then(Value::as_int).and_then(|int| u32::try_from(int).ok()).unwrap_or_default()
}

fn entities(entities: Vec<EntityRef>) -> Value {
    let texts = |texts: Vec<String>| Value::Array(texts.into_iter().map(Value::String).collect());
    let entity = |entity: EntityRef| {
        Value::Map(vec![
            ("schema_url".into(), entity.schema_url.into()),
            ("type".into(), entity.r#type.into()),
            ("id_keys".into(), texts(entity.id_keys)),
            ("description_keys".into(), texts(entity.description_keys)),
        ])
    };
    Value::Array(entities.into_iter().map(entity).collect())
}

fn entity(value: &Value) -> EntityRef {
    let text = |key| value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let texts = |key| {
        let texts = value.get(key).and_then(Value::as_array).unwrap_or_default();
        texts.iter().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    EntityRef {
        schema_url: text("schema_url"),
        r#type: text("type"),
        id_keys: texts("id_keys"),
        description_keys: texts("description_keys"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(last: &str) -> Attributes {
        [("a", Value::Int(1)), (last, Value::Int(9))].into_iter().collect()
    }

    #[test]
    fn what_was_sent_under_a_reserved_name_stays() {
        for last in ["b", DROPPED_ATTRIBUTES, FLAGS, TRACE_STATE] {
            for rest in [(0, "", 0), (0, "", 257), (3, "", 0), (0, "a=b", 1), (1, "a=b", 0)] {
                let mut attributes = link(last);
                let (dropped_attributes, trace_state, flags) = rest;
                let trace_state = trace_state.to_owned();
                keep_link(&mut attributes, OfLink { dropped_attributes, trace_state, flags });
                let (sent, back) = of_link(&attributes);
                assert_eq!(sent, link(last).iter().as_slice(), "{last} {rest:?}");
                assert_eq!((back.dropped_attributes, back.trace_state.as_str(), back.flags), rest, "{last}");
            }
        }
    }

    #[test]
    fn where_nothing_was_said_nothing_is_written() {
        let mut attributes = link("b");
        keep_link(&mut attributes, OfLink::default());
        keep_event(&mut attributes, &OfEvent::default());
        keep_scope(&mut attributes, 0);
        keep_resource(&mut attributes, OfResource::default());
        assert_eq!(attributes, link("b"));
    }
}
