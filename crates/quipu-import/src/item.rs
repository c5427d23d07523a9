//! What is handed on, and to whom.

use quipu_core::{Batch, Error, Limits, Result, Span, Timestamp};
use quipu_otlp::{Encoding, Signal};

/// A piece of a file that is kept together.
#[derive(Debug, Clone, PartialEq)]
pub enum Item {
    /// Spans made from a transcript or an export.
    Spans(Vec<Span>),
    /// An OTLP request as it stands in the file.
    Request {
        /// What it carries.
        signal: Signal,
        /// The request as JSON.
        body: Vec<u8>,
    },
}

impl Item {
    /// The records, and words about those of them that cannot be taken (empty when all can). Adapters have not read them.
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

/// Why an item was not taken.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The item is wrong: it is reported, and the rest goes on.
    #[error("{0}")]
    Item(String),
    /// Nothing can be taken now: the import ends here, and what was not taken is not marked as read.
    #[error(transparent)]
    Stop(#[from] Error),
}

/// Takes what is read. Only what it has taken counts as imported.
pub trait Sink {
    /// Takes an item; gives how many records were kept, and words about those that were refused (none: empty).
    ///
    /// # Errors
    /// As [`Failure`] says.
    fn take(&mut self, item: Item) -> std::result::Result<(u64, String), Failure>;
}
