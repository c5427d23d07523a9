//! Validates drafts within the limits, and collects the result.

use std::mem::size_of;
use std::sync::Arc;

use compact_str::CompactString;
use quipu_core::{Canonical, Limits, Resource, Scope, Span, SpanId, Timestamp, TraceId, Value};
use quipu_otlp::{Decoded, Rejection};

use crate::draft::{Draft, DraftError, Pair, Read, Stop};

/// Step in bytes by which memory is requested.
const STEP: usize = 8 << 10;

/// Validates drafts one by one.
pub(crate) struct Taker<'a> {
    pub(crate) limits: &'a Limits,
    earliest: Timestamp,
    latest: Timestamp,
    grow: &'a mut dyn FnMut(usize) -> bool,
    footprint: usize,
    granted: usize,
    /// Number of spans so far, including rejected ones.
    seen: usize,
    /// Placeholder for a batch's process until it is known.
    pending: Arc<Resource>,
    /// Index of the first span of the batch; a request may have any number of batches.
    begun: usize,
    /// The last resource and scope; the next span often has the same.
    process: Arc<Resource>,
    pub(crate) scope: Arc<Scope>,
    pub(crate) out: Decoded,
}

/// Required fields of a span.
pub(crate) struct Identity {
    pub(crate) trace_id: TraceId,
    pub(crate) span_id: SpanId,
    pub(crate) start: Timestamp,
    pub(crate) end: Option<Timestamp>,
}

impl<'a> Taker<'a> {
    pub(crate) fn new(limits: &'a Limits, now: Timestamp, grow: &'a mut dyn FnMut(usize) -> bool) -> Self {
        let nanos =
            |seconds: u64| i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(Timestamp::SECOND);
        Self {
            limits,
            earliest: now.plus(nanos(limits.past_seconds).saturating_neg()),
            latest: now.plus(nanos(limits.future_seconds)),
            grow,
            footprint: 0,
            granted: 0,
            seen: 0,
            pending: Arc::default(),
            begun: 0,
            process: Arc::default(),
            scope: Arc::default(),
            out: Decoded::default(),
        }
    }

    /// Accounts for memory before its allocation.
    pub(crate) fn charge(&mut self, bytes: usize) -> Read<()> {
        self.footprint = self.footprint.saturating_add(bytes);
        if self.footprint > self.granted {
            self.granted = self.footprint.saturating_add(STEP);
            if !(self.grow)(self.granted) {
                return Err(Stop::Full);
            }
        }
        Ok(())
    }

    pub(crate) fn mend(&mut self, reason: &'static str) {
        self.out.mended.add(reason, 1);
    }

    /// Whether a record with `have` attributes may have one more. Otherwise the attribute is counted as
    /// dropped.
    pub(crate) fn fits(&mut self, have: usize) -> bool {
        let fits = have < self.limits.attributes;
        if !fits {
            self.mend("attributes");
        }
        fits
    }

    /// A name, repaired and cut.
    pub(crate) fn name(&mut self, bytes: Vec<u8>) -> CompactString {
        CompactString::from(self.cut(bytes, self.limits.name_bytes, "name_bytes"))
    }

    /// A text value, repaired and cut.
    pub(crate) fn text(&mut self, bytes: Vec<u8>) -> String {
        self.cut(bytes, self.limits.value_bytes, "value_bytes")
    }

    /// A byte value, cut.
    pub(crate) fn bytes(&mut self, mut bytes: Vec<u8>) -> Vec<u8> {
        if bytes.len() > self.limits.value_bytes {
            bytes.truncate(self.limits.value_bytes);
            bytes.shrink_to_fit();
            self.mend("value_bytes");
        }
        bytes
    }

    fn cut(&mut self, bytes: Vec<u8>, most: usize, reason: &'static str) -> String {
        let mut text = String::from_utf8(bytes).unwrap_or_else(|error| {
            self.out.mended.add("utf8", 1);
            String::from_utf8_lossy(error.as_bytes()).into_owned()
        });
        if text.len() > most {
            text.truncate(text.floor_char_boundary(most));
            text.shrink_to_fit();
            self.mend(reason);
        }
        text
    }

