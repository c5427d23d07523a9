//! Batches of libraries that use the folder of the server's store.

use std::path::PathBuf;
use std::sync::{Arc, Weak};
use std::time::Duration;

use quipu::pipeline::{Inbox, Pipeline};
use tokio::time::{MissedTickBehavior, interval};

/// Interval of looks at the inbox.
const LOOK: Duration = Duration::from_millis(250);

/// Stores the batches of a store's inbox, until the pipeline is dropped.
pub async fn take_in(folder: PathBuf, pipeline: Weak<Pipeline>) {
    let inbox = Inbox::of_store(&folder);
    let mut looks = interval(LOOK);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        looks.tick().await;
        let Some(pipeline) = pipeline.upgrade() else { return };
        inbox.take_in(&pipeline).await;
    }
}

/// [`take_in`] for the store of this URI; a store in memory has no inbox.
pub fn of_store(
    uri: &str,
    folder: &std::path::Path,
    pipeline: &Arc<Pipeline>,
) -> Option<impl Future<Output = ()> + use<>> {
    let on_disk = !uri.starts_with("memory");
    on_disk.then(|| take_in(quipu::store_folder(uri, folder), Arc::downgrade(pipeline)))
}
