//! Waiting within a streamed answer: for its client to read, and for memory.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::Problem;

/// A client that reads nothing for this time is disconnected, and so is one whose next chunk gets no memory.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
/// Pause between two attempts to get memory for the next chunk.
const AGAIN: Duration = Duration::from_millis(50);

/// Time that a chunk may wait for memory.
pub(crate) struct Patience(Instant);

impl Patience {
    /// Begins with the first attempt to make a chunk.
    pub(crate) fn begin() -> Self {
        Self(Instant::now())
    }

    /// Pauses before the next attempt, if the last one failed because other answers use all the memory.
    ///
    /// # Errors
    /// The attempt failed for another reason, or [`PATIENCE`] is over.
    pub(crate) async fn pause(&self, problem: Problem) -> Result<(), Problem> {
        if !problem.is_busy() || self.0.elapsed() >= PATIENCE {
            return Err(problem);
        }
        sleep(AGAIN).await;
        Ok(())
    }
}
