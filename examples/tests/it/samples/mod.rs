//! Tests of the usage samples of Quipu's design documents, in the words of the library.
//!
//! A block between `// sample: NAME` and `// end` stands for one sample. The page `docs/guide/samples.md` has
//! a table with the lines of both; a test compares it with the blocks.

mod costs;
mod observed;
mod operations;
mod rows;
mod started;
mod table;

use quipu::testing::{Captured, capture};

/// Records of work in a library of its own.
fn recorded(work: impl FnOnce()) -> Captured {
    let capture = capture().unwrap();
    capture.scope(work);
    capture.finished().unwrap()
}
