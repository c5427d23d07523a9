//! Full text search: an index per day in a separate file, built asynchronously.

mod blank;
mod common;
mod index;
mod once;
mod source;
mod text;
mod train;

pub(crate) use index::Indexer;
