//! No longer than so.

use std::fmt::Display;
use std::future::Future;
use std::time::Duration;

use compact_str::CompactString;
use quipu_sdk::{FutureExt, counter};

use crate::watched::{Watched, block};

/// Work took longer than it was allowed, and was cancelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no end after {} ms", .after.as_millis())]
pub struct TimedOut {
    /// How long it was allowed.
    pub after: Duration,
}

/// Cancels work that takes too long.
///
/// Recorded are a span, and the counter `quipu.timeout.expiries` by `timeout`.
#[derive(Debug, Clone)]
pub struct Timeout {
    name: CompactString,
    limit: Duration,
}

/// Allows work so much time.
pub fn timeout(name: &str, limit: Duration) -> Timeout {
    Timeout { name: name.into(), limit }
}

impl Timeout {
    /// Runs work that may fail. Its error type says how a timeout looks: `#[from] TimedOut` makes it a kind of its own;
    /// `anyhow::Error` and `Box<dyn Error>` take it as it is.
    ///
    /// # Errors
    /// The work's own error as it was, or [`TimedOut`].
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

    /// Runs work that cannot fail; or work whose error type has no room for a timeout.
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
