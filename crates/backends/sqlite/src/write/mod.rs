//! All changes of files: one thread, and one transaction per day and group of batches.

mod conflicts;
mod costs;
mod day;
mod encoded;
mod events;
mod failures;
mod forget;
mod gather;
mod metrics;
mod owned;
mod plan;
mod prepare;
mod retire;
mod signals;
mod spans;
mod take;
mod traces;
mod tx;
mod writer;

pub(crate) use encoded::Encoded;
pub(crate) use gather::Gathered;
pub(crate) use owned::forget_owned;
pub(crate) use prepare::Prepared;
pub(crate) use retire::{Exchange, Exchanged};
pub(crate) use writer::{Request, Writer};
