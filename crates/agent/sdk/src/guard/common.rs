//! Methods of all guards.

use std::fmt::Display;
use std::marker::PhantomData;
use std::time::Duration;

use quipu_core::{SpanId, Status, Timestamp, TraceId};

use super::live::Live;
use super::{Ended, GuardKind};
use crate::at::At;
use crate::future::Unfinished;
use crate::type_name::type_name;
use crate::wire::{self, Key};
use crate::{Content, Context, Field, FutureExt, InContext, Instrumented};

/// A span under construction; it lasts until [`Guard::end`] or the guard's drop.
///
/// Methods by value describe the span, in a chain: `llm("openai", "gpt-5").stream(true)`. Methods by `&mut`
/// report what happens to it: [`Guard::event`], [`Guard::error`]. [`Guard::update`] calls the first kind
/// through `&mut`.
///
/// A guard can be held across `await` and sent to other threads. It does not become the parent of later spans
/// by itself. [`Guard::enter`], [`Guard::run`] and [`FutureExt::in_guard`] do that, and [`Guard::context`]
/// creates children explicitly. Without a recorder, every call does nothing.
///
/// ```
/// let agent = quipu_sdk::agent("planner").session_id("s-1");
/// let mut tool = agent.tool("search").attribute("query.bytes", 5);
/// tool.event("page.read", &[("rows", 10.into())]);
/// tool.end();
/// agent.end();
/// ```
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

    /// Whether the span is recorded. The caller can skip expensive values otherwise.
    #[inline]
    pub fn is_recording(&self) -> bool {
        self.live.is_some()
    }

    /// Trace id; `None` if nothing is recorded.
    #[inline]
    pub fn trace_id(&self) -> Option<TraceId> {
        self.live.as_ref().and_then(Live::trace_id)
    }

    /// Span id; `None` if nothing is recorded.
    #[inline]
    pub fn span_id(&self) -> Option<SpanId> {
        self.live.as_ref().and_then(Live::span_id)
    }

    /// The context in this span; spans from it become its children.
    #[inline]
    pub fn context(&self) -> Context {
        Context { at: self.live.as_ref().map_or_else(At::current, Live::at) }
    }

    /// Adds an attribute under a custom key or a key of OpenTelemetry.
    #[inline]
    pub fn attribute<'a>(mut self, key: &str, value: impl Into<Field<'a>>) -> Self {
        if let Some(live) = &mut self.live {
            live.attribute(key, &value.into());
        }
        self
    }

    /// Session of this span and its descendants.
    #[inline]
    pub fn session_id(mut self, id: &str) -> Self {
        if let Some(live) = &mut self.live {
            live.change(|bound| bound.session = Some(id.into()));
        }
        self
    }

    /// User of this span and its descendants.
    #[inline]
    pub fn user_id(mut self, id: &str) -> Self {
        if let Some(live) = &mut self.live {
            live.change(|bound| bound.user = Some(id.into()));
        }
        self
    }

    /// Correlation id across services, for this span and its descendants.
    #[inline]
    pub fn correlation_id(mut self, id: &str) -> Self {
        if let Some(live) = &mut self.live {
            live.change(|bound| bound.correlation = Some(id.into()));
        }
        self
    }

    /// Framework of the code, for this span and its descendants.
    #[inline]
    pub fn framework(mut self, name: &str) -> Self {
        if let Some(live) = &mut self.live {
            live.change(|bound| bound.framework = Some(name.into()));
        }
        self
    }

    /// Custom data for this span and its descendants; it travels to other services as W3C baggage.
    #[inline]
    pub fn user_data(mut self, key: &str, value: &str) -> Self {
        if let Some(live) = &mut self.live {
            live.change(|bound| bound.set_data(key, value));
        }
        self
    }

    /// Adds a tag for searches.
    #[inline]
    pub fn tag(self, word: &str) -> Self {
        self.text(Key::TAGS, word)
    }

    /// Adds a link to another span.
    #[inline]
    pub fn link(mut self, to: &Context) -> Self {
        if let (Some(live), Some(place)) = (&mut self.live, to.at.place()) {
            live.link(place);
        }
        self
    }

    /// Sets the status to ok. Without it the status is unset, which is no failure either.
    #[inline]
    pub fn ok(mut self) -> Self {
        if let Some(live) = &mut self.live {
            live.status(Status::Ok, "");
        }
        self
    }

    /// Calls methods by value through `&mut`: `call.update(|call| call.usage(usage))`.
    #[inline]
    pub fn update(&mut self, say: impl FnOnce(Self) -> Self) {
        *self = say(std::mem::take(self));
    }

    /// Records a span event at this moment.
    #[inline]
    pub fn event(&mut self, name: &str, attributes: &[(&str, Field<'_>)]) {
        if let Some(live) = &mut self.live {
            live.event(name, attributes);
        }
    }

    /// Records a failure: `kind` is a low-cardinality error type, `message` is for people.
    #[inline]
    pub fn error(&mut self, kind: &str, message: impl Display) {
        if let Some(live) = &mut self.live {
            live.fail(kind, message);
        }
    }

    /// Records the error of a result and returns the result. The kind is the name of the error type.
    #[inline]
    pub fn check<T, E: Display>(&mut self, result: Result<T, E>) -> Result<T, E> {
        if let Err(error) = &result {
            self.error(type_name::<E>(), error);
        }
        result
    }

    /// Records a cancellation, such as that of a dropped future.
    #[inline]
    pub fn cancelled(&mut self) {
        if let Some(live) = &mut self.live {
            live.text(Key::ERROR, "cancelled");
        }
    }

    /// Makes this span the parent of the thread's spans until the returned guard is dropped, which also ends
    /// it. Asynchronous code uses [`Guard::run`], [`Guard::within`] or [`FutureExt::in_guard`].
    #[inline]
    pub fn enter(self) -> super::EnteredGuard<K> {
        super::EnteredGuard::new(self)
    }

    /// Runs a future in this span, records its error, ends the span and returns the result. The span records
    /// a panic, or its cancellation if the future is dropped early.
    pub fn run<T, E: Display>(
        self,
        work: impl Future<Output = Result<T, E>>,
    ) -> impl Future<Output = Result<T, E>> {
        self.run_then(work, |guard, _| guard)
    }

    /// Same as [`Guard::run`], with a callback that adds values from a successful result before the span
    /// ends, such as used tokens.
    ///
    /// ```
    /// # async fn ask() -> Result<(String, u64, u64), std::io::Error> { Ok((String::new(), 900, 40)) }
    /// # async fn of() -> Result<(), std::io::Error> {
    /// let call = quipu_sdk::llm("openai", "gpt-5");
    /// let (text, ..) =
    ///     call.run_then(ask(), |call, (_, input, output)| call.usage((*input, *output))).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn run_then<T, E: Display>(
        self,
        work: impl Future<Output = Result<T, E>>,
        say: impl FnOnce(Self, &T) -> Self,
    ) -> impl Future<Output = Result<T, E>> {
        let work = work.in_context(self.context());
        // The guard is created outside the async block, because the block may be dropped before its first
        // poll.
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

    /// Polls a future in this span. Unlike [`Guard::run`] it does not end the span and does not record the
    /// result, so several steps can use it.
    #[inline]
    pub fn within<F: Future>(&self, work: F) -> InContext<F> {
        work.in_context(self.context())
    }

    /// Polls a future in this span, which ends with the future.
    #[inline]
    pub fn instrument<F: Future>(self, work: F) -> Instrumented<F, K> {
        work.in_guard(self)
    }

    /// Start of the span, for work that is recorded afterwards. With [`Guard::duration`] it also decides the
    /// end.
    ///
    /// ```
    /// use std::time::{Duration, SystemTime};
    ///
    /// let began = SystemTime::now() - Duration::from_secs(2);
    /// let call = quipu_sdk::llm("openai", "gpt-5").started_at(began).duration(Duration::from_millis(1_500));
    /// call.usage((1_200, 85)).end();
    /// ```
    #[inline]
    pub fn started_at(self, time: impl Into<Timestamp>) -> Self {
        self.int(Key::STARTED, time.into().nanos())
    }

    /// End of the span, for work that is recorded afterwards. By default, a span ends with its guard. An end
    /// before the start counts as the start.
    #[inline]
    pub fn ended_at(self, time: impl Into<Timestamp>) -> Self {
        self.int(Key::ENDED, time.into().nanos())
    }

    /// Duration of the span, for work that was timed elsewhere. It counts from [`Guard::started_at`], or else
    /// back from the end.
    #[inline]
    pub fn duration(self, duration: Duration) -> Self {
        self.int(Key::DURATION, duration.as_nanos())
    }

    /// Ends the span now. The result of a model call has its cost and tokens.
    #[inline]
    pub fn end(mut self) -> K::Ended
    where
        K: GuardKind,
    {
        match self.live.take() {
            Some(live) => live.end().into(),
            None => Ended::default().into(),
        }
    }

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

    /// Text that requires full prompt logging.
    #[inline]
    pub(crate) fn private(mut self, key: Key, text: &str) -> Self {
        if let Some(live) = &mut self.live
            && live.is_full()
        {
            live.text(key, text);
        }
        self
    }

    /// Messages that require full prompt logging.
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
