//! Concurrent execution in one task.

use std::fmt::Display;
use std::future::Future;

use compact_str::CompactString;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use quipu_sdk::{FutureExt, counter};

use crate::watched::{self, Watched, block};

/// Concurrent work in the awaiting task. CPU-bound work needs its own task in addition ([`crate::spawn`]).
/// Results are in the order of the work.
///
/// It records a span, and a task span for each started branch. It counts `quipu.parallel.branches` by
/// `parallel` and `outcome`: `ok`, `error`, `cancelled`.
#[derive(Debug, Clone)]
pub struct Parallel {
    name: CompactString,
    limit: usize,
}

/// Creates concurrent execution without a limit.
pub fn parallel(name: &str) -> Parallel {
    Parallel { name: name.into(), limit: usize::MAX }
}

impl Parallel {
    /// Limits the number of concurrent branches; 0 counts as 1.
    #[must_use]
    pub fn limit(mut self, at_most: usize) -> Self {
        self.limit = at_most.max(1);
        self
    }

    /// Runs all branches; a failure cancels the others.
    ///
    /// # Errors
    /// The unchanged first error.
    pub async fn run<T, E, Fut>(&self, work: impl IntoIterator<Item = Fut>) -> Result<Vec<T>, E>
    where
        E: Display,
        Fut: Future<Output = Result<T, E>>,
    {
        let mut span = Watched::new(block("parallel", &self.name));
        let (name, context) = (&self.name, span.context());
        let branches = work
            .into_iter()
            .enumerate()
            .map(|(branch, work)| fallible(name, branch, work).in_context(context.clone()));
        let mut failed = None;
        let results = drive(self.limit, branches, |result| match result {
            Ok(value) => Some(value),
            Err(error) => {
                failed = Some(error);
                None
            }
        });
        let results = results.await;
        let result = span.check(failed.map_or(Ok(results), Err));
        span.end();
        result
    }

    /// Runs all branches to their end, regardless of errors.
    pub async fn run_all<T, E, Fut>(&self, work: impl IntoIterator<Item = Fut>) -> Vec<Result<T, E>>
    where
        E: Display,
        Fut: Future<Output = Result<T, E>>,
    {
        let mut span = Watched::new(block("parallel", &self.name));
        let (name, context) = (&self.name, span.context());
        let branches = work
            .into_iter()
            .enumerate()
            .map(|(branch, work)| fallible(name, branch, work).in_context(context.clone()));
        let results = drive(self.limit, branches, Some).await;
        let failed = results.iter().filter(|result| result.is_err()).count();
        span.attribute("quipu.parallel.failed", failed);
        span.end();
        results
    }

    /// Runs branches that cannot fail.
    pub async fn run_values<T, Fut>(&self, work: impl IntoIterator<Item = Fut>) -> Vec<T>
    where
        Fut: Future<Output = T>,
    {
        let span = Watched::new(block("parallel", &self.name));
        let (name, context) = (&self.name, span.context());
        let branches = work
            .into_iter()
            .enumerate()
            .map(|(branch, work)| infallible(name, branch, work).in_context(context.clone()));
        let values = drive(self.limit, branches, Some).await;
        span.end();
        values
    }
}

/// Runs all branches, or until `take` rejects a result; the others are then dropped.
async fn drive<O, T>(
    limit: usize,
    work: impl Iterator<Item = impl Future<Output = O>>,
    mut take: impl FnMut(O) -> Option<T>,
) -> Vec<T> {
    let mut work = work.enumerate().map(|(index, work)| async move { (index, work.await) });
    let mut running = FuturesUnordered::new();
    let mut taken = Vec::new();
    loop {
        while running.len() < limit
            && let Some(next) = work.next()
        {
            running.push(next);
            taken.push(None);
        }
        let Some((index, output)) = running.next().await else { break };
        let value = take(output);
        if value.is_none() {
            break;
        }
        taken[index] = value;
    }
    taken.into_iter().flatten().collect()
}

async fn fallible<T, E: Display>(
    name: &str,
    branch: usize,
    work: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    let mut outcome = Outcome { name, word: "cancelled" };
    let result = watched::result(task(name, branch), work).await;
    outcome.word = if result.is_ok() { "ok" } else { "error" };
    result
}

async fn infallible<T>(name: &str, branch: usize, work: impl Future<Output = T>) -> T {
    let mut outcome = Outcome { name, word: "cancelled" };
    let value = watched::value(task(name, branch), work).await;
    outcome.word = "ok";
    value
}

fn task(name: &str, branch: usize) -> quipu_sdk::Task {
    quipu_sdk::task(name).attribute("quipu.parallel.branch", branch)
}

/// Counts the outcome on drop, because cancelled work has no other end.
struct Outcome<'a> {
    name: &'a str,
    word: &'static str,
}

impl Drop for Outcome<'_> {
    fn drop(&mut self) {
        counter("quipu.parallel.branches").add(1, &[("parallel", self.name), ("outcome", self.word)]);
    }
}
