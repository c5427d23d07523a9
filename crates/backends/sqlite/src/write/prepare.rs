//! Preparation of a batch without any file: encoding, compression, hashing. It runs on the callers' threads,
//! so the writer thread only writes.

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
    /// Encodes the batch. Parts encoded ahead, in their order, are used unless the dictionary has changed
    /// since.
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
