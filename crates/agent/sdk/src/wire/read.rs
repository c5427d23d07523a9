//! Decoding of words into values, on the drain's thread.

use compact_str::CompactString;
use quipu_core::Value;

use super::value::{ARRAY, BYTES, DOUBLE, FALSE, INT, MAP, NULL, TEXT, TRUE};
use super::words::WORD;

/// The unread rest of a record. Every method returns `None` if the words are invalid.
#[derive(Debug)]
pub(super) struct Reader<'a> {
    words: &'a [u64],
    /// Buffer for texts.
    bytes: &'a mut Vec<u8>,
}

/// The first word of a field.
#[derive(Debug, Clone, Copy)]
pub(super) struct Start {
    pub key: u8,
    pub code: u8,
    pub name: usize,
    pub len: usize,
}

impl<'a> Reader<'a> {
    pub fn new(words: &'a [u64], bytes: &'a mut Vec<u8>) -> Self {
        Self { words, bytes }
    }

    pub fn is_over(&self) -> bool {
        self.words.is_empty()
    }

    pub fn word(&mut self) -> Option<u64> {
        let (word, rest) = self.words.split_first()?;
        self.words = rest;
        Some(*word)
    }

    pub fn start(&mut self) -> Option<Start> {
        let word = self.word()?;
        let [key, code, ..] = word.to_le_bytes();
        Some(Start { key, code, name: (word >> 16) as usize & 0xffff, len: (word >> 32) as usize })
    }

    /// Reads text or bytes of a length; they are valid until the next read.
    pub fn bytes(&mut self, len: usize) -> Option<&[u8]> {
        let (words, rest) = self.words.split_at_checked(len.div_ceil(WORD))?;
        self.words = rest;
        self.bytes.clear();
        self.bytes.extend(words.iter().flat_map(|word| word.to_le_bytes()));
        self.bytes.get(..len)
    }

    pub fn text(&mut self, len: usize) -> Option<&str> {
        std::str::from_utf8(self.bytes(len)?).ok()
    }

    pub fn name(&mut self, start: Start) -> Option<CompactString> {
        self.text(start.name).map(CompactString::from)
    }

    /// Reads the value of a field, after its start and its name.
    pub fn value(&mut self, start: Start) -> Option<Value> {
        Some(match start.code {
            NULL => Value::Null,
            FALSE => Value::Bool(false),
            TRUE => Value::Bool(true),
            INT => Value::Int(self.word()?.cast_signed()),
            DOUBLE => Value::Double(f64::from_bits(self.word()?)),
            TEXT => Value::String(self.text(start.len)?.to_owned()),
            BYTES => Value::Bytes(self.bytes(start.len)?.to_vec()),
            ARRAY => Value::Array((0..start.len).map(|_| Some(self.named()?.1)).collect::<Option<_>>()?),
            MAP => Value::Map((0..start.len).map(|_| self.named()).collect::<Option<_>>()?),
            _ => return None,
        })
    }

    /// Reads a name, which can be empty, and a value.
    pub fn named(&mut self) -> Option<(CompactString, Value)> {
        let start = self.start()?;
        Some((self.name(start)?, self.value(start)?))
    }
}
