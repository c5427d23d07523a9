//! The backend `console`: prints spans and events line by line, for users or for programs.
//!
//! Verb: SHOW.
//! Takes: batches.
//! Gives: one line for each ended span and one for each event, coloured for a terminal or as JSON.
//! Never: lets a value move the cursor or change the terminal, or ends the process because its output is
//! closed.

mod backend;
mod config;
mod contents;
mod json;
mod pretty;
mod worker;

pub use backend::Console;
pub use config::{Colour, Config, Format, Stream};
