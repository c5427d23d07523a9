//! At the same time.

use std::fmt::Display;
use std::future::Future;

use compact_str::CompactString;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use quipu_sdk::{FutureExt, counter};

use crate::watched::{self, Watched, block};

/// Work that goes on at the same time, within the task that awaits it; work that keeps a processor busy needs a task of its own
/// besides ([`crate::spawn`]). Results have the order of the work, whatever ended first.
///
/// Recorded are a span, a task span for each piece of work that began, and the counter `quipu.parallel.branches` by `parallel`
/// and `outcome`: `ok`, `error`, `cancelled`.
#[derive(Debug, Clone)]
pub struct Parallel {
    name: CompactString,
    limit: usize,
}

/// Runs work at the same time, all of it at once unless limited.
pub fn parallel(name: &str) -> Parallel {
    Parallel { name: name.into(), limit: usize::MAX }
}

impl Parallel {
    /// At most so many pieces of work at once; 0 is read as 1.
    #[must_use]
    pub fn limit(mut self, at_most: usize) -> Self {
        self.limit = at_most.max(1);
        self
    }

    /// Runs all of it unless something fails: then the rest is cancelled.
    ///
    /// # Errors
    /// The error that came first, as it was.
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

    /// Runs all of it to its end, whatever fails.
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

    /// Runs work that cannot fail.
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

/// Runs all of it, or until one is not taken; the others are dropped then.
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

/// Counted when it is known, which for cancelled work is when it is dropped.
struct Outcome<'a> {
    name: &'a str,
    word: &'static str,
}

impl Drop for Outcome<'_> {
    fn drop(&mut self) {
        counter("quipu.parallel.branches").add(1, &[("parallel", self.name), ("outcome", self.word)]);
    }
}
