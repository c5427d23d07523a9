//! Adapters: a span with any attributes under the names that they look for.

use std::sync::OnceLock;

use quipu_conformance::sample::draft;
use quipu_core::{Adapters, Batch, Value};

use crate::choice;

fn names() -> &'static [String] {
    static NAMES: OnceLock<Vec<String>> = OnceLock::new();
    NAMES.get_or_init(|| {
        let fields = quipu_semconv::FIELDS.iter();
        let mut names: Vec<String> =
            fields.flat_map(|(_, _, keys)| keys.iter().map(|key| (*key).to_owned())).collect();
        let contents = quipu_semconv::CONTENTS.iter().copied().flatten();
        names.extend(contents.map(|key| (*key).to_owned()));
        names.sort();
        names.dedup();
        names
    })
}

/// Lines of a name's number and a value: text, or JSON where it is JSON.
pub fn feed(bytes: &[u8]) {
    static ADAPTERS: OnceLock<Adapters> = OnceLock::new();
    let names = names();
    let mut span = draft(1, 1);
    for line in bytes.split(|byte| *byte == b'\n').take(64) {
        let Some((first, rest)) = choice(line) else { continue };
        let Some((second, value)) = choice(rest) else { continue };
        let name = &names[(first * 256 + second) % names.len()];
        span = span.with(name, value_of(value));
    }
    let mut batch = Batch { spans: vec![span.span()], ..Batch::default() };
    ADAPTERS.get_or_init(quipu::adapters).read_batch(&mut batch);
}

fn value_of(bytes: &[u8]) -> Value {
    let text = String::from_utf8_lossy(bytes);
    match serde_json::from_str::<serde_json::Value>(&text) {
        Ok(serde_json::Value::Number(number)) if number.is_i64() => number.as_i64().unwrap().into(),
        Ok(serde_json::Value::Number(number)) => number.as_f64().unwrap_or_default().into(),
        Ok(serde_json::Value::Bool(yes)) => yes.into(),
        Ok(serde_json::Value::Array(items)) => {
            Value::Array(items.iter().map(|item| Value::from(item.to_string())).collect())
        }
        _ => Value::from(text.into_owned()),
    }
}
