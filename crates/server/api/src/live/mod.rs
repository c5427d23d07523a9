//! The live feed: one task looks up changes for all watchers, and replays missed frames to reconnecting
//! clients.

mod changed;
mod events;
mod feed;
mod ring;
mod watcher;

pub(crate) use feed::Feed;
pub(crate) use ring::{Topic, Topics, text};
pub(crate) use watcher::Watcher;
