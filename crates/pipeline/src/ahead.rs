//! Batch preparation in parallel: the stages before the count, and the store's encoding.
//!
//! These steps need no other batch, so they run outside the worker, on up to one thread per processor.

use std::num::NonZero;
use std::sync::Arc;
use std::thread::available_parallelism;

use quipu_core::{Batch, Encoded, Stage, Store};
use tokio::sync::{Semaphore, oneshot};

/// A prepared batch that waits for the worker.
pub(crate) struct Ready {
    pub batch: Batch,
    /// The records in the store's encoding, if the store has one and no later stage changes them.
    pub encoded: Option<Encoded>,
}

/// Runs the stages before the count, and the store's encoding.
pub(crate) struct Ahead {
    before: Vec<Arc<dyn Stage>>,
    store: Arc<dyn Store>,
    encodes: bool,
    turns: Arc<Semaphore>,
}

impl Ahead {
    /// Creates the preparation for a pipeline with these stages before and after the count.
    pub fn new(before: Vec<Arc<dyn Stage>>, after: &[Arc<dyn Stage>], store: Arc<dyn Store>) -> Self {
        let encodes = after.iter().all(|stage| stage.only_adds());
        let turns = Semaphore::new(available_parallelism().map_or(1, NonZero::get));
        Self { before, store, encodes, turns: Arc::new(turns) }
    }

    /// Starts the preparation. It continues if the caller is dropped. The receiver gets no batch if a stage
    /// panicked.
    pub fn begin(self: &Arc<Self>, batch: Batch) -> oneshot::Receiver<Ready> {
        let (done, ready) = oneshot::channel();
        let this = Arc::clone(self);
        tokio::spawn(async move {
            // The semaphore is never closed.
            let Ok(turn) = Arc::clone(&this.turns).acquire_owned().await else { return };
            let work = move || {
                let _turn = turn;
                let _ = done.send(this.ready(batch));
            };
            drop(tokio::task::spawn_blocking(work));
        });
        ready
    }

    fn ready(&self, mut batch: Batch) -> Ready {
        self.before.iter().for_each(|stage| stage.apply(&mut batch));
        let encoding = self.store.encoding().filter(|_| self.encodes);
        let encoded = encoding.and_then(|encoding| encoding.encode(&batch));
        Ready { batch, encoded }
    }
}
