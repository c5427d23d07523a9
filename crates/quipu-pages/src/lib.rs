//! Pages of the embedded store on disk: a checksum in each, or, with a key, each encrypted and authenticated.
//!
//! Verb: SEAL.
//! Takes: pages and frames that SQLite writes, and frames of other files.
//! Gives: what was written, or an error that names the file and the page; never bytes that are not what was written.
//! Never: keeps a key on disk; changes a file under a key that is not its own.
//!
//! SQLite calls this crate as a VFS over its own one ([`Pages`]). The format and what it does and does not guarantee stand in
//! `docs/adr/0033-pages.md`. It has `unsafe`: SQLite's interface is C.

mod cipher;
mod db;
mod fault;
mod file;
mod frame;
mod header;
mod journal;
mod key;
mod log;
mod pages;
mod real;
mod sealer;
mod source;
mod sum;
mod trip;
mod vfs;

pub use fault::{Damage, Place, last_damage, last_read_failed, last_refusal};
pub use header::{Kind, inspect};
pub use key::{KEY_BYTES, KeyId, MasterKey};
pub use pages::Pages;
pub use sealer::Sealer;
pub use source::KeySource;
#[doc(hidden)]
pub use trip::{Trip, trip_reads};
