//! The raw fields of one protobuf message: <https://protobuf.dev/programming-guides/encoding/>.

use crate::draft::{Read, Stop};

/// A field's value.
#[derive(Debug, PartialEq)]
pub(super) enum Field<'a> {
    /// A varint.
    Number(u64),
    /// Eight bytes.
    Fixed(u64),
    /// Four bytes; no message here has such a field.
    Short,
    /// A text, bytes, or a message.
    Bytes(&'a [u8]),
}

/// Iterates over the fields; ends with an error if the bytes are not protobuf.
pub(super) fn fields(bytes: &[u8]) -> Fields<'_> {
    Fields(bytes)
}

pub(super) struct Fields<'a>(&'a [u8]);

impl<'a> Iterator for Fields<'a> {
    type Item = Read<(u64, Field<'a>)>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let field = self.field();
        if field.is_none() {
            self.0 = &[];
        }
        Some(field.ok_or_else(|| Stop::broken("it is not protobuf, or ends too early")))
    }
}

impl<'a> Fields<'a> {
    fn field(&mut self) -> Option<(u64, Field<'a>)> {
        let tag = self.varint()?;
        let field = match tag & 7 {
            0 => Field::Number(self.varint()?),
            1 => Field::Fixed(u64::from_le_bytes(self.take(8)?.try_into().ok()?)),
            2 => {
                let length = usize::try_from(self.varint()?).ok()?;
                Field::Bytes(self.take(length)?)
            }
            5 => self.take(4).map(|_| Field::Short)?,
            _ => return None,
        };
        Some((tag >> 3, field))
    }

    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    /// Reads at most ten bytes of seven bits each; bits beyond 64 are lost, as in other decoders.
    fn varint(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..70).step_by(7) {
            let (byte, rest) = self.0.split_first()?;
            self.0 = rest;
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_of_every_type() {
        let bytes = [0x08, 0x96, 0x01, 0x11, 1, 0, 0, 0, 0, 0, 0, 0, 0x1a, 1, b'x', 0x25, 1, 2, 3, 4];
        let read: Vec<_> = fields(&bytes).map(Result::unwrap).collect();
        let want =
            [(1, Field::Number(150)), (2, Field::Fixed(1)), (3, Field::Bytes(b"x")), (4, Field::Short)];
        assert_eq!(read, want);
    }

    #[test]
    fn what_is_not_protobuf_ends_it() {
        for bytes in [&b"\x08"[..], b"\x0a\x02x", b"\x0b", b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"] {
            let read: Vec<_> = fields(bytes).collect();
            assert!(matches!(read.as_slice(), [Err(Stop::Broken(_))]), "{bytes:?}");
        }
    }
}
