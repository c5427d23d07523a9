//! The live feed: one task looks up what changed and tells all watchers.

mod feed;
mod socket;

pub(crate) use feed::Feed;
pub(crate) use socket::{__path_live, live};
