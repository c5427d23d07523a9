//! What every guard can say.

use std::fmt::Display;
use std::marker::PhantomData;

use quipu_core::{SpanId, Status, TraceId};

use super::GuardKind;
use super::live::Live;
use crate::at::At;
use crate::future::Unfinished;
use crate::type_name::type_name;
use crate::wire::{self, Key};
use crate::{Content, Context, Field, FutureExt, InContext, Instrumented};

/// A span in the making: recorded from here to [`Guard::end`], or to where it is dropped.
///
/// What a span *is* is said by value, in a chain: `llm("openai", "gpt-5").stream(true)`. What *happens* to it is told
/// through `&mut`: [`Guard::event`], [`Guard::error`]. [`Guard::update`] brings the first to places that only have the second.
///
/// A guard may be held across `await` and sent to other threads. It does not make itself the parent of what follows:
/// [`Guard::enter`], [`Guard::run`] and [`FutureExt::in_guard`] do, and [`Guard::context`] gives children by hand.
/// Where nobody records, every call is an empty one.
#[derive(Debug)]
#[must_use = "a span ends when its guard is dropped"]
pub struct Guard<K> {
    pub(crate) live: Option<Live>,
    kind: PhantomData<fn() -> K>,
}

impl<K> Default for Guard<K> {
    /// A guard that records nothing.
    #[inline]
    fn default() -> Self {
        Self { live: None, kind: PhantomData }
    }
}

impl<K> Guard<K> {
    #[inline]
    pub(crate) fn begin(at: &At, name: &str) -> Self
    where
        K: GuardKind,
    {
        Self::of(Live::begin(at, const { wire::number(K::WORD) }, K::WORD, name))
    }

    #[inline]
    pub(crate) fn of(live: Option<Live>) -> Self {
        Self { live, kind: PhantomData }
    }

    /// The same span as a guard of another kind.
    #[inline]
    pub(crate) fn retype<J>(mut self) -> Guard<J> {
        Guard::of(self.live.take())
    }

    /// Whether anything is recorded: what is dear to compute can be left out where not.
    #[inline]
    pub fn is_recording(&self) -> bool {
        self.live.is_some()
    }

    /// The trace; `None` where nothing is recorded.
    #[inline]
    pub fn trace_id(&self) -> Option<TraceId> {
        self.live.as_ref().and_then(Live::trace_id)
    }

    /// The span; `None` where nothing is recorded.
    #[inline]
    pub fn span_id(&self) -> Option<SpanId> {
        self.live.as_ref().and_then(Live::span_id)
    }

    /// The context within this span: what is made from it becomes its child.
    #[inline]
    pub fn context(&self) -> Context {
        Context { at: self.live.as_ref().map_or_else(At::current, Live::at) }
    }

