//! Encoding of values of any type.

use quipu_core::Value;

use super::words::{WORD, Words};
use crate::Field;

pub(super) const NULL: u8 = 0;
pub(super) const FALSE: u8 = 1;
pub(super) const TRUE: u8 = 2;
pub(super) const INT: u8 = 3;
pub(super) const DOUBLE: u8 = 4;
pub(super) const TEXT: u8 = 5;
pub(super) const BYTES: u8 = 6;
pub(super) const ARRAY: u8 = 7;
pub(super) const MAP: u8 = 8;

/// Most levels of lists and maps in a value, as for received records; deeper levels become null.
const NESTING: usize = 24;

/// The first word of a field.
#[inline]
pub(super) const fn field(key: u8, code: u8, name: usize, len: usize) -> u64 {
    key as u64 | (code as u64) << 8 | (name as u64 & 0xffff) << 16 | (len as u64) << 32
}

/// Encodes a value under a key, or under a name if the key is 0.
pub(super) fn put(words: &mut Words, key: u8, name: &str, value: &Field<'_>) {
    let mut out = Out { words, key, name, levels: NESTING };
    match value {
        Field::Bool(flag) => out.flag(*flag),
        Field::Int(int) => out.number(INT, int.cast_unsigned()),
        Field::Double(double) => out.number(DOUBLE, double.to_bits()),
        Field::Text(text) => out.bytes(TEXT, text.as_bytes()),
        Field::Value(value) => out.value(value),
        Field::Absent => out.value(&Value::Null),
    }
}

struct Out<'a> {
    words: &'a mut Words,
    key: u8,
    name: &'a str,
    levels: usize,
}

impl Out<'_> {
    fn begin(&mut self, code: u8, len: usize) {
        self.words.put_with_bytes(field(self.key, code, self.name.len(), len), self.name.as_bytes());
    }

    fn flag(&mut self, flag: bool) {
        self.begin(if flag { TRUE } else { FALSE }, 0);
    }

    fn number(&mut self, code: u8, bits: u64) {
        self.begin(code, 0);
        self.words.put([bits]);
    }

    fn bytes(&mut self, code: u8, bytes: &[u8]) {
        self.begin(code, bytes.len());
        self.words.put_bytes(bytes);
    }

    fn value(&mut self, value: &Value) {
        match value {
            Value::Bool(flag) => self.flag(*flag),
            Value::Int(int) => self.number(INT, int.cast_unsigned()),
            Value::Double(double) => self.number(DOUBLE, double.to_bits()),
            Value::String(text) => self.bytes(TEXT, text.as_bytes()),
            Value::Bytes(bytes) => self.bytes(BYTES, bytes),
            Value::Array(items) if self.levels > 0 => {
                self.begin(ARRAY, items.len());
                items.iter().for_each(|item| self.member("", item));
            }
            Value::Map(pairs) if self.levels > 0 => {
                // A longer name does not fit into sixteen bits.
                let fitting = |name: &str| name.len() <= usize::from(u16::MAX);
                self.begin(MAP, pairs.iter().filter(|(name, _)| fitting(name)).count());
                pairs
                    .iter()
                    .filter(|(name, _)| fitting(name))
                    .for_each(|(name, item)| self.member(name, item));
            }
            Value::Null | Value::Array(_) | Value::Map(_) => self.begin(NULL, 0),
        }
    }

    fn member(&mut self, name: &str, value: &Value) {
        Out { words: self.words, key: 0, name, levels: self.levels - 1 }.value(value);
    }
}

/// Approximate bytes of a value, for limits.
pub(super) fn size(field: &Field<'_>) -> usize {
    match field {
        Field::Text(text) => text.len() + WORD,
        Field::Value(value) => value_size(value, NESTING),
        Field::Bool(_) | Field::Int(_) | Field::Double(_) | Field::Absent => 2 * WORD,
    }
}

fn value_size(value: &Value, levels: usize) -> usize {
    let members = match value {
        Value::String(text) => text.len(),
        Value::Bytes(bytes) => bytes.len(),
        Value::Array(items) if levels > 0 => items.iter().map(|item| value_size(item, levels - 1)).sum(),
        Value::Map(pairs) if levels > 0 => {
            pairs.iter().map(|(name, item)| name.len() + WORD + value_size(item, levels - 1)).sum()
        }
        _ => WORD,
    };
    members.saturating_add(2 * WORD)
}
