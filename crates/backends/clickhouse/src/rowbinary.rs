//! RowBinary, the server's row format: values one after another, without names.

use bytes::{Buf, Bytes};
use quipu_core::{Error, ErrorKind, Result, TraceId, Usd};

/// Rows under construction.
#[derive(Debug, Default, Clone)]
pub(crate) struct Row(Vec<u8>);

impl Row {
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    #[must_use]
    pub(crate) fn u8(mut self, value: u8) -> Self {
        self.0.push(value);
        self
    }

    #[must_use]
    pub(crate) fn i32(mut self, value: i32) -> Self {
        self.0.extend(value.to_le_bytes());
        self
    }

    #[must_use]
    pub(crate) fn i64(mut self, value: i64) -> Self {
        self.0.extend(value.to_le_bytes());
        self
    }

    #[must_use]
    pub(crate) fn u64(mut self, value: u64) -> Self {
        self.0.extend(value.to_le_bytes());
        self
    }

    /// A `FixedString` of the same length.
    #[must_use]
    pub(crate) fn fixed(mut self, value: &[u8]) -> Self {
        self.0.extend(value);
        self
    }

    #[must_use]
    pub(crate) fn bytes(mut self, value: &[u8]) -> Self {
        self.length(value.len());
        self.0.extend(value);
        self
    }

    #[must_use]
    pub(crate) fn text(self, value: &str) -> Self {
        self.bytes(value.as_bytes())
    }

    /// A name, empty if there is none.
    #[must_use]
    pub(crate) fn name(self, value: Option<&str>) -> Self {
        self.text(value.unwrap_or_default())
    }

    /// An array of texts.
    #[must_use]
    pub(crate) fn texts<'t>(mut self, values: impl ExactSizeIterator<Item = &'t str>) -> Self {
        self.length(values.len());
        values.fold(self, Self::text)
    }

    /// An array of ids of traces.
    #[must_use]
    pub(crate) fn ids<'t>(mut self, ids: impl ExactSizeIterator<Item = &'t TraceId>) -> Self {
        self.length(ids.len());
        ids.fold(self, |row, id| row.fixed(id.as_bytes()))
    }

    /// A map of small numbers to signed counts.
    #[must_use]
    pub(crate) fn counts(mut self, values: impl ExactSizeIterator<Item = (u16, i64)>) -> Self {
        self.length(values.len());
        for (key, count) in values {
            self.0.extend(key.to_le_bytes());
            self.0.extend(count.to_le_bytes());
        }
        self
    }

    /// A `Decimal(76, 24)`: 256 bits of two's complement.
    #[must_use]
    pub(crate) fn money(mut self, value: Usd) -> Self {
        let raw = value.raw();
        self.0.extend(raw.to_le_bytes());
        self.0.extend([if raw < 0 { u8::MAX } else { 0 }; 16]);
        self
    }

    fn length(&mut self, mut length: usize) {
        while length >= 0x80 {
            self.0.push(length as u8 | 0x80);
            length >>= 7;
        }
        self.0.push(length as u8);
    }
}

/// Reader of rows.
#[derive(Debug)]
pub(crate) struct Rows(Bytes);

impl Rows {
    pub(crate) const fn new(bytes: Bytes) -> Self {
        Self(bytes)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn take(&mut self, length: usize) -> Result<Bytes> {
        if self.0.remaining() < length {
            let text = format!("the answer ends {} bytes early", length - self.0.remaining());
            return Err(Error::new(ErrorKind::Damaged, "read rows", text));
        }
        Ok(self.0.split_to(length))
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let mut array = [0; N];
        array.copy_from_slice(&self.take(N)?);
        Ok(array)
    }

    pub(crate) fn u8(&mut self) -> Result<u8> {
        Ok(u8::from_le_bytes(self.array()?))
    }

    pub(crate) fn u16(&mut self) -> Result<u16> {
        Ok(u16::from_le_bytes(self.array()?))
    }

    pub(crate) fn u32(&mut self) -> Result<u32> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    pub(crate) fn i64(&mut self) -> Result<i64> {
        Ok(i64::from_le_bytes(self.array()?))
    }

    pub(crate) fn u64(&mut self) -> Result<u64> {
        Ok(u64::from_le_bytes(self.array()?))
    }

    pub(crate) fn bytes(&mut self) -> Result<Bytes> {
        let length = self.length()?;
        self.take(length)
    }

    pub(crate) fn text(&mut self) -> Result<String> {
        let bytes = self.bytes()?;
        String::from_utf8(bytes.into()).map_err(|_| {
            Error::new(ErrorKind::Damaged, "read rows", "a name in the answer is not valid UTF-8")
        })
    }

    pub(crate) fn counts(&mut self) -> Result<Vec<(u16, i64)>> {
        let length = self.length()?;
        (0..length).map(|_| Ok((self.u16()?, self.i64()?))).collect()
    }

    /// A `Decimal(76, 24)`. Saturates beyond the range of [`Usd`], which no bill reaches.
    pub(crate) fn money(&mut self) -> Result<Usd> {
        let low = i128::from_le_bytes(self.array()?);
        let high = i128::from_le_bytes(self.array()?);
        let fits = high == if low < 0 { -1 } else { 0 };
        Ok(Usd::from_raw(match (fits, high < 0) {
            (true, _) => low,
            (false, true) => i128::MIN,
            (false, false) => i128::MAX,
        }))
    }

    fn length(&mut self) -> Result<usize> {
        let mut length = 0_usize;
        for shift in (0..63).step_by(7) {
            let byte = self.u8()?;
            length |= usize::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(length);
            }
        }
        Err(Error::new(ErrorKind::Damaged, "read rows", "a length in the answer has more than 63 bits"))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_written_is_read(texts in prop::collection::vec(".{0,300}", 0..5), raw in any::<i128>(), number in any::<i64>(), counts in prop::collection::vec((any::<u16>(), any::<i64>()), 0..200)) {
            let mut row = Row::default().money(Usd::from_raw(raw)).i64(number).counts(counts.iter().copied());
            for text in &texts {
                row = row.text(text);
            }
            let mut rows = Rows::new(row.into_bytes().into());
            prop_assert_eq!(rows.money().unwrap(), Usd::from_raw(raw));
            prop_assert_eq!(rows.i64().unwrap(), number);
            prop_assert_eq!(rows.counts().unwrap(), counts);
            for text in &texts {
                prop_assert_eq!(&rows.text().unwrap(), text);
            }
            prop_assert!(rows.is_empty());
        }

        #[test]
        fn any_bytes_are_answered(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
            let mut rows = Rows::new(bytes.into());
            let _ = rows.text();
            let _ = rows.counts();
            let _ = rows.money();
        }
    }

    #[test]
    fn an_answer_that_ends_early_is_an_error() {
        let error = Rows::new(Bytes::from_static(&[5, b'a'])).text().unwrap_err();
        assert_eq!(error.to_string(), "read rows: the answer ends 4 bytes early");
    }
}
