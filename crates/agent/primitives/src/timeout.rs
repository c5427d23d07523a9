//! Time limit for work.

use std::fmt::Display;
use std::future::Future;
use std::time::Duration;

use compact_str::CompactString;
use quipu_sdk::{FutureExt, counter};

use crate::watched::{Watched, block};

/// Error: the work exceeded its time limit and was cancelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("timed out after {} ms", .after.as_millis())]
pub struct TimedOut {
    /// The time limit.
    pub after: Duration,
}

/// Cancels work that exceeds a time limit.
///
/// It records a span, and counts `quipu.timeout.expiries` by `timeout`.
#[derive(Debug, Clone)]
pub struct Timeout {
    name: CompactString,
    limit: Duration,
}

/// Creates a time limit.
pub fn timeout(name: &str, limit: Duration) -> Timeout {
    Timeout { name: name.into(), limit }
}

impl Timeout {
    /// Runs fallible work. Its error type converts a timeout: `#[from] TimedOut` adds a variant;
    /// `anyhow::Error` and `Box<dyn Error>` accept it directly.
    ///
    /// # Errors
    /// The unchanged error of the work, or [`TimedOut`].
    pub async fn run<T, E: Display + From<TimedOut>>(
        &self,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        let mut span = Watched::new(block("timeout", &self.name));
        let result = match self.allow(&mut span, work).await {
            Ok(result) => span.check(result),
            Err(expired) => Err(E::from(expired)),
        };
        span.end();
        result
    }

    /// Runs work that cannot fail, or whose error type cannot hold a timeout.
    ///
    /// # Errors
    /// [`TimedOut`]
    pub async fn run_value<T>(&self, work: impl Future<Output = T>) -> Result<T, TimedOut> {
        let mut span = Watched::new(block("timeout", &self.name));
        let result = self.allow(&mut span, work).await;
        span.end();
        result
    }

    async fn allow<K, T>(&self, span: &mut Watched<K>, work: impl Future<Output = T>) -> Result<T, TimedOut> {
        span.attribute("quipu.timeout.limit_ms", self.limit.as_secs_f64() * 1e3);
        tokio::time::timeout(self.limit, work.in_context(span.context())).await.map_err(|_| {
            let expired = TimedOut { after: self.limit };
            span.error("timeout", expired);
            counter("quipu.timeout.expiries").add(1, &[("timeout", &self.name)]);
            expired
        })
    }
}
