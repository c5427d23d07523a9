//! Records of a counted call by another sender, forged to lower its cost.

use std::collections::BTreeMap;
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
const CONFIG: &str = "[access]\nmode = \"required\"\n[audit]\n\
    [budgets.all]\nlimit_usd = \"2\"\nperiod = \"total\"\n\
    [budgets.shop]\nlimit_usd = \"2\"\nperiod = \"total\"\nscope = { service = \"shop\" }\n\
    [budgets.agents]\nlimit_usd = \"2\"\nperiod = \"total\"\nscope = { agent = \"planner\" }\n\
    [budgets.users]\nlimit_usd = \"2\"\nperiod = \"total\"\nscope = { user = \"ann\" }\n";
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

const CHANGES: [(&str, Change); 9] = [
    ("no change", |_| ()),
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

pub fn body(service: &str, scope: &str, span: &Value) -> Value {
    let name = json!([{"key": "service.name", "value": {"stringValue": service}}]);
    json!({"resourceSpans": [{"resource": {"attributes": name},
        "scopeSpans": [{"scope": {"name": scope}, "spans": [span]}]}]})
}

/// Cost and number of all calls, in the totals and in each budget.
#[derive(Debug)]
pub struct Figures {
    pub total: f64,
    pub budgets: BTreeMap<String, f64>,
    pub calls: u64,
}

impl Figures {
    /// Whether every budget has spending.
    fn is_full(&self) -> bool {
        self.total > 0.0 && self.budgets.len() == 4 && self.budgets.values().all(|spent| *spent > 0.0)
    }

    /// Whether all are greater than before.
    fn exceeds(&self, before: &Self) -> bool {
        let grew =
            |(name, spent): (&String, &f64)| self.budgets.get(name).is_some_and(|now| *now > spent + 1e-9);
        self.total > before.total + 1e-9 && before.budgets.iter().all(grew)
    }

    /// Whether none is smaller than before.
    pub fn stand(&self, before: &Self) -> bool {
        let stands =
            |(name, spent): (&String, &f64)| self.budgets.get(name).is_some_and(|now| *now >= spent - 1e-9);
        self.total >= before.total - 1e-9 && before.budgets.iter().all(stands)
    }
}

/// The figures of the server now.
pub fn figures(scene: &Scene, admin: &str) -> Option<Figures> {
    let get = |path: &str| Some(scene.api.ask(Ask::get(path).key(admin)).ok()?.json());
    let money = |text: &Value| text.as_str().and_then(|text| text.parse::<f64>().ok()).unwrap_or(0.0);
    let (usage, budgets) = (get("/api/v1/usage")?, get("/api/v1/budgets")?);
    let spent = |budget: &Value| {
        let accounts = budget["accounts"].as_array().map(Vec::as_slice).unwrap_or_default();
        Some((budget["name"].as_str()?.to_owned(), accounts.iter().map(|one| money(&one["spent"])).sum()))
    };
    Some(Figures {
        total: money(&usage["total"]["cost_usd"]),
        budgets: budgets["budgets"].as_array()?.iter().filter_map(spent).collect(),
        calls: usage["total"]["llm_calls"].as_u64()?,
    })
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
    let mut counted: Option<Figures> = None;
    let kinds = ["chat", "invoke_agent"];
    let places = [Place::Below, Place::Beside, Place::OtherTrace];
    let variants = kinds
        .iter()
        .flat_map(|kind| places.iter().flat_map(move |place| CHANGES.map(|change| (*kind, *place, change))));
    for (number, (kind, place, (what, change))) in variants.enumerate() {
        // Each pair has a moment of its own.
        let began = now - DAY / 2 + i64::try_from(number)? * 120_000_000_000;
        let trace = format!("dd{number:030x}");
        let mut first = call(&trace, "b7ad6b7169203331", number, began, kind);
        attribute(&mut first, "gen_ai.agent.name", json!({"stringValue": "planner"}));
        attribute(&mut first, "user.id", json!({"stringValue": "ann"}));
        let sent = Ask::post("/v1/traces", &body("shop", "scope of the source", &first)).key(&own);
        tried.send("the first record", scene.otlp, sent, &[200]);
        let exceeds = |now: &Figures| counted.as_ref().is_none_or(|before| now.exceeds(before));
        let has_grown = |now: &Figures| exceeds(now) && now.is_full();
        let came = || figures(&scene, &admin).filter(has_grown);
        let before = shell::poll(PATIENCE, came).context("a first record is not counted")?;
        let other_trace = format!("ee{number:030x}");
        let trace = if place == Place::OtherTrace { &other_trace } else { &trace };
        let mut span = call(trace, "c7ad6b7169203331", number, began, "chat");
        if place == Place::Below {
            span["parentSpanId"] = json!("b7ad6b7169203331");
        }
        attribute(&mut span, "gen_ai.agent.name", json!({"stringValue": "eve"}));
        attribute(&mut span, "user.id", json!({"stringValue": "eve"}));
        change(&mut span);
        let sent = Ask::post("/v1/traces", &body("eve", "scope of another", &span)).key(&other);
        tried.send(what, scene.otlp, sent, &[200]);
        let after = settled(&scene, &admin, trace).context("a forged record does not appear")?;
        let stands = after.stand(&before) && after.calls >= before.calls;
        tried.hold(stands, format!("{kind}, {what}, {place:?}: {before:?} became {after:?}"));
        counted = Some(after);
    }
    Ok(tried.told("neither the totals nor a budget fall"))
}

/// The figures once a trace has the forged span.
fn settled(scene: &Scene, admin: &str, trace: &str) -> Option<Figures> {
    let path = format!("/api/v1/traces/{trace}/spans/c7ad6b7169203331");
    shell::poll(PATIENCE, || {
        let reply = scene.api.ask(Ask::get(&path).key(admin)).ok()?;
        (reply.status == 200).then_some(())
    })?;
    figures(scene, admin)
}
