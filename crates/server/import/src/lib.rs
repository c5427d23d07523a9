//! Import of files: transcripts of coding agents, OTLP files and exports of other tools become records.
//!
//! Verb: READ FILES.
//! Takes: files and folders, and optionally their format.
//! Gives: spans and OTLP requests, each with its position in the file, and a report on every unreadable line.
//! Never: writes to a store or a socket, counts a call, or puts contents of a file into an error text.

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
mod readers;
mod report;
mod watch;

pub use bounds::Bounds;
pub use files::find;
pub use format::{Format, UnknownFormat};
pub use item::{Item, ItemError, Sink};
pub use known::KnownCalls;
pub use read::import;
pub use report::{FileReport, Trouble};
pub use watch::{Follower, Round, Wake, WatchMarks};
