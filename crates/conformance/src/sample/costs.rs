//! Ledger rows for sample spans.

use quipu_core::{Cost, PriceRef, Rule, Span, Status, Unpriced, Usd};

use super::sure;

/// The counted row of a span, first version, without money.
pub fn cost(span: &Span) -> Cost {
    let read = &span.canonical;
    Cost {
        trace_id: span.trace_id,
        span_id: span.span_id,
        version: 1,
        time: span.start,
        duration: span.duration(),
        kind: read.kind,
        signal: read.signal,
        rule: Rule::Leaf,
        failed: span.status == Status::Error,
        service: span.resource.service().map(Into::into),
        framework: read.framework.clone(),
        convention: read.convention.clone(),
        agent: read.agent.clone(),
        tool: read.tool.clone(),
        provider: read.provider.clone(),
        request_model: read.request_model.clone(),
        response_model: read.response_model.clone(),
        service_tier: read.service_tier.clone(),
        billing: read.billing.unwrap_or_default(),
        usage: read.usage.clone(),
        amount: None,
        unpriced: None,
        price: None,
        reported: read.reported_cost,
        inferred: Vec::new(),
        estimate: None,
        scopes: Vec::new(),
    }
}

/// The counted row of a span with a computed cost, such as `0.0125`.
pub fn priced(span: &Span, usd: &str) -> Cost {
    let model = span.canonical.model().map_or("none", |model| model.as_str());
    let provider = span.canonical.provider.as_deref().unwrap_or("none");
    let rule =
        PriceRef { source: "sample".into(), version: "1".into(), id: format!("{provider}/{model}").into() };
    Cost { amount: Some(sure(usd.parse::<Usd>())), price: Some(rule), ..cost(span) }
}

/// The counted row of a span without a price, with the reason.
pub fn unpriced(span: &Span, why: Unpriced) -> Cost {
    Cost { unpriced: Some(why), ..cost(span) }
}