    /// Says something of the span under a key of the user's, or of OpenTelemetry's.
    #[inline]
    pub fn attribute<'a>(mut self, key: &str, value: impl Into<Field<'a>>) -> Self {
        if let Some(live) = &mut self.live {
            live.attribute(key, &value.into());
        }
        self
    }

    /// The conversation that this span and all below it belong to.
    #[inline]
    pub fn session_id(mut self, id: &str) -> Self {
        if let Some(live) = &mut self.live {
            live.change(|bound| bound.session = Some(id.into()));
        }
        self
    }

    /// The user on whose behalf this span and all below it run.
    #[inline]
    pub fn user_id(mut self, id: &str) -> Self {
        if let Some(live) = &mut self.live {
            live.change(|bound| bound.user = Some(id.into()));
        }
        self
    }

    /// Ties this span and all below it to one request across services.
    #[inline]
    pub fn correlation_id(mut self, id: &str) -> Self {
        if let Some(live) = &mut self.live {
            live.change(|bound| bound.correlation = Some(id.into()));
        }
        self
    }

    /// The framework that the code is written with, for this span and all below it.
    #[inline]
    pub fn framework(mut self, name: &str) -> Self {
        if let Some(live) = &mut self.live {
            live.change(|bound| bound.framework = Some(name.into()));
        }
        self
    }

    /// Free data for this span and all below it; it travels to other services as W3C baggage.
    #[inline]
    pub fn user_data(mut self, key: &str, value: &str) -> Self {
        if let Some(live) = &mut self.live {
            live.change(|bound| bound.set_data(key, value));
        }
        self
    }

    /// A free word to find it by.
    #[inline]
    pub fn tag(self, word: &str) -> Self {
        self.text(Key::TAGS, word)
    }

    /// A reference to another span.
    #[inline]
    pub fn link(mut self, to: &Context) -> Self {
        if let (Some(live), Some(place)) = (&mut self.live, to.at.place()) {
            live.link(place);
        }
        self
    }

    /// Says that it went well. Without it the status is unset, which is no failure either.
    #[inline]
    pub fn ok(mut self) -> Self {
        if let Some(live) = &mut self.live {
            live.status(Status::Ok, "");
        }
        self
    }

    /// Says by value what a place with only `&mut` has learned: `call.update(|call| call.usage(usage))`.
    #[inline]
    pub fn update(&mut self, say: impl FnOnce(Self) -> Self) {
        *self = say(std::mem::take(self));
    }

    /// Something happened at this moment.
    #[inline]
    pub fn event(&mut self, name: &str, attributes: &[(&str, Field<'_>)]) {
        if let Some(live) = &mut self.live {
            live.event(name, attributes);
        }
    }

    /// It failed: `kind` is a low-cardinality word for the kind of error, `message` is for people.
    #[inline]
    pub fn error(&mut self, kind: &str, message: impl Display) {
        if let Some(live) = &mut self.live {
            live.fail(kind, message);
        }
    }

    /// Records the error of a result, and passes the result on. The kind is the error type's name.
    #[inline]
    pub fn check<T, E: Display>(&mut self, result: Result<T, E>) -> Result<T, E> {
        if let Err(error) = &result {
            self.error(type_name::<E>(), error);
        }
        result
    }

    /// It was given up before its end, as futures are by being dropped.
    #[inline]
    pub fn cancelled(&mut self) {
        if let Some(live) = &mut self.live {
            live.text(Key::ERROR, "cancelled");
        }
    }

    /// Makes it the parent of what this thread records until the answer is dropped, which also ends it. In asynchronous
    /// code use [`Guard::run`], [`Guard::within`] or [`FutureExt::in_guard`].
    #[inline]
    pub fn enter(self) -> super::EnteredGuard<K> {
        super::EnteredGuard::new(self)
    }

    /// Runs a future within it, records its error if it fails, ends, and passes the result on. Where the future
    /// panics the guard says so; dropped before its end, that it was cancelled.
    pub fn run<T, E: Display>(
        self,
        work: impl Future<Output = Result<T, E>>,
    ) -> impl Future<Output = Result<T, E>> {
        self.run_then(work, |guard, _| guard)
    }

    /// As [`Guard::run`], with a word about what came of it before it ends, where it went well: the tokens that an answer
    /// names, for example.
    ///
    /// ```
    /// # async fn ask() -> Result<(String, u64, u64), std::io::Error> { Ok((String::new(), 900, 40)) }
    /// # async fn of() -> Result<(), std::io::Error> {
    /// let call = quipu_sdk::llm("openai", "gpt-5");
    /// let (text, ..) = call.run_then(ask(), |call, (_, input, output)| call.usage((*input, *output))).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn run_then<T, E: Display>(
        self,
        work: impl Future<Output = Result<T, E>>,
        say: impl FnOnce(Self, &T) -> Self,
    ) -> impl Future<Output = Result<T, E>> {
        let work = work.in_context(self.context());
        // Not within the future: it may be dropped before its first poll.
        let running = Unfinished::new(self);
        async move {
            let result = work.await;
            let mut guard = running.finish();
            match &result {
                Ok(done) => drop(say(guard, done)),
                Err(error) => guard.error(type_name::<E>(), error),
            }
            result
        }
    }

    /// Polls a future within it. Other than by [`Guard::run`] it does not end, and nothing is said of what comes of the
    /// future: for one of several steps.
    #[inline]
    pub fn within<F: Future>(&self, work: F) -> InContext<F> {
        work.in_context(self.context())
    }

    /// Polls a future within it; it ends when the future does.
    #[inline]
    pub fn instrument<F: Future>(self, work: F) -> Instrumented<F, K> {
        work.in_guard(self)
    }

    /// Ends it now.
    #[inline]
    pub fn end(self) {}

    #[inline]
    pub(crate) fn text(mut self, key: Key, text: &str) -> Self {
        if let Some(live) = &mut self.live {
            live.text(key, text);
        }
        self
    }

    #[inline]
    pub(crate) fn int(mut self, key: Key, int: impl TryInto<i64>) -> Self {
        if let Some(live) = &mut self.live {
            live.int(key, int.try_into().unwrap_or(i64::MAX));
        }
        self
    }

    #[inline]
    pub(crate) fn double(mut self, key: Key, double: f64) -> Self {
        if let Some(live) = &mut self.live {
            live.double(key, double);
        }
        self
    }

    #[inline]
    pub(crate) fn flag(mut self, key: Key, flag: bool) -> Self {
        if let Some(live) = &mut self.live {
            live.flag(key, flag);
        }
        self
    }

    /// Text that is recorded where full prompts are switched on.
    #[inline]
    pub(crate) fn private(mut self, key: Key, text: &str) -> Self {
        if let Some(live) = &mut self.live
            && live.is_full()
        {
            live.text(key, text);
        }
        self
    }

    /// Messages that are recorded where full prompts are switched on.
    #[inline]
    pub(crate) fn content(mut self, text: Key, json: Key, content: Content<'_>) -> Self {
        if let Some(live) = &mut self.live
            && live.is_full()
        {
            live.content(text, json, content);
        }
        self
    }
}

impl<K> Drop for Guard<K> {
    #[inline]
    fn drop(&mut self) {
        if let Some(live) = self.live.take() {
            live.end();
        }
    }
}
