//! Recording state of a span.

use std::fmt::Display;

use quipu_core::{Clock as _, SpanId, SpanKind, Status, TraceId, Usage, Usd};

use super::ended::Ended;
use crate::at::{self, At};
use crate::clock::ticks;
use crate::ids::Ids;
use crate::mirror::{self, Opened};
use crate::open::{Notes, Open};
use crate::place::CurrentSpan;
use crate::sample::{Root, Sampler};
use crate::wire::{FOREIGN, Head, Key, SPAN, subject};
use crate::{Bound, Content, Context, Field, Recorder, local};

/// Recording state of a span. It has the size of a pointer, so guards are cheap to move.
#[derive(Debug)]
pub(crate) struct Live(Box<Open>);

impl Live {
    /// Starts a span in `at`; `None` without a recorder.
    #[inline]
    pub fn begin(at: &At, kind: u8, word: &'static str, name: &str) -> Option<Self> {
        let recorder = at.recorder?;
        let mut live = Self::blank(at, recorder, kind, word, name);
        if !name.is_empty() {
            live.0.writer.text(subject(kind), name);
        }
        live.0.show();
        mirror::tell(|mirror| live.mirror(mirror, at, word, name));
        Some(live)
    }

    /// Starts a span of another instrumentation; `None` without a recorder.
    pub fn foreign(at: &At, scope: &'static str, name: &str) -> Option<Self> {
        let recorder = at.recorder?;
        let mut live = Self::blank(at, recorder, FOREIGN, "", name);
        live.0.writer.text(Key::SCOPE, scope);
        live.0.writer.text(Key::NAME, name);
        live.0.show();
        Some(live)
    }

    #[inline]
    fn blank(at: &At, recorder: Recorder, kind: u8, word: &str, name: &str) -> Self {
        let parent = at.place.as_ref();
        let ids = |ids: &Ids| (parent.map_or_else(|| ids.trace(), |parent| parent.trace_id), ids.span());
        let kept = local::with(|local| (local.take(), ids(&local.ids)));
        let (open, (trace_id, span_id)) = kept.unwrap_or_else(|| (None, ids(&Ids::new())));
        let mut open = open.unwrap_or_else(|| Open::new(recorder));
        let start = ticks();
        let sampled = match parent {
            Some(CurrentSpan { remote: false, sampled, .. }) => *sampled,
            None if matches!(recorder.config().sampler, Sampler::Always) => true,
            _ => {
                let now = recorder.shared().scale.nanos(start).cast_unsigned();
                let asked = || at.held.as_ref().filter(|held| held.bound().debug).map(|_| true);
                let remote = parent.map(|parent| parent.sampled).or_else(asked);
                let root = Root { trace_id, kind: word, name, remote, now };
                recorder.config().sampler.keeps(&root) || recorder.keeps_all()
            }
        };
        open.recorder = recorder;
        open.place = Some(CurrentSpan { trace_id, span_id, sampled, remote: false });
        open.held.clone_from(&at.held);
        open.start = start;
        open.notes = Notes { unwinding: std::thread::panicking(), ..Notes::default() };
        let head = Head {
            what: SPAN,
            kind,
            sampled,
            start,
            trace_id: Some(trace_id),
            span_id: Some(span_id),
            parent_id: parent.map(|parent| parent.span_id),
        };
        open.writer.begin(&head, kind == FOREIGN);
        if let Some(clock) = &recorder.config().clock {
            open.writer.int(Key::CLOCK_START, clock.now().nanos());
        }
        Self(open)
    }

    #[cold]
    fn mirror(&mut self, mirror: &dyn crate::Mirror, parent: &At, kind: &str, name: &str) {
        self.0.notes.mirrored = true;
        let Some(place) = self.0.place else { return };
        mirror.opened(&Opened {
            kind,
            name,
            trace_id: place.trace_id,
            span_id: place.span_id,
            context: &Context { at: self.0.at() },
            parent_id: parent.place.map(|parent| parent.span_id),
        });
    }

