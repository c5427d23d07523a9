//! What is done with a batch before its turn: the stages before the count and the store's encoding need no other batch, so they go
//! on beside the worker, on as many threads as there are processors.

use std::num::NonZero;
use std::sync::Arc;
use std::thread::available_parallelism;

use quipu_core::{Batch, Encoded, Stage, Store};
use tokio::sync::{Semaphore, oneshot};

/// A batch that waits for nothing but its turn.
pub(crate) struct Ready {
    pub batch: Batch,
    /// Its records in the store's form, where the store gains by that and no stage changes them any more.
    pub encoded: Option<Encoded>,
}

/// Makes batches ready.
pub(crate) struct Ahead {
    before: Vec<Arc<dyn Stage>>,
    store: Arc<dyn Store>,
    encodes: bool,
    turns: Arc<Semaphore>,
}

impl Ahead {
    /// For a pipeline with these stages before the count, and these after it.
    pub fn new(before: Vec<Arc<dyn Stage>>, after: &[Arc<dyn Stage>], store: Arc<dyn Store>) -> Self {
        let encodes = after.iter().all(|stage| stage.only_adds());
        let turns = Semaphore::new(available_parallelism().map_or(1, NonZero::get));
        Self { before, store, encodes, turns: Arc::new(turns) }
    }

    /// Begins the work, which goes on when whoever asked is gone. The receiver learns of no batch when a stage panicked.
    pub fn begin(self: &Arc<Self>, batch: Batch) -> oneshot::Receiver<Ready> {
        let (done, ready) = oneshot::channel();
        let this = Arc::clone(self);
        tokio::spawn(async move {
            // Nobody closes it, so there is always a turn.
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
        let encoded = if self.encodes { self.store.encode(&batch) } else { None };
        Ready { batch, encoded }
    }
}
