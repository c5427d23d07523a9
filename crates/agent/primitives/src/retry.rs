//! Retries with pauses between the attempts.

use std::fmt::Display;
use std::future::Future;
use std::time::Duration;

use compact_str::CompactString;
use quipu_sdk::{FutureExt, counter};

use crate::watched::{self, Watched, block};

/// Decides whether an error is retried.
pub trait RetryIf<E> {
    /// Whether to retry after this error.
    fn again(&self, error: &E) -> bool;
}

/// Retries every error.
#[derive(Debug, Clone, Copy, Default)]
pub struct Always;

impl<E> RetryIf<E> for Always {
    fn again(&self, _: &E) -> bool {
        true
    }
}

/// Retries the errors that a function selects.
#[derive(Debug, Clone, Copy)]
pub struct When<F>(F);

impl<E, F: Fn(&E) -> bool> RetryIf<E> for When<F> {
    fn again(&self, error: &E) -> bool {
        self.0(error)
    }
}

/// Retries failed work. Pauses grow with each attempt up to a limit. With jitter each pause is random between
/// zero and its length ("full jitter" of
/// <https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/>). So callers that failed
/// together do not retry together.
///
/// It records a span with the number of attempts, an event `retry` for each pause, and a span for each
/// attempt. It counts `quipu.retry.attempts` by `retry` and `outcome` (`ok`, `error`), and
/// `quipu.retry.retries` and `quipu.retry.exhausted` by `retry`.
#[derive(Debug, Clone)]
pub struct Retry<P = Always> {
    name: CompactString,
    attempts: u32,
    first_pause: Duration,
    factor: f64,
    longest_pause: Duration,
    jitter: bool,
    when: P,
}

/// Creates a retry: three attempts for any error, with pauses from 100 ms that double up to 30 s, with
/// jitter.
pub fn retry(name: &str) -> Retry {
    Retry {
        name: name.into(),
        attempts: 3,
        first_pause: Duration::from_millis(100),
        factor: 2.0,
        longest_pause: Duration::from_secs(30),
        jitter: true,
        when: Always,
    }
}

impl<P> Retry<P> {
    /// Sets the number of attempts, including the first; 0 counts as 1.
    #[must_use]
    pub fn attempts(mut self, at_most: u32) -> Self {
        self.attempts = at_most.max(1);
        self
    }

    /// Sets the first pause, and the factor for each further one (at least 1).
    #[must_use]
    pub fn pauses(mut self, first: Duration, factor: f64) -> Self {
        self.first_pause = first;
        self.factor = factor.max(1.0);
        self
    }

    /// Sets the longest pause.
    #[must_use]
    pub fn longest_pause(mut self, pause: Duration) -> Self {
        self.longest_pause = pause;
        self
    }

    /// Sets whether pauses are random (full jitter).
    #[must_use]
    pub fn jitter(mut self, jitter: bool) -> Self {
        self.jitter = jitter;
        self
    }

    /// Retries only errors for which this returns true; other errors end the run.
    #[must_use]
    pub fn retry_if<E, F: Fn(&E) -> bool>(self, when: F) -> Retry<When<F>> {
        let Self { name, attempts, first_pause, factor, longest_pause, jitter, when: _ } = self;
        Retry { name, attempts, first_pause, factor, longest_pause, jitter, when: When(when) }
    }

    /// The pause after this many attempts.
    fn pause(&self, attempts: u32) -> Duration {
        let growth = self.factor.powi(i32::try_from(attempts - 1).unwrap_or(i32::MAX));
        let grown = self.first_pause.as_secs_f64() * growth;
        let full = Duration::try_from_secs_f64(grown).unwrap_or(Duration::MAX).min(self.longest_pause);
        if self.jitter { full.mul_f64(fastrand::f64()) } else { full }
    }

    /// Runs the work until it succeeds, the attempts are used up, or an error is not retried. The work gets
    /// the number of the attempt, from 1.
    ///
    /// # Errors
    /// The unchanged error of the last attempt.
    pub async fn run<T, E, Fut>(&self, mut work: impl FnMut(u32) -> Fut) -> Result<T, E>
    where
        E: Display,
        P: RetryIf<E>,
        Fut: Future<Output = Result<T, E>>,
    {
        let mut span = Watched::new(block("retry", &self.name));
        let mut attempt = 1;
        let result = loop {
            let result = self.attempt(attempt, &mut work).in_context(span.context()).await;
            match &result {
                Err(error) if attempt < self.attempts && self.when.again(error) => {
                    self.wait(&mut span, attempt).await;
                    attempt += 1;
                }
                Err(error) => {
                    if self.when.again(error) {
                        counter("quipu.retry.exhausted").add(1, &[("retry", &self.name)]);
                    }
                    break result;
                }
                Ok(_) => break result,
            }
        };
        span.attribute("quipu.retry.attempts", attempt);
        let result = span.check(result);
        span.end();
        result
    }

    async fn attempt<T, E, Fut>(&self, number: u32, work: &mut impl FnMut(u32) -> Fut) -> Result<T, E>
    where
        E: Display,
        Fut: Future<Output = Result<T, E>>,
    {
        let span =
            quipu_sdk::span(&format!("attempt {}", self.name)).attribute("quipu.retry.attempt", number);
        let result = watched::result(span, async { work(number).await }).await;
        let outcome = if result.is_ok() { "ok" } else { "error" };
        counter("quipu.retry.attempts").add(1, &[("retry", &self.name), ("outcome", outcome)]);
        result
    }

    async fn wait<K>(&self, span: &mut Watched<K>, attempts: u32) {
        let pause = self.pause(attempts);
        let pause_ms = (pause.as_secs_f64() * 1e3).into();
        span.event("retry", &[("quipu.retry.attempt", attempts.into()), ("quipu.retry.pause_ms", pause_ms)]);
        counter("quipu.retry.retries").add(1, &[("retry", &self.name)]);
        tokio::time::sleep(pause).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_up_to_their_bound() {
        let plain = retry("x").jitter(false).longest_pause(Duration::from_secs(1));
        let pauses: Vec<_> = (1..=6).map(|attempts| plain.pause(attempts).as_millis()).collect();
        assert_eq!(pauses, [100, 200, 400, 800, 1_000, 1_000]);
        assert_eq!(plain.pause(u32::MAX), Duration::from_secs(1));
        let jitter = retry("x");
        assert!((1..200).all(|attempts| jitter.pause(attempts) <= Duration::from_secs(30)));
        let odd = retry("x").jitter(false).pauses(Duration::MAX, f64::NAN).longest_pause(Duration::MAX);
        assert!(odd.pause(3) >= Duration::from_secs(u64::MAX / 2));
    }
}
