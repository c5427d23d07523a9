//! The source of a point: series of different resources, scopes or attributes may become one on the page.

use std::hash::{DefaultHasher, Hash, Hasher};

use quipu_core::{Attributes, Metric, Point, PointValue, Temporality, Timestamp, Value};

/// A point with its source and figures.
pub(crate) struct Sent<'a> {
    /// Key of its source.
    pub(crate) key: u64,
    pub(crate) temporality: Temporality,
    pub(crate) point: &'a Point,
    /// Its validated figures.
    pub(crate) value: PointValue,
    /// Time of arrival.
    pub(crate) now: Timestamp,
}

/// The key of a point's source: a hash of metric, resource, scope and attributes as sent.
pub(crate) fn key(metric: &Metric, point: &Point) -> u64 {
    let mut hasher = DefaultHasher::new();
    metric.name.hash(&mut hasher);
    metric.scope.name.hash(&mut hasher);
    metric.scope.version.hash(&mut hasher);
    attributes(&metric.resource.attributes, &mut hasher);
    attributes(&point.attributes, &mut hasher);
    hasher.finish()
}

/// Adds the hashes of attributes, because their order has no meaning.
fn attributes(attributes: &Attributes, hasher: &mut DefaultHasher) {
    let one = |(key, value): &(_, Value)| {
        let mut hasher = DefaultHasher::new();
        Hash::hash::<DefaultHasher>(key as &compact_str::CompactString, &mut hasher);
        self::value(value, &mut hasher);
        hasher.finish()
    };
    attributes.iter().map(one).fold(0_u64, u64::wrapping_add).hash(hasher);
}

fn value(value: &Value, hasher: &mut DefaultHasher) {
    std::mem::discriminant(value).hash(hasher);
    match value {
        Value::Null => {}
        Value::Bool(flag) => flag.hash(hasher),
        Value::Int(int) => int.hash(hasher),
        Value::Double(double) => double.to_bits().hash(hasher),
        Value::String(text) => text.hash(hasher),
        Value::Bytes(bytes) => bytes.hash(hasher),
        Value::Array(values) => values.iter().for_each(|item| self::value(item, hasher)),
        Value::Map(pairs) => pairs.iter().for_each(|(key, item)| {
            key.hash(hasher);
            self::value(item, hasher);
        }),
    }
}
