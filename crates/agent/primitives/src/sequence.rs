//! Sequence of steps.

use std::fmt::Display;
use std::future::{Future, ready};
use std::sync::Arc;

use compact_str::CompactString;
use futures_util::future::BoxFuture;
use quipu_sdk::counter;

use crate::watched;

type Steps<'a, In, Out, E> = Arc<dyn Fn(In) -> BoxFuture<'a, Result<Out, E>> + Send + Sync + 'a>;

/// Steps in order; each takes the result of the previous one. The first error ends the run. Clones are cheap,
/// and one value can run concurrently.
///
/// It records a workflow span, and a task span for each executed step. It counts `quipu.sequence.stops` by
/// `sequence` and `step`: runs that ended with an error at that step.
pub struct Sequence<'a, In, Out, E> {
    name: CompactString,
    steps: Steps<'a, In, Out, E>,
}

impl<In, Out, E> Clone for Sequence<'_, In, Out, E> {
    fn clone(&self) -> Self {
        Self { name: self.name.clone(), steps: Arc::clone(&self.steps) }
    }
}

/// Creates a sequence without steps, which returns its input.
pub fn sequence<'a, In: Send + 'a, E: Display + Send + 'a>(name: &str) -> Sequence<'a, In, In, E> {
    Sequence { name: name.into(), steps: Arc::new(|input| Box::pin(ready(Ok(input)))) }
}

impl<'a, In, Out, E> Sequence<'a, In, Out, E>
where
    In: Send + 'a,
    Out: Send + 'a,
    E: Display + Send + 'a,
{
    /// Adds a step that can fail.
    #[must_use]
    pub fn then<Next, F, Fut>(self, step: &str, work: F) -> Sequence<'a, In, Next, E>
    where
        Next: Send + 'a,
        F: Fn(Out) -> Fut + Send + Sync + 'a,
        Fut: Future<Output = Result<Next, E>> + Send + 'a,
    {
        let (name, step, work) = (self.name.clone(), CompactString::from(step), Arc::new(work));
        self.append(move |given| {
            let (name, step, work) = (name.clone(), step.clone(), Arc::clone(&work));
            Box::pin(async move {
                let result = watched::result(quipu_sdk::task(&step), async { work(given).await }).await;
                if result.is_err() {
                    counter("quipu.sequence.stops").add(1, &[("sequence", &name), ("step", &step)]);
                }
                result
            })
        })
    }

    /// Adds a step that cannot fail.
    #[must_use]
    pub fn map<Next, F, Fut>(self, step: &str, work: F) -> Sequence<'a, In, Next, E>
    where
        Next: Send + 'a,
        F: Fn(Out) -> Fut + Send + Sync + 'a,
        Fut: Future<Output = Next> + Send + 'a,
    {
        let (step, work) = (CompactString::from(step), Arc::new(work));
        self.append(move |given| {
            let (step, work) = (step.clone(), Arc::clone(&work));
            Box::pin(
                async move { Ok(watched::value(quipu_sdk::task(&step), async { work(given).await }).await) },
            )
        })
    }

    fn append<Next: Send + 'a>(
        self,
        next: impl Fn(Out) -> BoxFuture<'a, Result<Next, E>> + Send + Sync + 'a,
    ) -> Sequence<'a, In, Next, E> {
        let (before, next) = (self.steps, Arc::new(next));
        let steps: Steps<'a, In, Next, E> = Arc::new(move |input| {
            let (before, next) = (Arc::clone(&before), Arc::clone(&next));
            Box::pin(async move {
                let given = before(input).await?;
                next(given).await
            })
        });
        Sequence { name: self.name, steps }
    }

    /// Runs all steps, up to the first error.
    ///
    /// # Errors
    /// The unchanged error of the failed step.
    pub fn run(&self, input: In) -> impl Future<Output = Result<Out, E>> + Send + use<'a, In, Out, E> {
        let Self { name, steps } = self.clone();
        async move {
            let span = quipu_sdk::workflow(&name).attribute("quipu.primitive", "sequence");
            watched::result(span, async { steps(input).await }).await
        }
    }
}
