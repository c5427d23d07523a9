//! The one place where a call gets its cost.

use std::collections::BTreeMap;
use std::sync::Arc;

use compact_str::CompactString;
use quipu_core::{Batch, Cost, PriceAnswer, PriceBook, PriceRequest, Stage, Unpriced, Usage};

/// Prices every counted ledger row at the time when its call began. A row without a price says why.
pub struct Priced(Arc<dyn PriceBook>);

impl Priced {
    /// Prices from this book.
    pub fn new(book: Arc<dyn PriceBook>) -> Self {
        Self(book)
    }

    fn price(&self, cost: &Cost, usage: &Usage) -> Result<PriceAnswer, Unpriced> {
        let context = context(cost.service_tier.as_deref());
        let mut answer = Err(Unpriced::NoModel);
        // The model that answered is the one billed; the one asked for stands in where no book knows the former.
        for model in [&cost.response_model, &cost.request_model].into_iter().flatten() {
            answer = self.0.price(&PriceRequest {
                provider: cost.provider.as_deref(),
                model,
                at: cost.time,
                context: context.clone(),
                usage,
                units: BTreeMap::new(),
            });
            if answer.is_ok() {
                break;
            }
        }
        answer
    }

    fn apply_to(&self, cost: &mut Cost) {
        let known = cost.usage.as_ref().filter(|usage| usage.is_known());
        let answer = match known {
            Some(usage) => self.price(cost, usage),
            // A failed attempt that reported nothing was not billed; any other call was, by an amount unknown.
            None if cost.failed || !cost.is_call() => return,
            None => Err(Unpriced::NoUsage),
        };
        match answer {
            Ok(answer) => {
                cost.amount = Some(answer.total);
                cost.price = Some(answer.rule);
            }
            Err(reason) => cost.unpriced = Some(reason),
        }
    }
}

/// What the tier word of a source means to a price book. `batch` is a way of processing, `fast` a speed; the rest are tiers.
fn context(tier: Option<&str>) -> BTreeMap<CompactString, CompactString> {
    let pair = |key: &str, value: &str| (CompactString::from(key), CompactString::from(value));
    match tier {
        None | Some("auto" | "standard" | "normal") => BTreeMap::new(),
        Some("batch") => BTreeMap::from([pair("processing", "batch")]),
        Some("fast") => BTreeMap::from([pair("service_tier", "fast"), pair("speed", "fast")]),
        Some(tier) => BTreeMap::from([pair("service_tier", tier)]),
    }
}

impl Stage for Priced {
    fn name(&self) -> &'static str {
        "cost"
    }

    fn apply(&self, batch: &mut Batch) {
        batch.costs.iter_mut().filter(|cost| cost.counts()).for_each(|cost| self.apply_to(cost));
    }
}
