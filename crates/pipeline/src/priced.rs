//! The stage that prices calls.

use std::collections::BTreeMap;
use std::sync::Arc;

use compact_str::CompactString;
use quipu_core::{
    Batch, Cost, Kind, PriceAnswer, PriceBook, PriceRequest, Spread, Stage, Unpriced, Usage, UsageEstimate,
};

/// Prices every counted ledger row for the time when its call began. A row without a price gets a reason.
pub struct Priced(Arc<dyn PriceBook>);

impl Priced {
    /// Creates the stage with a price book.
    pub fn new(book: Arc<dyn PriceBook>) -> Self {
        Self(book)
    }
}

/// Price of a counted ledger row, from all its fields; `None` if there is nothing to price. The pipeline and
/// repricing both use it.
///
/// # Errors
/// The reason why the row has no price.
pub fn price_row(book: &dyn PriceBook, cost: &Cost) -> Option<Result<PriceAnswer, Unpriced>> {
    let price = |usage: &Usage| price_models(cost, usage, |request| book.price(request));
    match cost.usage.as_ref().filter(|usage| is_billable(usage)) {
        Some(usage) => Some(price(usage)),
        // A failed attempt without usage was not billed. Any other call was billed, by an unknown amount
        // unless its model is paid by time.
        None if cost.failed || !cost.is_call() => None,
        None => Some(price(&Usage::default()).map_err(|_| Unpriced::NoUsage)),
    }
}

/// The list price of an estimated usage; `None` without a price.
fn price_estimate(book: &dyn PriceBook, cost: &Cost, estimate: &UsageEstimate) -> Option<Spread> {
    let price = |input: u64, output: u64| {
        let usage = match cost.kind {
            Kind::Embedding => Usage { input: Some(input), ..Usage::default() },
            _ => Usage::of(input, output),
        };
        price_models(cost, &usage, |request| book.price(request)).ok().map(|answer| answer.total)
    };
    Some(Spread {
        low: price(estimate.input.low, estimate.output.low)?,
        expected: price(estimate.input.expected, estimate.output.expected)?,
        high: price(estimate.input.high, estimate.output.high)?,
    })
}

/// Explains the price of a ledger row with the rule that priced it; `None` if the row has no price.
///
/// # Errors
/// The book no longer has that version of the rule, or the rule has no price for this usage.
pub fn explain_row(book: &dyn PriceBook, cost: &Cost) -> Option<Result<PriceAnswer, Unpriced>> {
    let rule = cost.price.as_ref()?;
    let usage = cost.usage.clone().unwrap_or_default();
    Some(price_models(cost, &usage, |request| book.explain(request, rule)))
}

/// Whether the source reported any billable quantity.
fn is_billable(usage: &Usage) -> bool {
    usage.is_known() || usage.units.values().any(|count| *count > 0)
}

/// Price request of a row for one of its models.
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

/// Prices by the model that answered, which is the billed one. If no book knows it, the requested model is
/// used.
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

/// Maps a source's tier to conditions of a price book. `batch` is a way of processing, `fast` a speed; the
/// rest are tiers.
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
        price_batch(&*self.0, batch);
    }
}

/// Prices the counted rows of a batch.
pub(crate) fn price_batch(book: &dyn PriceBook, batch: &mut Batch) {
    for cost in batch.costs.iter_mut().filter(|cost| cost.counts()) {
        match price_row(book, cost) {
            Some(Ok(answer)) => {
                cost.amount = Some(answer.total);
                cost.price = Some(answer.rule);
            }
            Some(Err(reason)) => cost.unpriced = Some(reason),
            None => {}
        }
        if let Some(mut estimate) = cost.estimated().copied() {
            estimate.cost = price_estimate(book, cost, &estimate);
            cost.estimate = Some(Box::new(estimate));
        }
    }
}
