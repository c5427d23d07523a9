//! Imported items, and the sink that receives them.

use quipu_core::{Batch, Error, Limits, Result, Span, Timestamp};
use quipu_otlp::{Encoding, Signal};

/// A unit of a file that is stored together.
#[derive(Debug, Clone, PartialEq)]
pub enum Item {
    /// Spans made from a transcript or an export.
    Spans(Vec<Span>),
    /// An OTLP request unchanged from the file.
    Request {
        /// Signal of the request.
        signal: Signal,
        /// The request as JSON.
        body: Vec<u8>,
    },
}

impl Item {
    /// Converts the item into records. Also returns the number of rejected records and a description of them,
    /// empty if all are valid. Adapters have not read the records.
    ///
    /// # Errors
    /// The request as a whole cannot be read.
    pub fn into_batch(self, limits: &Limits, now: Timestamp) -> Result<(Batch, u64, String)> {
        match self {
            Self::Spans(spans) => Ok((Batch { spans, ..Batch::default() }, 0, String::new())),
            Self::Request { signal, body } => {
                let decoded = quipu_otlp::decode(signal, &body, Encoding::Json, limits, now)?;
                Ok((decoded.batch, decoded.rejected.count(), decoded.rejected.summary()))
            }
        }
    }
}

/// Reason why an item was not accepted.
#[derive(Debug, thiserror::Error)]
pub enum ItemError {
    /// The item is invalid: it is reported, and the import continues.
    #[error("{0}")]
    Item(String),
    /// The sink accepts nothing now: the import ends, and unaccepted items are not marked as read.
    #[error(transparent)]
    Stop(#[from] Error),
}

/// A receiver of imported items. Only accepted items count as imported.
pub trait Sink {
    /// Accepts an item. Returns the number of stored records, and a description of rejected ones (empty if
    /// none).
    ///
    /// # Errors
    /// [`ItemError`] describes the two kinds of errors.
    fn take(&mut self, item: Item) -> std::result::Result<(u64, String), ItemError>;
}
