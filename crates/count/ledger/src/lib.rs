//! Ledger: decides which spans are calls, each exactly once, in any order of arrival.
//!
//! Verb: COUNT.
//! Takes: batches of spans that an adapter has read.
//! Gives: the same batches with ledger rows: of these spans, and corrections of earlier ones.
//! Never: prices a row, writes to a backend, or looks at messages.
//!
//! `docs/adr/0006-count-once.md` specifies the rules (R1 to R12).

mod alike;
mod answers;
mod called;
mod decide;
mod evidence;
mod figures;
mod ids;
mod inferred;
mod joined;
mod kept;
mod ledger;
mod meetings;
mod merge;
mod moments;
mod names;
mod nearby;
mod nested;
mod place;
mod recall;
mod recent;
mod row;
mod rows;
mod senders;
mod series;
mod siblings;
mod spent;
mod standing;
mod tally;
mod times;
mod trace;
mod unsent;
mod versions;

pub use joined::Joined;
pub use ledger::Ledger;
pub use row::{next_version, version_above};
