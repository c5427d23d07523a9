//! Reads and writes ledger rows.

use quipu_core::{Billing, Cost, PriceRef, Result, Signal};

use crate::fields::Fields;
use crate::object::Object;
use crate::usage;
use crate::words::Word;

macro_rules! names {
    ($use:ident) => {
        $use!(service, framework, agent, tool, provider, request_model, response_model, service_tier)
    };
}

pub(crate) fn write(out: &mut Vec<u8>, row: &Cost) {
    let mut object = Object::new(out);
    object.text("record", "cost");
    object.shown("trace_id", Some(row.trace_id));
    object.shown("span_id", Some(row.span_id));
    object.plain("version", Some(row.version));
    object.shown("started_at", Some(row.time));
    object.span_of_time("duration", row.duration);
    object.text("kind", row.kind.as_str());
    object.maybe("signal", (row.signal != Signal::Span).then(|| Word::word(row.signal)));
    object.plain("failed", Some(row.failed));
    object.maybe("model", row.model());
    macro_rules! put {
        ($($name:ident),+) => {$(object.maybe(stringify!($name), row.$name.as_ref());)+};
    }
    names!(put);
    object.filled("convention", &row.convention);
    object.maybe("billing", (row.billing != Billing::Metered).then(|| Word::word(row.billing)));
    if let Some(used) = &row.usage {
        usage::write(object.key("tokens"), used);
    }
    write_verdict(&mut object, row);
    object.shown("reported_cost_usd", row.reported);
    object.end();
}

/// Writes whether it counts, and its cost.
pub(crate) fn write_verdict(object: &mut Object<'_>, row: &Cost) {
    object.plain("counted", Some(row.counts()));
    object.text("counted_rule", Word::word(row.rule));
    object.shown("cost_usd", row.amount);
    object.maybe("cost_reason", row.unpriced.map(Word::word));
    if let Some(price) = &row.price {
        let mut within = Object::new(object.key("price"));
        within.text("source", &price.source);
        within.text("version", &price.version);
        within.text("id", &price.id);
        within.end();
    }
}

pub(crate) fn read(from: &mut Fields) -> Result<Cost> {
    let mut row = Cost {
        trace_id: from.need("trace_id")?,
        span_id: from.need("span_id")?,
        version: from.need("version")?,
        time: from.need("started_at")?,
        duration: from.span_of_time("duration")?,
        kind: from.need("kind")?,
        signal: from.or_default("signal")?,
        rule: from.need("counted_rule")?,
        failed: from.need("failed")?,
        service: None,
        framework: None,
        convention: from.or_default("convention")?,
        agent: None,
        tool: None,
        provider: None,
        request_model: None,
        response_model: None,
        service_tier: None,
        billing: from.or_default("billing")?,
        usage: from.within("tokens")?.map(usage::read).transpose()?,
        amount: from.get("cost_usd")?,
        unpriced: from.get("cost_reason")?,
        price: from.within("price")?.map(read_price).transpose()?,
        reported: from.get("reported_cost_usd")?,
        inferred: Vec::new(),
        estimate: None,
        scopes: Vec::new(),
    };
    macro_rules! take {
        ($($name:ident),+) => {$(row.$name = from.get(stringify!($name))?;)+};
    }
    names!(take);
    Ok(row)
}

fn read_price(mut from: Fields) -> Result<PriceRef> {
    Ok(PriceRef { source: from.need("source")?, version: from.need("version")?, id: from.need("id")? })
}
