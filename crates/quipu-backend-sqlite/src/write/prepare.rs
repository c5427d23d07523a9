//! Work on a batch that needs no file: encoding, compressing, hashing. Done on threads of those who bring it, so that the
//! writing thread only writes.

use std::sync::Arc;

use quipu_core::Batch;

use crate::codec::Dictionary;
use crate::fault::Result;
use crate::write::encoded::Encoded;

/// A batch, ready to be written.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub(crate) batch: Arc<Batch>,
    pub(crate) records: Encoded,
}

impl Prepared {
    /// Encodes the batch. What parts of it were encoded ahead, in their order, is taken as it is, unless another dictionary has
    /// come since.
    pub(crate) fn new(
        batch: Arc<Batch>,
        ahead: &[Arc<Encoded>],
        dictionary: Arc<Dictionary>,
    ) -> Result<Self> {
        let mut records = Encoded::none(dictionary);
        if ahead.iter().all(|part| part.dictionary.id == records.dictionary.id) {
            ahead.iter().for_each(|part| records.append(part));
        }
        records.encode_rest(&batch)?;
        Ok(Self { batch, records })
    }
}
