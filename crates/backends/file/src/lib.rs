//! The backend `file`: records as JSON Lines files.
//!
//! Verb: KEEP.
//! Takes: batches.
//! Gives: JSON Lines files, rotated, compressed and removed by age and size; and the records of such files
//! again.
//! Never: blocks the pipeline, leaves half a line in a file, or fails because of the contents of a record.

mod active;
mod archive;
mod backend;
mod config;
mod fault;
mod folder;
#[cfg(doctest)]
mod guide;
mod read;
mod state;
mod writer;

pub use active::Mended;
pub use backend::File;
pub use config::{Compression, Config, Fsync};
pub use folder::files;
pub use quipu_jsonl::Record;
pub use read::{Records, read};
