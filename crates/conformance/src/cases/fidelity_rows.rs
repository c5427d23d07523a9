//! Cases on fidelity of ledger rows, events and points.

use std::sync::Arc;

use quipu_core::{
    Attributes, Batch, Billing, Cost, Event, Kind, Level, Reading, Resource, Rule, Scope, Timestamp,
    Unpriced, Usage, Usd, Value,
};

use super::cases;
use crate::ask;
use crate::outcome::same;
use crate::sample::{at, batch, cost, draft, event, priced, span_id, trace_id};
use crate::{Outcome, Subject};

cases! { "fidelity":
    [Store, Spans, Costs] every_field_of_usage,
    [Store, Spans, Costs] usage_that_is_unknown_or_zero,
    [Store, Spans, Costs] every_field_of_a_ledger_row,
    [Store, Spans, Costs] every_rule_and_reason,
    [Store, Spans, Costs] money_to_24_digits,
    [Store, Spans, Costs] counts_beyond_32_bits,
    [Store, Events] every_field_of_an_event,
    [Store, Events] every_level,
    [Store, Events] event_bodies_of_every_kind,
}

/// Writes one call with this row and returns the stored row.
async fn kept(on: &Subject, trace: u64, change: impl FnOnce(&mut Cost)) -> Outcome {
    let span = draft(trace, 1).llm("gpt-5", 1, 1).span();
    let mut row = cost(&span);
    change(&mut row);
    on.write(batch([span], [row.clone()])).await?;
    same!(ask::span(on.store()?, trace, 1).await?.cost, Some(row), "ledger row of trace {trace}");
    Ok(())
}

fn full_usage() -> Usage {
    Usage {
        input: Some(1_000),
        cache_read: Some(500),
        cache_write: Some(300),
        cache_write_5m: Some(200),
        cache_write_1h: Some(100),
        input_audio: Some(11),
        input_image: Some(12),
        cache_read_audio: Some(13),
        tool_prompt: Some(14),
        output: Some(400),
        reasoning: Some(150),
        output_audio: Some(16),
        output_image: Some(17),
        units: std::iter::once(("web_searches".into(), 3)).collect(),
        reading: Reading::ProvenExclusive,
        estimated: true,
    }
}

async fn every_field_of_usage(on: &Subject) -> Outcome {
    kept(on, 1, |row| row.usage = Some(full_usage())).await?;
    let readings = [
        Reading::Inclusive,
        Reading::Exclusive,
        Reading::ProvenInclusive,
        Reading::ProvenExclusive,
        Reading::Inferred,
    ];
    for (trace, reading) in (2..).zip(readings) {
        kept(on, trace, |row| row.usage = Some(Usage { reading, estimated: false, ..full_usage() })).await?;
    }
    Ok(())
}

async fn usage_that_is_unknown_or_zero(on: &Subject) -> Outcome {
    kept(on, 1, |row| row.usage = None).await?;
    kept(on, 2, |row| row.usage = Some(Usage::default())).await?;
    let zero = Usage { input: Some(0), cache_read: Some(0), output: Some(0), ..Usage::default() };
    kept(on, 3, |row| row.usage = Some(zero)).await
}

async fn every_field_of_a_ledger_row(on: &Subject) -> Outcome {
    kept(on, 1, |row| {
        row.version = 7;
        row.failed = true;
        row.rule = Rule::Merged;
        row.service = Some("shop".into());
        row.framework = Some("langgraph".into());
        row.convention = "openinference".into();
        row.agent = Some("Ägent".into());
        row.tool = Some("search".into());
        row.provider = Some("aws.bedrock".into());
        row.request_model = Some("asked".into());
        row.response_model = Some("answered".into());
        row.service_tier = Some("priority".into());
        row.billing = Billing::Subscription;
        row.price =
            Some(quipu_core::PriceRef { source: "book".into(), version: "2026-03".into(), id: "a/b".into() });
        row.amount = "0.25".parse().ok();
        row.reported = "0.26".parse().ok();
    })
    .await?;
    kept(on, 2, |row| {
        row.duration = None;
        row.convention = "".into();
        row.provider = None;
        row.request_model = None;
        row.response_model = None;
    })
    .await
}

