//! Full text: an index a day in a file of its own, built behind the writer's back.

mod blank;
mod index;
mod once;
mod text;
mod train;
mod words;

pub(crate) use index::Indexer;
pub(crate) use words::Tokenizer;
