//! Route that prices one usage.

use std::collections::BTreeMap;

use crate::json::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use compact_str::CompactString;
use quipu_core::{PriceRequest, PriceUnit, Timestamp, Usage};
use quipu_query::parse_time;
use serde::Deserialize;
use serde_json::Value;

use super::Answer;
use crate::Problem;
use crate::dto::{PriceAnswer, PriceAsk};
use crate::extract::NoParams;
use crate::shared::Shared;

/// The body as sent. Counts and time are parsed separately, so that an error can name the invalid one.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    provider: Option<CompactString>,
    model: CompactString,
    at: Option<Value>,
    #[serde(default)]
    context: BTreeMap<CompactString, CompactString>,
    usage: BTreeMap<CompactString, Value>,
}

/// Price
///
/// Prices one usage, with every line of the bill and its rule. An unknown price is null with a reason, never
/// zero.
#[utoipa::path(post, path = "/api/v1/price", tag = "figures", request_body = PriceAsk,
    responses((status = 200, description = "The price, or the reason for a missing price.", body = PriceAnswer),
        (status = 413, description = "The body is larger than 64 KiB.", body = Problem,
            content_type = "application/problem+json")))]
pub(crate) async fn price(
    State(api): Shared,
    _: NoParams,
    body: Result<Bytes, BytesRejection>,
) -> Answer<PriceAnswer> {
    let body: Body = serde_json::from_slice(&body?).map_err(bad_json)?;
    let (usage, units) = read_usage(&body.usage)?;
    if body.model.trim().is_empty() {
        return Err(bad("model: found \"\", expected the model's name."));
    }
    let request = PriceRequest {
        provider: body.provider.as_deref(),
        model: &body.model,
        at: read_time(body.at.as_ref(), api.clock.now())?,
        context: body.context,
        usage: &usage,
        units,
        duration: None,
    };
    Ok(Json(PriceAnswer::from(api.prices.price(&request))))
}

fn bad(detail: impl Into<String>) -> Problem {
    Problem::bad_request("Bad body", detail)
}

fn bad_json(error: serde_json::Error) -> Problem {
    bad(format!("The body is not the JSON that this route takes: {error}."))
}

fn read_time(at: Option<&Value>, now: Timestamp) -> Result<Timestamp, Problem> {
    let time = match at {
        None => Some(now),
        Some(Value::String(text)) => parse_time(text, now),
        Some(Value::Number(number)) => parse_time(&number.to_string(), now),
        Some(_) => None,
    };
    let expected = "an RFC 3339 time, a whole Unix time, `now`, or an age such as -1h";
    time.ok_or_else(|| bad(format!("at: found {}, expected {expected}.", shown(at.unwrap_or(&Value::Null)))))
}

/// An invalid value, shortened.
fn shown(value: &Value) -> String {
    value.to_string().chars().take(64).collect()
}

type Field = fn(&mut Usage) -> &mut Option<u64>;

/// Units that are tokens of a call; all others are passed on by name.
const TOKENS: [(&str, Field); 13] = [
    ("input_tokens", |usage| &mut usage.input),
    ("cache_read_tokens", |usage| &mut usage.cache_read),
    ("cache_write_tokens", |usage| &mut usage.cache_write),
    ("cache_write_5m_tokens", |usage| &mut usage.cache_write_5m),
    ("cache_write_1h_tokens", |usage| &mut usage.cache_write_1h),
    ("input_audio_tokens", |usage| &mut usage.input_audio),
    ("input_image_tokens", |usage| &mut usage.input_image),
    ("cache_read_audio_tokens", |usage| &mut usage.cache_read_audio),
    ("tool_prompt_tokens", |usage| &mut usage.tool_prompt),
    ("output_tokens", |usage| &mut usage.output),
    ("reasoning_tokens", |usage| &mut usage.reasoning),
    ("output_audio_tokens", |usage| &mut usage.output_audio),
    ("output_image_tokens", |usage| &mut usage.output_image),
];

/// Parts whose sum cannot exceed their whole.
const PARTS: [(&[&str], &str); 10] = [
    (&["cache_read_tokens", "cache_write_tokens"], "input_tokens"),
    (&["input_audio_tokens"], "input_tokens"),
    (&["input_image_tokens"], "input_tokens"),
    (&["tool_prompt_tokens"], "input_tokens"),
    (&["cache_write_5m_tokens", "cache_write_1h_tokens"], "cache_write_tokens"),
    (&["cache_read_audio_tokens"], "cache_read_tokens"),
    (&["cache_read_audio_tokens"], "input_audio_tokens"),
    (&["reasoning_tokens"], "output_tokens"),
    (&["output_audio_tokens"], "output_tokens"),
    (&["output_image_tokens"], "output_tokens"),
];

fn read_usage(counts: &BTreeMap<CompactString, Value>) -> Result<(Usage, BTreeMap<PriceUnit, u64>), Problem> {
    let (mut usage, mut units) = (Usage::default(), BTreeMap::new());
    for (name, value) in counts {
        let expected = "a whole number that is not negative";
        let wrong = || bad(format!("usage.{name}: found {}, expected {expected}.", shown(value)));
        let count = value.as_u64().ok_or_else(wrong)?;
        match TOKENS.iter().find(|(token, _)| token == name) {
            Some((_, field)) => *field(&mut usage) = Some(count),
            None => drop(units.insert(name.clone(), count)),
        }
    }
    if let (None, Some(writes)) = (usage.cache_write, sum(usage.cache_write_5m, usage.cache_write_1h)) {
        usage.cache_write = Some(writes);
    }
    PARTS.iter().try_for_each(|(parts, whole)| check_parts(&mut usage, parts, whole))?;
    Ok((usage, units))
}

fn sum(a: Option<u64>, b: Option<u64>) -> Option<u64> {
    (a.is_some() || b.is_some()).then(|| a.unwrap_or(0).saturating_add(b.unwrap_or(0)))
}

fn count_of(usage: &mut Usage, name: &str) -> Option<u64> {
    TOKENS.iter().find(|(token, _)| *token == name).and_then(|(_, field)| *field(usage))
}

fn check_parts(usage: &mut Usage, parts: &[&str], whole: &str) -> Result<(), Problem> {
    let part = parts.iter().fold(None, |so_far, name| sum(so_far, count_of(usage, name)));
    let (Some(part), total) = (part, count_of(usage, whole).unwrap_or(0)) else {
        return Ok(());
    };
    if part > total {
        let names = parts.join(" and ");
        return Err(bad(format!(
            "usage.{whole}: found {total}, expected at least {part}, of which {names} are parts."
        )));
    }
    Ok(())
}
