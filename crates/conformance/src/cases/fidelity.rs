//! Cases on fidelity: stored records come back as sent.

use std::sync::Arc;

use quipu_core::{
    Attributes, Detail, Kind, Link, Resource, Scope, Span, SpanEvent, SpanKind, Status, Timestamp, Value,
};

use super::cases;
use crate::ask;
use crate::outcome::{check, same};
use crate::sample::{at, batch, draft, span_id, trace_id};
use crate::{Outcome, Subject};

cases! { "fidelity":
    [Store, Spans] every_kind_of_value,
    [Store, Spans] nan_and_infinities,
    [Store, Spans] bytes_of_every_value,
    [Store, Spans] values_nested_twenty_levels_deep,
    [Store, Spans] repeated_and_empty_keys_in_their_order,
    [Store, Spans] text_in_many_scripts,
    [Store, Spans] control_characters_and_zero_bytes,
    [Store, Spans] a_prompt_of_one_mebibyte,
    [Store, Spans] nanoseconds,
    [Store, Spans] extreme_times,
    [Store, Spans] times_before_1970,
    [Store, Spans] empty_names,
    [Store, Spans] every_span_kind_and_status,
    [Store, Spans] links,
    [Store, Spans] events_within_spans,
    [Store, Spans] resource_and_scope,
    [Store, Spans] the_columns_of_every_kind,
    [Store, Spans] details_only_when_asked_for,
}

/// Writes a span and reads it in both ways.
async fn round_trip(on: &Subject, span: Span) -> Outcome {
    on.write(batch([span.clone()], [])).await?;
    let store = on.store()?;
    let row = store.span(span.trace_id, span.span_id).await?;
    let want = Span { canonical: Box::default(), ..span };
    same!(row.and_then(|row| row.raw).map(|raw| *raw), Some(want.clone()), "the span");
    let rows = ask::all_spans(store, want.trace_id, Detail::Full, 10).await?;
    let listed: Vec<_> = rows.into_iter().filter_map(|row| row.raw).map(|raw| *raw).collect();
    same!(listed, vec![want], "the span in its trace's list");
    Ok(())
}

async fn every_kind_of_value(on: &Subject) -> Outcome {
    let span = draft(1, 1)
        .with("null", Value::Null)
        .with("true", true)
        .with("false", false)
        .with("zero", 0)
        .with("least", i64::MIN)
        .with("greatest", i64::MAX)
        .with("beyond 2^53", 9_007_199_254_740_993)
        .with("double", 0.1 + 0.2)
        .with("minus zero", -0.0)
        .with("tiny", f64::MIN_POSITIVE)
        .with("huge", f64::MAX)
        .with("text", "text")
        .with("empty text", "")
        .with("bytes", Value::Bytes(vec![1, 2, 3]))
        .with("no bytes", Value::Bytes(Vec::new()))
        .with("array", Value::Array(vec![Value::Int(1), Value::from("two"), Value::Null]))
        .with("empty array", Value::Array(Vec::new()))
        .with("map", Value::Map(vec![("b".into(), Value::Int(1)), ("a".into(), Value::Bool(true))]))
        .with("empty map", Value::Map(Vec::new()));
    round_trip(on, span.span()).await
}

async fn nan_and_infinities(on: &Subject) -> Outcome {
    let nested = Value::Array(vec![Value::Double(f64::NAN), Value::Double(f64::NEG_INFINITY)]);
    let span = draft(1, 1).with("nan", f64::NAN).with("inf", f64::INFINITY).with("nested", nested);
    round_trip(on, span.span()).await
}

async fn bytes_of_every_value(on: &Subject) -> Outcome {
    round_trip(on, draft(1, 1).with("bytes", Value::Bytes((0..=u8::MAX).collect())).span()).await
}

async fn values_nested_twenty_levels_deep(on: &Subject) -> Outcome {
    let wrap = |inner: Value, level: i32| match level % 2 {
        0 => Value::Array(vec![inner]),
        _ => Value::Map(vec![("level".into(), Value::from(i64::from(level))), ("inner".into(), inner)]),
    };
    round_trip(on, draft(1, 1).with("deep", (0..20).fold(Value::from("bottom"), wrap)).span()).await
}

async fn repeated_and_empty_keys_in_their_order(on: &Subject) -> Outcome {
    let span = draft(1, 1).with("z", 1).with("a", 2).with("", "no key").with("z", 3).with("Z", 4);
    round_trip(on, span.span()).await
}

async fn text_in_many_scripts(on: &Subject) -> Outcome {
    let text = "Grüße, 世界, שלום, مرحبا, नमस्ते, 👩🏽‍🚀🏳️‍🌈, e\u{301}, \u{202e}right to left\u{202c}, \u{10FFFF}";
    let mut span = draft(1, 1).named(text).with("ключ 🔑", text).with("text", text).failed(text).span();
    span.trace_state = "vendor=värde".to_owned();
    round_trip(on, span).await
}

async fn control_characters_and_zero_bytes(on: &Subject) -> Outcome {
    let text: String =
        (0_u8..32).map(char::from).chain(['\u{7f}', '\u{85}', '\u{2028}', '\u{feff}', '\'']).collect();
    round_trip(on, draft(1, 1).named(&text).with("text", text.as_str()).failed(&text).span()).await
}

async fn a_prompt_of_one_mebibyte(on: &Subject) -> Outcome {
    let line = "The quick brown fox — 敏捷的棕色狐狸 — jumps over the lazy dog number ";
    let prompt: String =
        (0..).map(|number| format!("{line}{number}\n")).take((1 << 20) / line.len()).collect();
    check!(prompt.len() >= 1 << 20, "the prompt has only {} bytes", prompt.len());
    round_trip(on, draft(1, 1).with("gen_ai.input.messages", prompt.as_str()).span()).await
}

