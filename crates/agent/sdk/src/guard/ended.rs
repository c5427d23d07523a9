//! Ended span, with its cost and tokens on request.

use quipu_core::{Batch, Cost, Span, Timestamp, Usage, Usd};

use crate::clock::Scale;
use crate::open::Open;
use crate::wire::Decoder;

/// An ended model call. Its methods read the record again, so a caller that ignores it pays nothing. It is
/// empty without a recorder.
///
/// Costs come from the price book of the recorder ([`crate::RecorderConfig::pricer`]). They are those of the
/// span alone: another record of the same call, such as that of an HTTP client, can still replace it in the
/// totals.
///
/// ```
/// let ended = quipu_sdk::llm("openai", "gpt-5").usage((1_200, 85)).end();
/// println!("{:?} for {:?} tokens in {:?}", ended.cost(), ended.tokens(), ended.duration());
/// ```
#[derive(Debug, Default)]
pub struct Ended(pub(crate) Option<Box<Open>>);

impl Ended {
    /// The span as recorded, before adapters and redaction. Its times can differ by microseconds from those
    /// of the stored span.
    pub fn span(&self) -> Option<Span> {
        let open = self.0.as_deref()?;
        let (mut batch, recorder) = (Batch::default(), open.recorder);
        let mut decoder = Decoder::new(recorder.config().resource.clone());
        decoder.decode(open.writer.words(), &Scale::now(), &mut batch);
        batch.spans.pop()
    }

    /// The ledger row: tokens, cost, price rule, or the reason for a missing price. `None` for a span that is
    /// no call and no tool run, and without a price book.
    pub fn row(&self) -> Option<Cost> {
        let pricer = self.0.as_deref()?.recorder.config().pricer.as_ref()?;
        pricer.row(self.span()?)
    }

    /// The computed cost. `None` if it is unknown: [`Self::row`] has the reason.
    pub fn cost(&self) -> Option<Usd> {
        self.row()?.amount
    }

    /// The used tokens; `None` if the call reported none.
    pub fn usage(&self) -> Option<Usage> {
        self.row()?.usage
    }

    /// Sum of input and output tokens; `None` if the call reported none.
    pub fn tokens(&self) -> Option<u64> {
        let usage = self.usage().filter(Usage::is_known)?;
        Some(usage.input.unwrap_or(0).saturating_add(usage.output.unwrap_or(0)))
    }

    /// Start of the span.
    pub fn started_at(&self) -> Option<Timestamp> {
        self.span().map(|span| span.start)
    }

    /// Duration of the span.
    pub fn duration(&self) -> Option<std::time::Duration> {
        let nanos = self.span()?.duration()?;
        Some(std::time::Duration::from_nanos(u64::try_from(nanos).unwrap_or(0)))
    }
}

impl Drop for Ended {
    #[inline]
    fn drop(&mut self) {
        if let Some(open) = self.0.take() {
            open.keep();
        }
    }
}

impl From<Ended> for () {
    #[inline]
    fn from(_: Ended) {}
}
