//! Test of packed span bodies for an attribute.

use std::sync::Arc;

use quipu_core::{Wanted, has_attribute};

use crate::codec::{Dictionaries, decode_span};
use crate::fault::Fault;

/// An attribute of a query with its wanted values; `None` for any value.
pub(crate) struct AttributeTest {
    dictionaries: Arc<Dictionaries>,
    name: String,
    wanted: Option<Vec<Wanted>>,
}

impl AttributeTest {
    /// A test by these values. The dictionaries must contain those of the tested bodies.
    pub(super) fn new(dictionaries: Arc<Dictionaries>, name: &str, wanted: Option<&[Wanted]>) -> Self {
        Self { dictionaries, name: name.to_owned(), wanted: wanted.map(<[Wanted]>::to_vec) }
    }

    /// Whether the span of this packed body has the attribute; `false` for an undecodable body.
    pub(super) fn has(&self, packed: &[u8]) -> bool {
        let missing = |_| Err(Fault::Damaged("a dictionary is missing"));
        let Ok(body) = self.dictionaries.unpack(packed, missing) else { return false };
        // Most bodies lack the name, and a search of the bytes is cheaper than decoding.
        contains(&body, self.name.as_bytes())
            && decode_span(&body)
                .is_ok_and(|body| has_attribute(&body.attributes, &self.name, self.wanted.as_deref()))
    }
}

/// Whether `bytes` contain `part`, which is not empty.
fn contains(bytes: &[u8], part: &[u8]) -> bool {
    let Some(first) = part.first() else { return true };
    let mut rest = bytes;
    while let Some(at) = rest.iter().position(|byte| byte == first) {
        if rest[at..].starts_with(part) {
            return true;
        }
        rest = &rest[at + 1..];
    }
    false
}