async fn every_rule_and_reason(on: &Subject) -> Outcome {
    let rules = [
        Rule::Leaf,
        Rule::Repeats,
        Rule::NeverCounted,
        Rule::OrphanRollup,
        Rule::Merged,
        Rule::Duplicate,
        Rule::Fetched,
    ];
    for (trace, rule) in (1..).zip(rules) {
        kept(on, trace, |row| row.rule = rule).await?;
    }
    let reasons = [
        Unpriced::UnknownModel,
        Unpriced::NoModel,
        Unpriced::NoUsage,
        Unpriced::NoUnitPrice,
        Unpriced::NotValidThen,
    ];
    for (trace, why) in (11..).zip(reasons) {
        kept(on, trace, |row| row.unpriced = Some(why)).await?;
    }
    for (trace, kind) in (21..).zip(Kind::ALL) {
        kept(on, trace, |row| row.kind = kind).await?;
    }
    Ok(())
}

async fn money_to_24_digits(on: &Subject) -> Outcome {
    let amounts = [
        "0",
        "0.000000000000000000000001",
        "0.041666666666666664000001",
        "12345678901234.123456789012345678901234",
        "-3.5",
    ];
    for (trace, text) in (1..).zip(amounts) {
        let amount: Option<Usd> = text.parse().ok();
        same!(amount.map(|amount| amount.to_string()), Some(text), "the amount");
        kept(on, trace, |row| (row.amount, row.reported) = (amount, amount)).await?;
        let row = ask::trace(on.store()?, trace).await?;
        same!((row.cost, row.reported_cost), (amount, amount), "cost of the trace");
    }
    let spans = [draft(9, 1).llm("gpt-5", 1, 1).span(), draft(9, 2).llm("gpt-5", 1, 1).span()];
    let costs = [priced(&spans[0], "170000000000"), priced(&spans[1], "0.000000000000000000000001")];
    on.write(batch(spans, costs)).await?;
    let sum = ask::trace(on.store()?, 9).await?.cost.map(|sum| sum.to_string());
    same!(sum, Some("170000000000.000000000000000000000001"), "sum");
    Ok(())
}

async fn counts_beyond_32_bits(on: &Subject) -> Outcome {
    let many = 1_u64 << 40;
    kept(on, 1, |row| {
        row.usage = Some(Usage { input: Some(many), output: Some(many + 1), ..Usage::default() })
    })
    .await?;
    let tokens = ask::trace(on.store()?, 1).await?.tokens;
    same!((tokens.input, tokens.output, tokens.total()), (many, many + 1, 2 * many + 1), "tokens");
    Ok(())
}

async fn event_round_trip(on: &Subject, events: Vec<Event>) -> Outcome {
    on.write(Batch { events: events.clone(), ..Batch::default() }).await?;
    let mut rows = on.store()?.events(&ask::every_event()).await?.rows;
    rows.reverse();
    same!(rows, events, "events, oldest first");
    Ok(())
}

async fn every_field_of_an_event(on: &Subject) -> Outcome {
    let attributes: Attributes =
        [("a", Value::from(1)), ("nan", Value::from(f64::NAN)), ("text", Value::from("töxt"))]
            .into_iter()
            .collect();
    let full = Event {
        trace_id: Some(trace_id(1)),
        span_id: Some(span_id(2)),
        session: Some("session".into()),
        agent: Some("agent".into()),
        framework: Some("framework".into()),
        attributes: attributes.clone(),
        resource: Arc::new(Resource {
            attributes: attributes.clone(),
            schema_url: "https://example.com/1".into(),
        }),
        scope: Arc::new(Scope {
            name: "lib".into(),
            version: "1".into(),
            attributes,
            schema_url: "u".into(),
        }),
        ..event(at(1).plus(123_456_789), Level::Warning, "gen_ai.evaluation.result", "body")
    };
    let plain = event(at(2), Level::Info, "", "");
    event_round_trip(on, vec![full, plain]).await
}

async fn every_level(on: &Subject) -> Outcome {
    let events =
        (1..).zip(Level::ALL).map(|(second, level)| event(at(second), level, level.as_str(), "body"));
    event_round_trip(on, events.collect()).await
}

async fn event_bodies_of_every_kind(on: &Subject) -> Outcome {
    let bodies = [
        Value::Null,
        Value::Bool(true),
        Value::Int(i64::MIN),
        Value::Double(f64::NEG_INFINITY),
        Value::Bytes(vec![0, 255]),
        Value::Array(vec![Value::Null, Value::from("x")]),
        Value::Map(vec![("k".into(), Value::Map(vec![("inner".into(), Value::from(1.5))]))]),
    ];
    let with_body = |(second, body): (i64, Value)| Event { body, ..event(at(second), Level::Info, "n", "") };
    let mut events: Vec<_> = (1..).zip(bodies).map(with_body).collect();
    events.push(event(Timestamp::from_nanos(at(99).nanos()), Level::Info, "n", "text"));
    event_round_trip(on, events).await
}
