//! Records of a counted call by another sender, forged to lower its cost.

use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::scene::Scene;
use super::tried::Tried;
use super::wire::Ask;
use crate::integration::Bench;
use crate::shell;

/// Time limit for figures to appear.
const PATIENCE: Duration = Duration::from_secs(60);
const CONFIG: &str =
    "[access]\nmode = \"required\"\n[audit]\n[budgets.all]\nlimit_usd = \"2\"\nperiod = \"total\"\n";
const DAY: i64 = 86_400_000_000_000;

/// Where the forged record stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Below,
    Beside,
    OtherTrace,
}

/// A change that makes a record of the same call cheaper.
type Change = fn(&mut Value);

const CHANGES: [(&str, Change); 8] = [
    ("fewer tokens", |span| attribute(span, "gen_ai.usage.input_tokens", json!({"intValue": "1"}))),
    ("no tokens", |span| attribute(span, "gen_ai.usage.input_tokens", json!({"intValue": "0"}))),
    ("all from a cache", |span| {
        attribute(span, "gen_ai.usage.cache_read.input_tokens", json!({"intValue": "2000000"}));
    }),
    ("a cheaper model", |span| attribute(span, "gen_ai.request.model", json!({"stringValue": "gpt-5-nano"}))),
    ("a model without a price", |span| {
        attribute(span, "gen_ai.response.model", json!({"stringValue": "unheard-of"}));
    }),
    ("a cheaper tier", |span| {
        attribute(span, "gen_ai.openai.response.service_tier", json!({"stringValue": "flex"}));
    }),
    ("a subscription", |span| attribute(span, "quipu.billing", json!({"stringValue": "subscription"}))),
    ("a negative number", |span| attribute(span, "gen_ai.usage.input_tokens", json!({"intValue": "-5"}))),
];

/// Sets an attribute.
fn attribute(span: &mut Value, key: &str, value: Value) {
    if let Some(list) = span["attributes"].as_array_mut() {
        list.retain(|one| one["key"] != key);
        list.push(json!({"key": key, "value": value}));
    }
}

/// A call of two million tokens, as the span `id` of a trace.
fn call(trace: &str, id: &str, number: usize, began: i64, kind: &str) -> Value {
    let text = |key: &str, value: &str| json!({"key": key, "value": {"stringValue": value}});
    json!({
        "traceId": trace, "spanId": id, "name": format!("{kind} gpt-5"), "kind": 3,
        "startTimeUnixNano": began.to_string(), "endTimeUnixNano": (began + 1_000_000_000).to_string(),
        "attributes": [
            text("gen_ai.operation.name", kind), text("gen_ai.provider.name", "openai"),
            text("gen_ai.request.model", "gpt-5"), text("gen_ai.response.id", &format!("chatcmpl-forged-{number:08}")),
            {"key": "gen_ai.usage.input_tokens", "value": {"intValue": (2_000_000 + number * 1_000).to_string()}},
            {"key": "gen_ai.usage.output_tokens", "value": {"intValue": "0"}},
        ],
    })
}

fn body(service: &str, scope: &str, span: &Value) -> Value {
    let name = json!([{"key": "service.name", "value": {"stringValue": service}}]);
    json!({"resourceSpans": [{"resource": {"attributes": name},
        "scopeSpans": [{"scope": {"name": scope}, "spans": [span]}]}]})
}

/// What all calls cost, in the totals and in the budget, and their number.
fn figures(scene: &Scene, admin: &str) -> Option<(f64, f64, u64)> {
    let get = |path: &str| Some(scene.api.ask(Ask::get(path).key(admin)).ok()?.json());
    let money = |text: &Value| text.as_str().and_then(|text| text.parse::<f64>().ok()).unwrap_or(0.0);
    let (usage, budgets) = (get("/api/v1/usage")?, get("/api/v1/budgets")?);
    let account = &budgets["budgets"][0]["accounts"][0];
    Some((
        money(&usage["total"]["cost_usd"]),
        money(&account["spent"]),
        usage["total"]["llm_calls"].as_u64()?,
    ))
}

/// Sends forged records of calls and of roll-ups; neither the totals nor the budget may fall.
pub fn forged(bench: &Bench) -> Result<Tried> {
    let mut tried =
        Tried::new("a forged second record of a call, below, beside and elsewhere, to lower its cost");
    let scene = Scene::guarded(bench, CONFIG, &[])?;
    let key = |scope: &[&str]| scene.key(scope).map(|(_, secret)| secret);
    let (own, other) = (key(&["--scope", "ingest"])?, key(&["--scope", "ingest"])?);
    let admin = key(&["--scope", "admin", "--all-projects"])?;
    let now = i64::try_from(jiff::Timestamp::now().as_nanosecond())?;
    let mut counted = 0.0;
    let kinds = ["chat", "invoke_agent"];
    let places = [Place::Below, Place::Beside, Place::OtherTrace];
    let variants = kinds
        .iter()
        .flat_map(|kind| places.iter().flat_map(move |place| CHANGES.map(|change| (*kind, *place, change))));
    for (number, (kind, place, (what, change))) in variants.enumerate() {
        // Each pair has a moment of its own.
        let began = now - DAY / 2 + i64::try_from(number)? * 120_000_000_000;
        let trace = format!("dd{number:030x}");
        let first = call(&trace, "b7ad6b7169203331", number, began, kind);
        let sent = Ask::post("/v1/traces", &body("shop", "scope of the source", &first)).key(&own);
        tried.send("the first record", scene.otlp, sent, &[200]);
        let came = || figures(&scene, &admin).filter(|now| now.0 > counted && now.1 > counted);
        let before = shell::poll(PATIENCE, came).context("a first record is not counted")?;
        let other_trace = format!("ee{number:030x}");
        let trace = if place == Place::OtherTrace { &other_trace } else { &trace };
        let mut span = call(trace, "c7ad6b7169203331", number, began, "chat");
        if place == Place::Below {
            span["parentSpanId"] = json!("b7ad6b7169203331");
        }
        change(&mut span);
        let sent = Ask::post("/v1/traces", &body("eve", "scope of another", &span)).key(&other);
        tried.send(what, scene.otlp, sent, &[200]);
        let after = settled(&scene, &admin, trace).context("a forged record does not appear")?;
        let fell = after.0 < before.0 - 1e-9 || after.1 < before.1 - 1e-9 || after.2 < before.2;
        tried.hold(!fell, format!("{kind}, {what}, {place:?}: {before:?} became {after:?}"));
        counted = after.0.max(after.1);
    }
    Ok(tried.told("neither the totals nor the budget fall"))
}

/// The figures once a trace has the forged span.
fn settled(scene: &Scene, admin: &str, trace: &str) -> Option<(f64, f64, u64)> {
    let path = format!("/api/v1/traces/{trace}/spans/c7ad6b7169203331");
    shell::poll(PATIENCE, || {
        let reply = scene.api.ask(Ask::get(&path).key(admin)).ok()?;
        (reply.status == 200).then_some(())
    })?;
    figures(scene, admin)
}
