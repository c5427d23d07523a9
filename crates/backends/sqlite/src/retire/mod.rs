//! Retention: selection of a day's expired records, rewrite of its file without them, and the exchange of the
//! two files.
//!
//! A day is never changed in place. A separate thread reads its file from a snapshot and writes a new file.
//! The writer thread only exchanges the two names, and only if the day was not written meanwhile. A removed
//! span whose ledger row stays is treated like an unsampled span: every sum includes it, but it is hidden.

pub(crate) mod beside;
mod copy;
mod decide;
mod holds;
mod leave;
mod names;
mod past;
mod renew;
mod run;

pub(crate) use holds::{held, list, readable, write};
pub(crate) use renew::{anew, scrub};
pub(crate) use run::retire;
