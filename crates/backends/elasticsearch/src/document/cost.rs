//! Documents of ledger rows.

use quipu_core::Cost;

use super::StreamName;
use super::fields::Fields;
use super::source::begin;
use super::span::tokens;

/// Writes a ledger row.
pub(crate) fn cost(out: &mut Vec<u8>, place: &StreamName<'_>, of: &Cost) {
    let mut fields = Fields::new(out);
    begin(&mut fields, "costs", place, of.time);
    fields.shown("trace.id", Some(of.trace_id));
    fields.shown("span.id", Some(of.span_id));
    fields.text("event.kind", "metric");
    fields.plain("event.duration", of.duration);
    fields.text("event.outcome", if of.failed { "failure" } else { "success" });
    fields.maybe("service.name", of.service.as_ref());
    fields.text("quipu.kind", of.kind.as_str());
    fields.text("quipu.signal", of.signal.as_str());
    fields.text("quipu.convention", &of.convention);
    fields.maybe("quipu.framework", of.framework.as_ref());
    fields.maybe("gen_ai.agent.name", of.agent.as_ref());
    fields.maybe("gen_ai.tool.name", of.tool.as_ref());
    fields.maybe("gen_ai.provider.name", of.provider.as_ref());
    fields.maybe("gen_ai.request.model", of.request_model.as_ref());
    fields.maybe("gen_ai.response.model", of.response_model.as_ref());
    fields.maybe("quipu.service_tier", of.service_tier.as_ref());
    fields.text("quipu.billing", of.billing.as_str());
    if let Some(usage) = &of.usage {
        tokens(&mut fields, usage);
    }
    verdict(&mut fields, of);
    fields.plain("quipu.cost.reported_usd", of.reported);
    fields.end();
}

/// Writes whether it counts, and its cost. Amounts are JSON numbers with all digits; the field itself is a
/// double.
pub(crate) fn verdict(fields: &mut Fields<'_>, of: &Cost) {
    fields.plain("quipu.cost.counted", Some(of.counts()));
    fields.text("quipu.cost.rule", of.rule.word());
    fields.plain("quipu.cost.usd", of.amount);
    fields.maybe("quipu.cost.reason", of.unpriced.map(quipu_core::Unpriced::as_str));
    if let Some(price) = &of.price {
        fields.text("quipu.cost.price.source", &price.source);
        fields.text("quipu.cost.price.version", &price.version);
        fields.text("quipu.cost.price.id", &price.id);
    }
}
