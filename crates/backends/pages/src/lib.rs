//! Pages of the embedded store on disk: each has a checksum, or is encrypted and authenticated with a key.
//!
//! Verb: SEAL.
//! Takes: pages and frames that SQLite writes, and frames of other files.
//! Gives: the bytes that were written, or an error that names the file and the page; never changed bytes.
//! Never: keeps a key on disk; changes a file of another key.
//!
//! SQLite calls this crate as a VFS over its own one ([`Pages`]). `docs/adr/0033-pages.md` describes the
//! format and its guarantees. The crate needs `unsafe`, because SQLite's interface is C.

mod cipher;
#[cfg_attr(not(feature = "encryption"), path = "crypto_off.rs")]
mod crypto;
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

pub use fault::{Damage, DamagePlace, last_damage, last_read_failed, last_refusal};
pub use header::{Kind, inspect};
pub use key::{KEY_BYTES, KeyId, MasterKey};
pub use pages::Pages;
pub use sealer::Sealer;
pub use source::KeySource;
#[doc(hidden)]
pub use trip::{Trip, trip_reads};
