//! All changes of files: one thread, and one transaction per day and group of batches.

mod conflicts;
mod costs;
mod day;
mod encoded;
mod events;
mod exchange;
mod failures;
mod forget;
mod gather;
mod metrics;
mod owned;
mod plan;
mod prepare;
mod signals;
mod spans;
mod take;
mod traces;
mod tx;
mod writer;

pub(crate) use conflicts::Carried;
pub(crate) use encoded::Encoded;
pub(crate) use exchange::Exchanged;
pub(crate) use forget::TraceRecords;
pub(crate) use gather::Gathered;
pub(crate) use owned::Removal;
pub(crate) use prepare::Prepared;
pub(crate) use writer::{Request, Writer};
