//! Background work for stores that several processes share.

use std::sync::{Arc, Weak};
use std::time::Duration;

use quipu_core::Store;
use quipu_pipeline::SharedStore;
use tokio::runtime::Handle;
use tokio::time::{Interval, MissedTickBehavior, interval};

use crate::control::Shared;

/// Interval between two looks at the inbox and the lease of a store.
const LOOK: Duration = Duration::from_millis(250);

/// Tends these stores until the library ends. The batches of other processes are counted by the library if
/// they arrive in its store.
pub(crate) fn tend_shared(stores: Vec<Arc<SharedStore>>, library: &Arc<Shared>, runtime: &Handle) {
    for store in stores {
        let is_own = library.store.as_ref().is_some_and(|own| is_same(own, &store));
        runtime.spawn(tend(Arc::downgrade(&store), Arc::downgrade(library), is_own));
    }
}

/// Tends stores that are no part of a library, on the current tokio runtime, until they are dropped.
pub fn tend_alone(stores: Vec<Arc<SharedStore>>) {
    for store in stores {
        let store = Arc::downgrade(&store);
        tokio::spawn(async move {
            let mut looks = looks();
            while let Some(store) = {
                looks.tick().await;
                store.upgrade()
            } {
                store.tend(None).await;
            }
        });
    }
}

fn is_same(own: &Arc<dyn Store>, store: &Arc<SharedStore>) -> bool {
    std::ptr::addr_eq(Arc::as_ptr(own), Arc::as_ptr(store))
}

async fn tend(store: Weak<SharedStore>, library: Weak<Shared>, is_own: bool) {
    let mut looks = looks();
    loop {
        looks.tick().await;
        let (Some(store), Some(library)) = (store.upgrade(), library.upgrade()) else { return };
        store.tend(is_own.then_some(&library.pipeline)).await;
    }
}

fn looks() -> Interval {
    let mut looks = interval(LOOK);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    looks
}
