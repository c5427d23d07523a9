//! What the rules of retention remove: which records of a day are past, the day's file without them, and the moment in which that file
//! takes the place of the old one.
//!
//! A day is never changed in place. Its file is read as it is at one moment and written anew beside it, on a thread of its own;
//! the writing thread only exchanges the two names, and only if nothing was written to the day meanwhile. What is left of a span whose
//! ledger row stays is what is left of one that sampling left out: every sum has it, nothing shows it.

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
pub(crate) use run::{Memory, retire};
