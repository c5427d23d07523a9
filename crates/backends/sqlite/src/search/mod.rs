//! Full text search: an index per day in a separate file, built asynchronously.

mod blank;
mod common;
mod index;
mod once;
mod postings;
mod source;
mod text;
mod train;
mod words;

pub(crate) use index::Indexer;
#[cfg(test)]
pub(crate) use postings::BLOCK;
pub(crate) use postings::Postings;
pub(crate) use words::{Term, Tokenizer};
