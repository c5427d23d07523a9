//! Transcripts of coding agents and exports of other tools, from files to records.
//!
//! Verb: READ FILES.
//! Takes: files and folders, and the format where its user knows better.
//! Gives: spans and OTLP requests, each with the place that it was read from, and a word on every line that could not be read.
//! Never: writes to a store or a socket, counts a call, or puts what a file says into an error text.

mod attributes;
mod bounds;
mod claude_code;
mod codex;
mod detect;
mod files;
mod format;
mod item;
mod json;
mod known;
mod langfuse;
mod lines;
mod messages;
mod otlp;
mod phoenix;
mod read;
mod reader;
mod report;
mod watch;

pub use bounds::Bounds;
pub use files::find;
pub use format::{Format, UnknownFormat};
pub use item::{Failure, Item, Sink};
pub use known::Known;
pub use read::import;
pub use report::{FileReport, Trouble};
pub use watch::{Follower, Round, State, Wake};
