//! Waiting within a streamed answer: for its client to read, and for memory.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::Problem;

/// A client that reads nothing for this time is disconnected, and so is one whose next chunk gets no memory.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
/// Pause between two attempts to get memory for the next chunk.
const AGAIN: Duration = Duration::from_millis(50);

/// Makes the next chunk of an answer. While other answers use all the memory, it tries again. A step that
/// fails must leave the position of its reader unchanged.
///
/// # Errors
/// The step failed for another reason, or got no memory within [`PATIENCE`].
pub(crate) async fn until_memory<T>(mut step: impl AsyncFnMut() -> Result<T, Problem>) -> Result<T, Problem> {
    let began = Instant::now();
    loop {
        match step().await {
            Err(problem) if problem.is_busy() && began.elapsed() < PATIENCE => sleep(AGAIN).await,
            done => return done,
        }
    }
}
