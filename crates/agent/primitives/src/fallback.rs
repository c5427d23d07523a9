//! Fallback between several options.

use std::fmt::Display;
use std::future::Future;
use std::sync::Arc;

use compact_str::CompactString;
use futures_util::future::BoxFuture;
use quipu_sdk::{FutureExt, counter};

use crate::watched::{self, Watched, block};

type Work<'a, In, T, E> = Arc<dyn Fn(In) -> BoxFuture<'a, Result<T, E>> + Send + Sync + 'a>;
type Choice<'a, In, T, E> = (CompactString, Work<'a, In, T, E>);
type Worth<'a, E> = Arc<dyn Fn(&E) -> bool + Send + Sync + 'a>;

/// Options in order; the first success is the result. Clones are cheap, and one value can run concurrently.
///
/// It records a span with the used option and an event `fallback` for each failed one, and a task span for
/// each tried option. It counts `quipu.fallback.options` by `fallback`, `option` and `outcome` (`ok`,
/// `error`). `quipu.fallback.used` by `fallback` and `option` counts results from another option than the
/// first.
pub struct Fallback<'a, In, T, E> {
    name: CompactString,
    first: Choice<'a, In, T, E>,
    others: Vec<Choice<'a, In, T, E>>,
    worth: Option<Worth<'a, E>>,
}

impl<In, T, E> Clone for Fallback<'_, In, T, E> {
    fn clone(&self) -> Self {
        let (first, others) = (self.first.clone(), self.others.clone());
        Self { name: self.name.clone(), first, others, worth: self.worth.clone() }
    }
}

/// Creates a fallback with its first option.
pub fn fallback<'a, In, T, E, F, Fut>(name: &str, option: &str, work: F) -> Fallback<'a, In, T, E>
where
    F: Fn(In) -> Fut + Send + Sync + 'a,
    Fut: Future<Output = Result<T, E>> + Send + 'a,
{
    Fallback { name: name.into(), first: choice(option, work), others: Vec::new(), worth: None }
}

fn choice<'a, In, T, E, F, Fut>(option: &str, work: F) -> Choice<'a, In, T, E>
where
    F: Fn(In) -> Fut + Send + Sync + 'a,
    Fut: Future<Output = Result<T, E>> + Send + 'a,
{
    (option.into(), Arc::new(move |input| Box::pin(work(input))))
}

impl<'a, In, T, E> Fallback<'a, In, T, E> {
    /// Adds an option; it is tried after all earlier ones have failed.
    #[must_use]
    pub fn or<F, Fut>(mut self, option: &str, work: F) -> Self
    where
        F: Fn(In) -> Fut + Send + Sync + 'a,
        Fut: Future<Output = Result<T, E>> + Send + 'a,
    {
        self.others.push(choice(option, work));
        self
    }

    /// Continues with the next option only after errors for which this returns true; other errors end the
    /// run.
    #[must_use]
    pub fn fallback_if(mut self, worth: impl Fn(&E) -> bool + Send + Sync + 'a) -> Self {
        self.worth = Some(Arc::new(worth));
        self
    }
}

impl<In: Clone, T, E: Display> Fallback<'_, In, T, E> {
    /// Runs the options.
    ///
    /// # Errors
    /// The unchanged error of the last tried option. Earlier errors are on their spans, and
    /// [`Fallback::run_all`] returns them.
    pub async fn run(&self, input: In) -> Result<T, E> {
        self.try_each(input, drop).await
    }

    /// Runs the options.
    ///
    /// # Errors
    /// The errors of all tried options in order.
    pub async fn run_all(&self, input: In) -> Result<T, Vec<E>> {
        let mut errors = Vec::new();
        match self.try_each(input, |error| errors.push(error)).await {
            Ok(value) => Ok(value),
            Err(last) => {
                errors.push(last);
                Err(errors)
            }
        }
    }

    /// Returns the last error, and passes earlier ones to `earlier`.
    async fn try_each(&self, input: In, mut earlier: impl FnMut(E)) -> Result<T, E> {
        let mut span = Watched::new(block("fallback", &self.name));
        let mut others = self.others.iter();
        let (mut option, mut work) = (&self.first.0, &self.first.1);
        let result = loop {
            // Everything runs in the context, so the option's span is a child of this span.
            let tried = async {
                let work = async { work(input.clone()).await };
                watched::result(quipu_sdk::task(option), work).await
            };
            let tried = tried.in_context(span.context()).await;
            self.count(option, tried.is_ok());
            let error = match tried {
                Err(error) if self.worth.as_ref().is_none_or(|worth| worth(&error)) => error,
                decided => break decided,
            };
            let Some(next) = others.next() else { break Err(error) };
            span.event("fallback", &[("quipu.fallback.option", option.as_str().into())]);
            earlier(error);
            (option, work) = (&next.0, &next.1);
        };
        if result.is_ok() {
            span.attribute("quipu.fallback.option", option.as_str());
        }
        let result = span.check(result);
        span.end();
        result
    }

    fn count(&self, option: &str, ok: bool) {
        let outcome = if ok { "ok" } else { "error" };
        let labels = [("fallback", self.name.as_str()), ("option", option), ("outcome", outcome)];
        counter("quipu.fallback.options").add(1, &labels);
        if ok && option != self.first.0 {
            counter("quipu.fallback.used").add(1, &labels[..2]);
        }
    }
}
