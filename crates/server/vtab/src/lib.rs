//! Virtual tables of SQLite over safe sources of rows.
//!
//! Verb: SERVE ROWS TO SQLITE.
//! Takes: a [`Source`]: a declaration, a plan for conditions, and a scan of rows.
//! Gives: a read-only table of that name on one connection.
//! Never: writes, reads a file, or interprets a value. It is the only place of `unsafe` for virtual tables.

mod source;
mod table;

pub use source::{Comparison, Condition, Plan, Rows, ScanAsk, Source, Used};
pub use table::register;
