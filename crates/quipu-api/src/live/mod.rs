//! The live feed: one task looks up what changed and tells all watchers, and those who come back what they missed.

mod changed;
mod events;
mod feed;
mod ring;
mod socket;
mod watcher;

pub(crate) use feed::Feed;
pub(crate) use socket::{__path_live, live};