async fn nanoseconds(on: &Subject) -> Outcome {
    let start = at(0).plus(123_456_789);
    round_trip(on, draft(1, 1).starts(start).lasts(1).span()).await?;
    let row = ask::trace(on.store()?, 1).await?;
    same!((row.started_at, row.duration), (start, 1), "start and duration");
    Ok(())
}

async fn extreme_times(on: &Subject) -> Outcome {
    let mut late = draft(1, 1).starts(Timestamp::from_nanos(i64::MAX - 1)).lasts(1).span();
    late.events.push(SpanEvent {
        time: Timestamp::from_nanos(i64::MAX),
        name: "end".into(),
        ..Default::default()
    });
    round_trip(on, late).await?;
    round_trip(on, draft(2, 1).starts(Timestamp::from_nanos(0)).lasts(0).span()).await?;
    let month = 31 * Timestamp::DAY;
    round_trip(on, draft(3, 1).lasts(month).span()).await?;
    same!(ask::trace(on.store()?, 3).await?.duration, month, "duration");
    Ok(())
}

async fn times_before_1970(on: &Subject) -> Outcome {
    round_trip(on, draft(1, 1).starts(Timestamp::from_nanos(-1)).lasts(2).span()).await?;
    same!(ask::trace(on.store()?, 1).await?.started_at, Timestamp::from_nanos(-1), "start");
    Ok(())
}

async fn empty_names(on: &Subject) -> Outcome {
    round_trip(on, draft(1, 1).named("").span()).await?;
    same!(ask::trace(on.store()?, 1).await?.name, "", "name of the trace");
    Ok(())
}

async fn every_span_kind_and_status(on: &Subject) -> Outcome {
    let kinds = [
        SpanKind::Unspecified,
        SpanKind::Internal,
        SpanKind::Server,
        SpanKind::Client,
        SpanKind::Producer,
        SpanKind::Consumer,
    ];
    let mut trace = 0;
    for kind in kinds {
        for status in [Status::Unset, Status::Ok, Status::Error] {
            trace += 1;
            let status_message = format!("{status:?} because");
            round_trip(on, Span { kind, status, status_message, ..draft(trace, 1).span() }).await?;
            same!(ask::span(on.store()?, trace, 1).await?.status, status, "status");
        }
    }
    Ok(())
}

async fn links(on: &Subject) -> Outcome {
    let mut span = draft(1, 1).span();
    for number in 1..=50 {
        let attributes = [("number", Value::from(i64::try_from(number).unwrap_or(0)))].into_iter().collect();
        span.links.push(Link { trace_id: trace_id(number % 3 + 1), span_id: span_id(number), attributes });
    }
    round_trip(on, span).await
}

async fn events_within_spans(on: &Subject) -> Outcome {
    let mut span = draft(1, 1).span();
    for second in [5, 1, 3, 1] {
        let attributes = [("stack", Value::from("at main\n\tat start")), ("escaped", Value::from(true))];
        let attributes = attributes.into_iter().collect();
        span.events.push(SpanEvent { time: at(second).plus(7), name: "exception".into(), attributes });
    }
    round_trip(on, span).await
}

async fn resource_and_scope(on: &Subject) -> Outcome {
    let attributes: Attributes =
        [("service.name", Value::from("shop")), ("pid", Value::from(7))].into_iter().collect();
    let resource = Resource { attributes: attributes.clone(), schema_url: "https://example.com/1".into() };
    let scope = Scope {
        name: "lib".into(),
        version: "1.2".into(),
        attributes,
        schema_url: "https://example.com/2".into(),
    };
    let full = Span { resource: Arc::new(resource.clone()), scope: Arc::new(scope), ..draft(1, 1).span() };
    round_trip(on, full.clone()).await?;
    let other = Resource { schema_url: "".into(), ..resource };
    round_trip(on, Span { resource: Arc::new(other), trace_id: trace_id(2), ..full }).await?;
    round_trip(on, draft(3, 1).span()).await
}

async fn the_columns_of_every_kind(on: &Subject) -> Outcome {
    for (number, kind) in (1..).zip(Kind::ALL) {
        let name = kind.as_str();
        let span = draft(number, 1).read(|read| {
            read.kind = kind;
            read.agent = Some(format!("agent of {name}").into());
            read.tool = Some(format!("tool of {name}").into());
            read.provider = Some("anthropic".into());
            read.request_model = Some("asked".into());
            read.response_model = (kind != Kind::Llm).then(|| "answered".into());
        });
        let span = span.below(9).span();
        on.write(batch([span.clone()], [])).await?;
        let row = ask::span(on.store()?, number, 1).await?;
        let read = &span.canonical;
        same!((row.kind, row.span_id, row.parent_id), (kind, span.span_id, span.parent_id), "kind and ids");
        same!(
            (row.name, row.start, row.duration),
            (&span.name, span.start, span.duration()),
            "name and times"
        );
        same!((row.agent, row.tool), (&read.agent, &read.tool), "agent and tool");
        same!((row.provider, row.model), (&read.provider, read.model()), "provider and model");
        same!(row.cost, None::<quipu_core::Cost>, "ledger row");
    }
    Ok(())
}

async fn details_only_when_asked_for(on: &Subject) -> Outcome {
    on.write(batch([draft(1, 1).with("a", "b").span()], [])).await?;
    let rows = ask::all_spans(on.store()?, trace_id(1), Detail::Summary, 10).await?;
    same!(rows.iter().map(|row| row.raw.is_some()).collect::<Vec<_>>(), vec![false], "whether raw is there");
    Ok(())
}
