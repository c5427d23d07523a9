//! Appends serialized values to existing bytes.

use postcard::ser_flavors::Flavor;
use serde::Serialize;

use crate::fault::Result;

/// Copies whole slices; postcard's own extension copies byte by byte.
struct Onto<'b>(&'b mut Vec<u8>);

impl Flavor for Onto<'_> {
    type Output = ();

    #[inline]
    fn try_extend(&mut self, bytes: &[u8]) -> postcard::Result<()> {
        self.0.extend_from_slice(bytes);
        Ok(())
    }

    #[inline]
    fn try_push(&mut self, byte: u8) -> postcard::Result<()> {
        self.0.push(byte);
        Ok(())
    }

    fn finalize(self) -> postcard::Result<()> {
        Ok(())
    }
}

/// Appends a value to `out`.
pub(super) fn write_onto<T: Serialize + ?Sized>(value: &T, out: &mut Vec<u8>) -> Result<()> {
    Ok(postcard::serialize_with_flavor(value, Onto(out))?)
}
