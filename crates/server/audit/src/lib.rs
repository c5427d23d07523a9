//! The audit log: an append-only hash chain of actions and their users.
//!
//! Verb: WITNESS.
//! Takes: entries with an actor, an action, an object and an outcome.
//! Gives: appended lines, each chained to the one before it by a hash; pages of entries; a verdict.
//! Never: holds a secret or a prompt, changes a line, or claims more than a hash chain can prove.

mod audit;
mod backwards;
mod chain;
mod config;
mod digest;
mod entry;
mod folder;
pub mod limits;
mod line;
mod page;
mod read;
mod refusals;
mod verdict;
mod verify;
mod writer;

pub use audit::{Audit, AuditState};
pub use config::{AuditConfig, Durability, FOLDER};
pub use digest::{Digest, DigestError, Head};
pub use entry::{Actor, ActorKind, Entry, Outcome};
pub use page::{AuditPage, AuditQuery, Noted};
pub use read::{any_in_folder, export_folder, read_folder};
pub use verdict::{ChainError, Verdict};
pub use verify::verify_folder;