    /// A key with its value; accounts for their memory.
    pub(crate) fn pair(&mut self, key: Vec<u8>, value: Value) -> Read<Pair> {
        let heap = match &value {
            Value::String(text) => text.len(),
            Value::Bytes(bytes) => bytes.len(),
            _ => 0,
        };
        self.charge(size_of::<Pair>() + key.len() + heap)?;
        Ok((self.name(key), value))
    }

    /// The source of spans; shared with the previous span if equal.
    pub(crate) fn resource(&mut self, resource: Resource) -> Arc<Resource> {
        if *self.process != resource {
            self.process = Arc::new(resource);
        }
        Arc::clone(&self.process)
    }

    /// Validates a draft: it becomes a span, or is rejected.
    pub(crate) fn take(&mut self, mut draft: Draft) -> Read<()> {
        let index = self.seen;
        self.seen += 1;
        match self.identity(&mut draft) {
            Ok(identity) => {
                self.charge(size_of::<Span>() + size_of::<Canonical>())?;
                let resource = draft.process.take().unwrap_or_else(|| Arc::clone(&self.pending));
                let span = self.span(draft, identity, resource);
                self.out.batch.spans.push(span);
            }
            Err(refusal) => self.refuse(index, &draft, refusal),
        }
        Ok(())
    }

    fn refuse(&mut self, index: usize, draft: &Draft, refusal: DraftError) {
        let DraftError { reason, why } = refusal;
        self.out.rejected.add(reason, || {
            let mut where_ = format!("spans[{index}]");
            if let Ok(id) = TraceId::from_bytes(draft.trace_id) {
                where_.push_str(&format!(" trace {id}"));
            }
            if let Ok(id) = SpanId::from_bytes(draft.span_id) {
                where_.push_str(&format!(" span {id}"));
            }
            Rejection { what: "span", where_, why }
        });
    }

    /// Reports that the rest of a packet cannot be read.
    pub(crate) fn refuse_rest(&mut self, why: String) {
        let where_ = format!("spans[{}] and later ones", self.seen);
        self.out.rejected.add("broken", || Rejection { what: "span", where_, why });
    }

    fn identity(&self, draft: &mut Draft) -> Result<Identity, DraftError> {
        if let Some(fault) = draft.fault.take() {
            return Err(fault);
        }
        let (start, end) = self.times(draft)?;
        let missing = |reason, what| move |_| DraftError::new(reason, format!("{what} is missing"));
        Ok(Identity {
            trace_id: TraceId::from_bytes(draft.trace_id).map_err(missing("trace_id", "trace id"))?,
            span_id: SpanId::from_bytes(draft.span_id).map_err(missing("span_id", "span id"))?,
            start,
            end,
        })
    }

    fn times(&self, draft: &Draft) -> Result<(Timestamp, Option<Timestamp>), DraftError> {
        if draft.start == 0 {
            return Err(DraftError::new("time_missing", "start time is missing"));
        }
        let start = self.time("start time", draft.start)?;
        match draft.duration {
            None => Ok((start, None)),
            Some(duration) if duration < 0 => {
                Err(DraftError::new("time_order", format!("the duration of {duration} ns is negative")))
            }
            Some(duration) => Ok((start, Some(self.time("end time", draft.start.saturating_add(duration))?))),
        }
    }

    /// Checks that a time is within the limits. `what` names it: `start time`.
    fn time(&self, what: &str, nanos: i64) -> Result<Timestamp, DraftError> {
        let time = Timestamp::from_nanos(nanos);
        let (reason, bound, seconds) = if time > self.latest {
            ("time_future", "ahead of", self.limits.future_seconds)
        } else if time < self.earliest {
            ("time_past", "behind", self.limits.past_seconds)
        } else {
            return Ok(time);
        };
        Err(DraftError::new(reason, format!("{what} {nanos} ns is more than {seconds} s {bound} the clock")))
    }

    /// Sets the batch's process on all spans without a process of their own.
    pub(crate) fn end_batch(&mut self, process: Option<Arc<Resource>>) {
        let pending = std::mem::take(&mut self.pending);
        let from = std::mem::replace(&mut self.begun, self.out.batch.spans.len());
        if let Some(process) = process {
            for span in self.out.batch.spans.iter_mut().skip(from) {
                if Arc::ptr_eq(&span.resource, &pending) {
                    span.resource = Arc::clone(&process);
                }
            }
        }
    }
}
