//! The record of who did what.
//!
//! Verb: WITNESS.
//! Takes: entries: who, what, to which thing, and how it ended.
//! Gives: lines that are only ever added, each bound to the one before by its hash; pages of them, and a verdict on them.
//! Never: holds a secret or a prompt, changes a line, or says more than a chain of hashes can prove.

mod audit;
mod backwards;
mod chain;
mod digest;
mod entry;
mod folder;
pub mod limits;
mod line;
mod page;
mod read;
mod refusals;
mod settings;
mod verdict;
mod verify;
mod writer;

pub use audit::{Audit, State};
pub use digest::{Digest, Head, Malformed};
pub use entry::{Actor, ActorKind, Entry, Outcome};
pub use page::{AuditPage, AuditQuery, Noted};
pub use read::{any_in_folder, export_folder, read_folder};
pub use settings::{AuditSettings, Durability, FOLDER};
pub use verdict::{Fault, Verdict};
pub use verify::verify_folder;
