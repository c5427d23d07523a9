//! Stages of a pipeline, in the one order of the library and the server.

use std::sync::Arc;

use quipu_core::{Adapters, Meter, PriceBook, Stage};

use crate::priced::Priced;
use crate::read::Read;
use crate::redact::Redact;
use crate::unsampled::DropUnsampled;

/// Stages of a pipeline, in order. The default has none.
#[derive(Default)]
pub struct Stages {
    /// First stage: reads raw records on the caller's thread.
    pub read: Read,
    /// Stages between reading and the count. A batch passes them once.
    pub before: Vec<Arc<dyn Stage>>,
    /// Stages after the count.
    pub after: Vec<Arc<dyn Stage>>,
    /// Stages after the count of a batch that another process has handled: see
    /// [`crate::Pipeline::adopt`].
    pub adopting: Vec<Arc<dyn Stage>>,
}

/// Components of [`Stages::standard`]. `None` leaves the stage out.
pub struct StandardStages {
    /// Adapters that read raw records.
    pub adapters: Adapters,
    /// The budgets' watch for loops, by hashes of tool arguments.
    pub watch: Option<Arc<dyn Stage>>,
    /// Estimates of calls without usage, from their messages.
    pub estimate: Option<Arc<dyn Stage>>,
    /// Redaction.
    pub redact: Option<Arc<Redact>>,
    /// The price book.
    pub prices: Arc<dyn PriceBook>,
    /// Budgets, which settle from priced rows.
    pub budgets: Option<Arc<dyn Stage>>,
    /// Metrics derived from spans and ledger rows.
    pub derive: Option<Arc<dyn Stage>>,
    /// Stages of the user.
    pub own: Vec<Arc<dyn Stage>>,
    /// Meter of [`DropUnsampled`]. Only a store behind [`crate::Steady`] allows this stage.
    pub drop_unsampled: Option<Arc<dyn Meter>>,
}

impl Stages {
    /// Builds the order of stages for the library, the server, the gateway and imports:
    ///
    /// 1. Reading is first, because every other stage uses the meaning of a span.
    /// 2. The watch hashes tool arguments and the estimate reads messages. Redaction masks both.
    /// 3. Redaction is the last stage before the count, so nothing downstream holds a secret.
    /// 4. Prices need the rows of the count. Budgets and metrics need prices.
    /// 5. The user's stages see the complete result.
    /// 6. Unsampled content goes last, because all stages above use it.
    pub fn standard(parts: StandardStages) -> Self {
        let StandardStages {
            adapters,
            watch,
            estimate,
            redact,
            prices,
            budgets,
            derive,
            own,
            drop_unsampled,
        } = parts;
        let redact = redact.map(|redact| redact as Arc<dyn Stage>);
        let priced: Arc<dyn Stage> = Arc::new(Priced::new(prices));
        let last = drop_unsampled.map(|meter| Arc::new(DropUnsampled::new(meter)) as Arc<dyn Stage>);
        Self {
            read: Read::new(adapters),
            before: [watch, estimate, redact].into_iter().flatten().collect(),
            adopting: vec![Arc::clone(&priced)],
            after: [Some(priced), budgets, derive].into_iter().flatten().chain(own).chain(last).collect(),
        }
    }
}
