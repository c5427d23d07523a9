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
}

/// What a book says of a counted ledger row, by everything that the row knows; `None` where there is nothing to price. The
/// pipeline prices with it, and so does whoever prices again.
///
/// # Errors
/// The row has no price, for the reason given.
pub fn price_row(book: &dyn PriceBook, cost: &Cost) -> Option<Result<PriceAnswer, Unpriced>> {
    let price = |usage: &Usage| price_models(cost, usage, |request| book.price(request));
    match cost.usage.as_ref().filter(|usage| is_billable(usage)) {
        Some(usage) => Some(price(usage)),
        // A failed attempt that reported nothing was not billed; any other call was, by an amount unknown unless its model is
        // paid by time.
        None if cost.failed || !cost.is_call() => None,
        None => Some(price(&Usage::default()).map_err(|_| Unpriced::NoUsage)),
    }
}

/// What a book says of a ledger row under the very rule that priced it: `None` where the row holds no price.
///
/// # Errors
/// The book knows that rule no more in that version, or it has no price for this usage.
pub fn explain_row(book: &dyn PriceBook, cost: &Cost) -> Option<Result<PriceAnswer, Unpriced>> {
    let rule = cost.price.as_ref()?;
    let usage = cost.usage.clone().unwrap_or_default();
    Some(price_models(cost, &usage, |request| book.explain(request, rule)))
}

/// Whether the source said of anything that it is charged by.
fn is_billable(usage: &Usage) -> bool {
    usage.is_known() || usage.units.values().any(|count| *count > 0)
}

/// The request that a row is priced by, for one of its models.
fn request<'a>(cost: &'a Cost, model: &'a str, usage: &'a Usage) -> PriceRequest<'a> {
    PriceRequest {
        provider: cost.provider.as_deref(),
        model,
        at: cost.time,
        context: price_context(cost.service_tier.as_deref()),
        usage,
        units: BTreeMap::new(),
        duration: cost.duration,
    }
}

/// The model that answered is the one billed; the one asked for stands in where no book knows the former.
fn price_models(
    cost: &Cost,
    usage: &Usage,
    ask: impl Fn(&PriceRequest<'_>) -> Result<PriceAnswer, Unpriced>,
) -> Result<PriceAnswer, Unpriced> {
    let mut answer = Err(Unpriced::NoModel);
    for model in [&cost.response_model, &cost.request_model].into_iter().flatten() {
        answer = ask(&request(cost, model, usage));
        if answer.is_ok() {
            break;
        }
    }
    answer
}

/// What the tier word of a source means to a price book. `batch` is a way of processing, `fast` a speed; the rest are tiers.
///
/// Words in capitals are Gemini's `trafficType`
/// (<https://docs.cloud.google.com/vertex-ai/generative-ai/docs/reference/rest/v1/GenerateContentResponse>).
pub fn price_context(tier: Option<&str>) -> BTreeMap<CompactString, CompactString> {
    let pair = |key: &str, value: &str| (CompactString::from(key), CompactString::from(value));
    match tier.map(str::to_lowercase).as_deref() {
        None
        | Some(
            "" | "auto" | "standard" | "standard_only" | "normal" | "on_demand" | "provisioned_throughput",
        ) => BTreeMap::new(),
        Some("batch") => BTreeMap::from([pair("processing", "batch")]),
        Some("fast") => BTreeMap::from([pair("service_tier", "fast"), pair("speed", "fast")]),
        Some("on_demand_priority") => BTreeMap::from([pair("service_tier", "priority")]),
        Some("on_demand_flex") => BTreeMap::from([pair("service_tier", "flex")]),
        Some(tier) => BTreeMap::from([pair("service_tier", tier)]),
    }
}

impl Stage for Priced {
    fn name(&self) -> &'static str {
        "cost"
    }

    fn only_adds(&self) -> bool {
        true
    }

    fn apply(&self, batch: &mut Batch) {
        for cost in batch.costs.iter_mut().filter(|cost| cost.counts()) {
            match price_row(&*self.0, cost) {
                Some(Ok(answer)) => {
                    cost.amount = Some(answer.total);
                    cost.price = Some(answer.rule);
                }
                Some(Err(reason)) => cost.unpriced = Some(reason),
                None => {}
            }
        }
    }
}
