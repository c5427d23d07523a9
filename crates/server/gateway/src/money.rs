//! Budgets of a call: reserved before it, settled or released after it.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use quipu_budget::{Admission, BudgetError, Budgets, Estimate, Subject};
use quipu_core::{Clock, PriceBook, PriceRequest, SystemClock, Timestamp, Usage};
use quipu_http::wire::Answer;
use quipu_pipeline::price_context;
use quipu_sdk::Context;
use quipu_tokens::{Ask, Estimator, Input};
use serde_json::{Map, Value};

use crate::Unjudged;
use crate::dialect::{BUDGET, LOOP, Refusal};

/// Bytes for each token of an unreadable request, as in English text.
pub(crate) const BYTES_PER_TOKEN: usize = 4;

/// The check of calls against budgets.
pub(crate) struct Money {
    pub budgets: Option<Budgets>,
    pub estimator: Estimator,
    pub prices: Arc<dyn PriceBook>,
}

/// A call before its check.
pub(crate) struct Asking {
    pub subject: Subject,
    pub provider: String,
    pub model: String,
    /// The request's body, decompressed.
    pub body: Option<Bytes>,
    /// Its original length.
    pub length: usize,
    /// The maximum number of output tokens.
    pub max_output: u64,
    /// The requested service tier.
    pub tier: Option<String>,
}

/// An admitted call.
#[derive(Default)]
pub(crate) struct Admitted {
    pub held: HeldReservation,
    /// The input tokens, if they were estimated.
    pub input: Option<u64>,
    /// The input tokens by a high estimate, as reserved.
    pub most_input: Option<u64>,
    /// The requested service tier, if it costs more than the usual one.
    pub dear_tier: Option<String>,
}

/// A reservation; it is released if dropped before the call.
#[derive(Default)]
pub(crate) struct HeldReservation {
    admission: Option<Admission>,
    call: Option<Context>,
}

impl Money {
    /// Reserves the maximum cost of a call. Counting tokens and checking budgets may block, so a separate
    /// thread does it.
    ///
    /// # Errors
    /// A budget rejects the call, or cannot be checked.
    pub async fn admit(&self, asking: Asking, unpriced: Option<Unjudged>) -> Result<Admitted, Refusal> {
        let Some(budgets) = self.budgets.clone().filter(|budgets| !budgets.is_empty()) else {
            return Ok(Admitted::default());
        };
        let (estimator, prices) = (self.estimator.clone(), Arc::clone(&self.prices));
        asked(move || {
            let Estimated { estimate, input, most_input, is_dear, is_priced } =
                estimated(&estimator, &*prices, &asking);
            if !is_priced && refuses(unpriced, || budgets.limits_money(&asking.subject))? {
                let why = "the price of this model is unknown, and a budget limits dollars: add the model \
                    to prices.toml, or set unpriced = \"record\" in [proxy]";
                return Err(Refusal::new(StatusCode::FORBIDDEN, "model_unpriced", why));
            }
            let admission = budgets.admit(&asking.subject, estimate).map_err(|error| no(&error))?;
            let held = HeldReservation { admission: Some(admission), call: None };
            Ok(Admitted { held, input, most_input, dear_tier: asking.tier.filter(|_| is_dear) })
        })
        .await
    }

    /// Returns whether an ambiguous request of this subject is rejected.
    ///
    /// # Errors
    /// The budgets cannot be checked.
    pub async fn refuses(&self, told: Option<Unjudged>, subject: Subject) -> Result<bool, Refusal> {
        let Some(budgets) = self.budgets.clone().filter(|budgets| !budgets.is_empty()) else {
            return Ok(told == Some(Unjudged::Refuse));
        };
        asked(move || refuses(told, || budgets.could_concern(&subject))).await
    }

    /// Settles the reservation of a call with its answer.
    pub fn ended(
        &self,
        mut held: HeldReservation,
        provider: &str,
        model: &str,
        at: Timestamp,
        answer: &Answer,
    ) {
        let Some(admission) = held.admission.take() else { return };
        match &answer.usage {
            // The ledger's figures replace these later.
            Some(usage) => {
                let model = answer.model.as_deref().unwrap_or(model);
                let context = price_context(answer.service_tier.as_deref());
                let request =
                    PriceRequest { provider: Some(provider), context, ..PriceRequest::new(model, at, usage) };
                let price = self.prices.price(&request).map(|price| price.total).unwrap_or_default();
                let spent = Estimate::from(usage.clone()).usd(price);
                let call = held.call.take().unwrap_or_default();
                aside(move || admission.for_call(&call).settle(spent));
            }
            None => aside(move || admission.release()),
        }
    }
}

/// Runs work that may wait for the disk, and waits for its result.
async fn asked<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Refusal> + Send + 'static,
) -> Result<T, Refusal> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|_| {
        let why = "the budgets could not be checked";
        Err(Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "budget_unavailable", why))
    })
}

fn refuses(
    told: Option<Unjudged>,
    concerned: impl FnOnce() -> Result<bool, BudgetError>,
) -> Result<bool, Refusal> {
    match told {
        Some(told) => Ok(told == Unjudged::Refuse),
        None => concerned().map_err(|error| no(&error)),
    }
}

fn no(error: &BudgetError) -> Refusal {
    refusal(error, SystemClock.now())
}

