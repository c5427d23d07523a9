//! The backend `console`: what happens, line by line, for people or for programs.
//!
//! Verb: SHOW.
//! Takes: batches.
//! Gives: one line a span that ended and one an event, coloured for a terminal or as JSON.
//! Never: lets a value move the cursor or change the terminal, or ends the process because nobody reads.

mod backend;
mod config;
mod contents;
mod json;
mod pretty;
mod worker;

pub use backend::Console;
pub use config::{Colour, Config, Format, Stream};
