//! Rewrite of a day's file into a new file without expired or removed records.
//!
//! A day is never changed in place. A separate thread reads its file from a snapshot and writes a new file.
//! The writer thread only exchanges the two names, and only if the day was not written meanwhile. A removed
//! span whose ledger row stays is treated like an unsampled span: every sum includes it, but it is hidden.

mod anew;
pub(crate) mod beside;
mod copy;
mod decide;
mod leave;
mod names;
mod past;

pub(crate) use anew::{CACHE_KIB, Exchange, anew, fold_before};
pub(crate) use decide::Decision;
pub(crate) use leave::write_anew;
pub(crate) use past::{Force, Past};
