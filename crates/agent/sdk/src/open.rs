//! A record under construction, and its path to the drain.

use std::sync::Arc;

use crate::at::{At, BoundValues};
use crate::lane::Lane;
use crate::place::CurrentSpan;
use crate::slot::Slot;
use crate::tally::{Loss, Tally};
use crate::wire::{EVENT, Writer};
use crate::{Recorder, local};

/// A record under construction. A thread reuses its memory for later records.
#[derive(Debug)]
pub(crate) struct Open {
    pub recorder: Recorder,
    /// The span itself, or the span of an event.
    pub place: Option<CurrentSpan>,
    pub held: Option<Arc<BoundValues>>,
    pub writer: Writer,
    /// Start in ticks.
    pub start: u64,
    pub notes: Notes,
    /// Where the drain sees the span while it is open; made with the buffer's first span.
    slot: Option<Arc<Slot>>,
}

/// State of a span until its end.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Notes {
    /// A mirror was notified of the span.
    pub mirrored: bool,
    /// The time to the first token is recorded.
    pub first_token: bool,
    /// The span started during the unwinding of a panic, which then is no failure of the span.
    pub unwinding: bool,
}

/// Type of a record, for the counters.
#[derive(Debug, Clone, Copy)]
enum What {
    Span,
    Unsampled,
    Event,
}

impl Open {
    #[cold]
    pub fn new(recorder: Recorder) -> Box<Self> {
        Box::new(Self {
            recorder,
            place: None,
            held: None,
            writer: Writer::default(),
            start: 0,
            notes: Notes::default(),
            slot: None,
        })
    }

    pub fn at(&self) -> At {
        At { recorder: Some(self.recorder), place: self.place, held: self.held.clone() }
    }

    /// Shows the span to the drain until [`Self::hide`].
    #[inline]
    pub fn show(&mut self) {
        if self.place.is_some_and(|place| place.sampled) {
            self.slot.get_or_insert_with(Slot::new).open(self.recorder.address(), self.writer.words());
        }
    }

    /// Hides the span from the drain, which gets its record next.
    #[inline]
    pub fn hide(&self) {
        if let Some(slot) = &self.slot {
            slot.close();
        }
    }

    /// Sends the record to the drain without waiting. A record that cannot be sent is dropped and counted.
    /// The thread reuses its memory.
    #[inline]
    pub fn send(mut self: Box<Self>) {
        self.pass();
        self.keep();
    }

    /// Same as [`Self::send`], but the record stays readable.
    #[inline]
    pub fn pass(&mut self) {
        if let Some(held) = self.held.take() {
            self.writer.append(held.fields());
        }
        let what = match (self.writer.what(), self.place) {
            (Some(EVENT), _) => What::Event,
            (_, Some(CurrentSpan { sampled: false, .. })) => What::Unsampled,
            _ => What::Span,
        };
        let recorder = self.recorder;
        let sent = local::with(|local| local.lane(recorder, |lane| self.push(lane, what))).flatten();
        // Reached only during thread exit.
        if sent.is_none() {
            self.push_stray(what);
        }
    }

    /// Leaves the memory to the thread's next record.
    #[inline]
    pub fn keep(self: Box<Self>) {
        local::with(|local| local.keep(self));
    }

    #[inline]
    fn push(&mut self, lane: &mut Lane, what: What) {
        let pushed = if self.recorder.is_closed() {
            Err(Loss::Closed)
        } else if lane.is_large(size_of_val(self.writer.words())) {
            self.recorder.push_large(self.writer.words().into())
        } else {
            lane.push(self.writer.words())
        };
        let tally = lane.tally();
        match pushed {
            Ok(()) => what.count(tally),
            Err(loss) => tally.lose(loss),
        }
        if self.writer.is_cut() {
            tally.lose(Loss::FieldTooLarge);
        }
    }

    #[cold]
    fn push_stray(&mut self, what: What) {
        let record = self.writer.words().into();
        let pushed =
            if self.recorder.is_closed() { Err(Loss::Closed) } else { self.recorder.push_large(record) };
        self.recorder.count_stray(|tally| match pushed {
            Ok(()) => what.count(tally),
            Err(loss) => tally.lose(loss),
        });
    }
}

impl What {
    #[inline]
    fn count(self, tally: &Tally) {
        match self {
            Self::Span => Tally::one(&tally.spans),
            Self::Event => Tally::one(&tally.events),
            Self::Unsampled => Tally::one(&tally.unsampled),
        }
    }
}
