//! Attributes: indexable values as an object of a fixed type, and the others as JSON text that is only
//! stored.

use std::collections::HashSet;

use compact_str::CompactString;
use quipu_core::{Attributes, Value};
use quipu_jsonl::quoted;

use super::INDEXED;
use super::fields::{Fields, value};

/// Largest depth of an indexed value; `flattened` rejects documents deeper than 20.
const DEPTH: usize = 8;
/// Longest indexed key in bytes.
const KEY: usize = 500;

/// Writes `NAME`, and `NAME_long` for values that cannot be indexed: a JSON object as text. Only earlier
/// values of repeated keys are missing in both.
pub(crate) fn attributes(fields: &mut Fields<'_>, name: &str, of: &Attributes) {
    if of.is_empty() {
        return;
    }
    let (mut short, mut long, mut one) = (Vec::new(), Vec::new(), Vec::new());
    let (mut indexed, mut kept) = (Fields::new(&mut short), Fields::new(&mut long));
    for (key, held) in last_of_each(of.iter()) {
        one.clear();
        value(&mut one, held);
        let fits = one.len() <= INDEXED && is_plain(key) && is_shallow(held, DEPTH);
        let to = if fits { &mut indexed } else { &mut kept };
        to.key(key).extend_from_slice(&one);
    }
    indexed.end();
    kept.end();
    if short.len() > 2 {
        fields.key(name).extend_from_slice(&short);
    }
    if long.len() > 2 {
        // All of it was written as UTF-8.
        let text = String::from_utf8_lossy(&long);
        quoted(fields.key(&format!("{name}_long")), &text);
    }
}

/// The pairs in order; of repeated keys only the last pair.
pub(crate) fn last_of_each<'a>(
    pairs: impl IntoIterator<Item = &'a (CompactString, Value), IntoIter: DoubleEndedIterator>,
) -> impl Iterator<Item = (&'a str, &'a Value)> {
    let mut seen = HashSet::new();
    let mut kept: Vec<_> = pairs
        .into_iter()
        .rev()
        .filter(|(key, _)| seen.insert(key.as_str()))
        .map(|(key, held)| (key.as_str(), held))
        .collect();
    kept.reverse();
    kept.into_iter()
}

/// Whether both products accept it as a field name: they split it at its dots, and no part may be empty.
fn is_plain(key: &str) -> bool {
    let part = |part: &str| !part.trim().is_empty() && !part.chars().any(char::is_control);
    key.len() <= KEY && key.split('.').all(part)
}

fn is_shallow(of: &Value, depth: usize) -> bool {
    match of {
        Value::Array(values) => depth > 0 && values.iter().all(|held| is_shallow(held, depth - 1)),
        Value::Map(pairs) => {
            depth > 0 && pairs.iter().all(|(key, held)| is_plain(key) && is_shallow(held, depth - 1))
        }
        _ => true,
    }
}
