//! Queries. Each reads on its own connections and never waits for the writer.

pub(crate) mod conflicts;
pub(crate) mod costs;
mod counts;
mod day_tools;
pub(crate) mod events;
pub(crate) mod facets;
mod filter;
mod first_sessions;
mod hits;
mod inferred;
pub(crate) mod meetings;
pub(crate) mod metrics;
mod own;
pub(crate) mod owned;
mod rounds;
pub(crate) mod sessions;
pub(crate) mod spans;
pub(crate) mod stored;
mod terms;
pub(crate) mod tools;
mod trace_rows;
pub(crate) mod traces;
pub(crate) mod usage;
mod usage_keys;
mod usage_past;
mod usage_rows;
pub(crate) mod work;