impl HeldReservation {
    /// The delay of the call.
    pub fn delay(&self) -> Option<Duration> {
        self.admission.as_ref().and_then(Admission::delay)
    }

    /// The model to call instead.
    pub fn degrade_to(&self) -> Option<String> {
        self.admission.as_ref().and_then(Admission::degrade_to).map(str::to_owned)
    }

    /// Sets the call of the reservation. The budgets learn it at the end of the call, because that may use
    /// the disk.
    pub fn for_call(mut self, call: Context) -> Self {
        self.call = Some(call);
        self
    }
}

impl Drop for HeldReservation {
    fn drop(&mut self) {
        if let Some(admission) = self.admission.take() {
            aside(move || admission.release());
        }
    }
}

/// Runs work that may wait for the disk outside the threads that pass bytes on.
fn aside(work: impl FnOnce() + Send + 'static) {
    match tokio::runtime::Handle::try_current() {
        Ok(handle) => drop(handle.spawn_blocking(work)),
        Err(_) => work(),
    }
}

/// The maximum cost of a call.
struct Estimated {
    estimate: Estimate,
    /// The input tokens, if the body could be read.
    input: Option<u64>,
    most_input: Option<u64>,
    /// Whether the requested tier costs more than the usual one.
    is_dear: bool,
    is_priced: bool,
}

/// Estimates the maximum cost of a call. For an unknown price it reserves tokens and a call, and no money.
fn estimated(estimator: &Estimator, prices: &dyn PriceBook, asking: &Asking) -> Estimated {
    let most = asking.max_output;
    let Some(body) = asking.body.as_ref().and_then(|body| std::str::from_utf8(body).ok()) else {
        let tokens = u64::try_from(asking.length / BYTES_PER_TOKEN).unwrap_or(u64::MAX);
        let estimate = Estimate::call().tokens(tokens.saturating_add(most));
        return Estimated { estimate, input: None, most_input: None, is_dear: false, is_priced: false };
    };
    let ask = Ask {
        max_output: Some(most),
        ..Ask::new(&asking.model, Input::Body(body)).provider(&asking.provider)
    };
    let estimate = estimator.estimate(&ask);
    let is_priced = estimate.cost.is_ok();
    let usd = estimate.cost.map(|cost| cost.high).unwrap_or_default();
    // A provider may serve a request in another tier than the requested one, so the higher price counts.
    let usage = Usage::of(estimate.input.high, estimate.output.high);
    let context = price_context(asking.tier.as_deref());
    let request = PriceRequest {
        provider: Some(&asking.provider),
        context,
        ..PriceRequest::new(&asking.model, ask.at, &usage)
    };
    let in_tier = prices.price(&request).map_or(usd, |price| price.total.max(usd));
    let (usd, is_dear) = (in_tier, in_tier > usd);
    let tokens = estimate.input.high.saturating_add(estimate.output.high);
    let input = Some(estimate.input.expected);
    let most_input = Some(estimate.input.high);
    Estimated { estimate: Estimate::call().usd(usd).tokens(tokens), input, most_input, is_dear, is_priced }
}

/// Converts an error of a budget: 429 with the time of a possible retry, or 402 if waiting does not help.
fn refusal(error: &BudgetError, now: Timestamp) -> Refusal {
    let message = error.to_string();
    let (code, until, details) = match error {
        BudgetError::Exceeded(exceeded) => {
            let details = [
                ("name", exceeded.name.clone()),
                ("limit", exceeded.limit.to_string()),
                ("spent", exceeded.spent.to_string()),
                ("reserved", exceeded.reserved.to_string()),
                ("estimate", exceeded.estimate.to_string()),
            ];
            (BUDGET, exceeded.resets_at, told(details, &exceeded.scope, exceeded.resets_at))
        }
        BudgetError::Loop(looped) => {
            let details = [
                ("name", looped.name.clone()),
                ("kind", looped.kind.as_str().to_owned()),
                ("count", looped.count.to_string()),
                ("bound", looped.bound.to_string()),
            ];
            (LOOP, Some(looped.until), told(details, &looped.scope, Some(looped.until)))
        }
        _ => return Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "budget_unavailable", message),
    };
    let Some(until) = until else {
        return Refusal { details, ..Refusal::new(StatusCode::PAYMENT_REQUIRED, code, message) };
    };
    let nanos = u64::try_from(until.nanos().saturating_sub(now.nanos())).unwrap_or(0);
    let retry_after = Some(nanos.div_ceil(1_000_000_000).max(1));
    Refusal { details, retry_after, ..Refusal::new(StatusCode::TOO_MANY_REQUESTS, code, message) }
}

fn told<const N: usize>(
    figures: [(&str, String); N],
    scope: &std::collections::BTreeMap<String, String>,
    until: Option<Timestamp>,
) -> Map<String, Value> {
    let scope = scope.iter().map(|(name, value)| (format!("scope.{name}"), Value::from(value.as_str())));
    let mut all: Map<String, Value> =
        figures.into_iter().map(|(name, value)| (name.to_owned(), Value::from(value))).chain(scope).collect();
    if let Some(until) = until {
        all.insert("resets_at".to_owned(), Value::from(until.to_string()));
    }
    all
}