    pub fn trace_id(&self) -> Option<TraceId> {
        self.0.place.map(|place| place.trace_id)
    }

    pub fn span_id(&self) -> Option<SpanId> {
        self.0.place.map(|place| place.span_id)
    }

    /// Contents of a context in this span.
    pub fn at(&self) -> At {
        self.0.at()
    }

    /// Whether full prompts are recorded.
    #[inline]
    pub fn is_full(&self) -> bool {
        self.0.recorder.config().log_full_prompts
    }

    pub fn change(&mut self, set: impl FnOnce(&mut Bound)) {
        at::change(&mut self.0.held, set);
    }

    #[inline]
    pub fn text(&mut self, key: Key, text: &str) {
        self.0.writer.text(key, text);
    }

    #[inline]
    pub fn int(&mut self, key: Key, int: i64) {
        self.0.writer.int(key, int);
    }

    #[inline]
    pub fn double(&mut self, key: Key, double: f64) {
        self.0.writer.double(key, double);
    }

    #[inline]
    pub fn flag(&mut self, key: Key, flag: bool) {
        self.0.writer.flag(key, flag);
    }

    pub fn attribute(&mut self, key: &str, value: &Field<'_>) {
        self.0.writer.named(key, value);
    }

    pub fn usage(&mut self, usage: &Usage) {
        self.0.writer.usage(usage);
    }

    pub fn cost(&mut self, cost: Usd) {
        self.0.writer.cost(cost);
    }

    /// Records messages: one text, or an encoded list. The drain adds the JSON around a text.
    pub fn content(&mut self, text: Key, json: Key, content: Content<'_>) {
        match content {
            Content::Text(said) => self.0.writer.text(text, said),
            Content::Json(said) => self.0.writer.text(json, said),
        }
    }

    pub fn event(&mut self, name: &str, attributes: &[(&str, Field<'_>)]) {
        let now = ticks();
        self.0.writer.event(now, name, attributes);
    }

    pub fn link(&mut self, to: CurrentSpan) {
        self.0.writer.link(to.trace_id, to.span_id);
    }

    pub fn fail(&mut self, kind: &str, message: impl Display) {
        self.0.writer.status(Status::Error);
        self.0.writer.text(Key::MESSAGE, &message.to_string());
        self.0.writer.text(Key::ERROR, kind);
    }

    pub fn rename(&mut self, name: &str) {
        self.0.writer.text(Key::NAME, name);
    }

    pub fn span_kind(&mut self, kind: SpanKind) {
        self.0.writer.span_kind(kind);
    }

    pub fn status(&mut self, status: Status, message: &str) {
        self.0.writer.status(status);
        if status != Status::Error {
            self.0.writer.text(Key::MESSAGE, "");
        } else if !message.is_empty() {
            self.0.writer.text(Key::MESSAGE, message);
        }
    }

    /// Records the time to the first token. Later calls do nothing.
    pub fn first_token(&mut self) {
        if !std::mem::replace(&mut self.0.notes.first_token, true) {
            let seconds = self.0.recorder.shared().scale.between(self.0.start, ticks()) / 1e9;
            self.0.writer.double(Key::FIRST_CHUNK, seconds);
        }
    }

    /// Records the time to the first token in seconds, unless it is known.
    pub fn first_token_after(&mut self, seconds: f64) {
        if !std::mem::replace(&mut self.0.notes.first_token, true) {
            self.0.writer.double(Key::FIRST_CHUNK, seconds);
        }
    }

    #[inline]
    pub fn end(mut self) -> Ended {
        if std::thread::panicking() && !self.0.notes.unwinding {
            self.fail("panic", "the code within panicked");
        }
        let mut open = self.0;
        open.hide();
        open.writer.end(ticks());
        if let Some(clock) = &open.recorder.config().clock {
            open.writer.int(Key::CLOCK_END, clock.now().nanos());
        }
        if open.notes.mirrored {
            mirror::tell(|mirror| open.place.iter().for_each(|place| mirror.closed(place.span_id)));
        }
        open.pass();
        Ended(Some(open))
    }
}
