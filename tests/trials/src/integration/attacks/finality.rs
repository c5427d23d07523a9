//! Changed versions of an ended span, sent by others to change its cost.

use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::scene::{Scene, TRACES};
use super::tried::Tried;
use super::wire::{Ask, Wire};
use crate::integration::Bench;
use crate::shell;

/// How long figures may take.
const PATIENCE: Duration = Duration::from_secs(60);
const SPAN: &str = "b7ad6b7169203331";
/// Cost of the first version: two million input tokens of `gpt-5`.
const COST: &str = "2.5";
const CONFIG: &str =
    "[access]\nmode = \"required\"\n[audit]\n[budgets.all]\nlimit_usd = \"2\"\nperiod = \"total\"\n";

/// Keys of two sources and of a reader.
struct Keys {
    source: String,
    other: String,
    admin: String,
}

/// A version of the span.
#[derive(Clone)]
struct Version {
    key: String,
    service: &'static str,
    lasts: i64,
    tokens: u64,
    change: fn(&mut Value),
}

impl Version {
    fn body(&self, began: i64) -> Value {
        let text = |key: &str, value: &str| json!({"key": key, "value": {"stringValue": value}});
        let mut span = json!({
            "traceId": TRACES[0], "spanId": SPAN, "name": "chat gpt-5", "kind": 3,
            "startTimeUnixNano": began.to_string(), "endTimeUnixNano": (began + self.lasts).to_string(),
            "attributes": [
                text("gen_ai.operation.name", "chat"), text("gen_ai.provider.name", "openai"),
                text("gen_ai.request.model", "gpt-5"),
                {"key": "gen_ai.usage.input_tokens", "value": {"intValue": self.tokens.to_string()}},
                {"key": "gen_ai.usage.output_tokens", "value": {"intValue": "0"}},
            ],
        });
        (self.change)(&mut span);
        json!({"resourceSpans": [{"resource": {"attributes": [text("service.name", self.service)]},
            "scopeSpans": [{"scope": {"name": "sender"}, "spans": [span]}]}]})
    }
}

fn attribute(span: &mut Value, key: &str, value: Value) {
    if let Some(list) = span["attributes"].as_array_mut() {
        list.push(json!({"key": key, "value": value}));
    }
}

fn as_sent(_: &mut Value) {}

/// A change of a span as it is sent.
type Change = fn(&mut Value);

/// Changes other than time and tokens.
const CHANGES: [(&str, Change); 8] = [
    ("no change", as_sent),
    ("another signal", |span| attribute(span, "quipu.signal", json!({"stringValue": "log"}))),
    ("left out by sampling", |span| attribute(span, "quipu.sampled", json!({"boolValue": false}))),
    ("still running", |span| span["endTimeUnixNano"] = json!("0")),
    ("another parent", |span| span["parentSpanId"] = json!("c7ad6b7169203331")),
    ("its own parent", |span| span["parentSpanId"] = json!(SPAN)),
    ("no call", |span| span["attributes"] = json!([])),
    ("a failure", |span| span["status"] = json!({"code": 2, "message": "no answer"})),
];

/// Sends a span's ids again with other contents: by another key, as another service, before and after a
/// restart.
pub fn replaced(bench: &Bench) -> Result<Tried> {
    let mut tried = Tried::new("an ended span sent again by another source to lower its cost");
    let scene = Scene::guarded(bench, CONFIG, &[])?;
    let key = |scope: &[&str]| scene.key(scope).map(|(_, secret)| secret);
    let keys = Keys {
        source: key(&["--scope", "ingest"])?,
        other: key(&["--scope", "ingest"])?,
        admin: key(&["--scope", "admin", "--all-projects"])?,
    };
    let began = i64::try_from(jiff::Timestamp::now().as_nanosecond())? - 1_000_000_000;
    let first = Version {
        key: keys.source.clone(),
        service: "shop",
        lasts: 1_000,
        tokens: 2_000_000,
        change: as_sent,
    };
    send(&mut tried, scene.otlp, "the first version", &first, began);
    shell::poll(PATIENCE, || stands(scene.api, &keys).ok().filter(Vec::is_empty))
        .context("the first version is not counted")?;
    let held = Ask::post(&format!("/api/v1/traces/{}/hold", TRACES[0]), &json!({"note": "evidence"}));
    tried.send("hold", scene.api, held.key(&keys.admin), &[200]);
    strike(&mut tried, &scene, (&keys, &first), began)?;
    let scene = scene.restarted(bench, &format!("{CONFIG}\n[project.shop]\n"))?;
    strike(&mut tried, &scene, (&keys, &first), began)?;
    seen(&mut tried, &scene, &keys)?;
    Ok(tried.told("the cost, the budget and the held trace stay; the versions are listed, counted and noted"))
}

fn send(tried: &mut Tried, wire: Wire, what: &str, version: &Version, began: i64) {
    let ask = Ask::post("/v1/traces", &version.body(began)).key(&version.key);
    tried.send(what, wire, ask, &[200]);
}

/// All versions by other sources, then a look at the figures.
fn strike(tried: &mut Tried, scene: &Scene, (keys, first): (&Keys, &Version), began: i64) -> Result<()> {
    let sources = [(&keys.other, "shop"), (&keys.source, "eve"), (&keys.other, "eve")];
    for (key, service) in sources {
        for (what, change) in CHANGES {
            for lasts in [1_001, 999, 1_000, 86_400_000_000_000] {
                let version = Version { key: key.clone(), service, lasts, tokens: 8, change };
                send(tried, scene.otlp, what, &version, began);
            }
            // It starts on another day.
            let version = Version { key: key.clone(), service, lasts: 1_000, tokens: 8, change };
            send(tried, scene.otlp, what, &version, began - 2 * 86_400_000_000_000);
        }
    }
    // A repeated first version changes nothing, for any sender.
    send(
        tried,
        scene.otlp,
        "the first version again",
        &Version { key: keys.other.clone(), ..first.clone() },
        began,
    );
    for wrong in stands(scene.api, keys)? {
        tried.tried(false, wrong);
    }
    Ok(())
}

/// Differences from the first version.
fn stands(api: Wire, keys: &Keys) -> Result<Vec<String>> {
    let get = |path: &str| -> Result<Value> { Ok(api.ask(Ask::get(path).key(&keys.admin))?.json()) };
    let trace = get(&format!("/api/v1/traces/{}", TRACES[0]))?;
    let span = get(&format!("/api/v1/traces/{}/spans/{SPAN}", TRACES[0]))?;
    let usage = get("/api/v1/usage")?;
    let budgets = get("/api/v1/budgets")?;
    let account = &budgets["budgets"][0]["accounts"][0];
    let found = [
        ("the trace", trace["trace"]["cost_usd"].as_str()),
        ("the span", span["span"]["cost_usd"].as_str()),
        ("usage", usage["total"]["cost_usd"].as_str()),
        ("the budget", account["spent"].as_str()),
    ];
    let as_money = |text: Option<&str>| text.map(|text| text.trim_end_matches('0').to_owned());
    let unlike = found.into_iter().filter(|(_, said)| as_money(*said).as_deref() != Some(COST));
    let mut wrong: Vec<String> =
        unlike.map(|(what, said)| format!("{what} costs {said:?}, not {COST}")).collect();
    if span["span"]["duration_ms"] != json!(0.001) || span["span"]["status"] != "unset" {
        wrong.push(format!("the span is another: {}", span["span"]));
    }
    Ok(wrong)
}

/// The rejected versions can be seen.
fn seen(tried: &mut Tried, scene: &Scene, keys: &Keys) -> Result<()> {
    let path = format!("/api/v1/traces/{}/spans/{SPAN}", TRACES[0]);
    let span = scene.api.ask(Ask::get(&path).key(&keys.admin))?.json();
    let conflicts = span["span"]["conflicts"].as_array().map_or(0, Vec::len);
    tried.tried(conflicts == 4, format!("the span shows {conflicts} conflicts, not 4"));
    let page = scene.metrics.ask(Ask::get("/metrics").key(&keys.admin))?;
    let text = String::from_utf8_lossy(&page.body).into_owned();
    let counted = text
        .lines()
        .find_map(|line| line.strip_prefix("quipu_conflicting_spans_total ")?.parse::<f64>().ok());
    tried.tried(counted.is_some_and(|count| count >= 50.0), format!("the metric counts {counted:?}"));
    let audit = scene.audit();
    let says = |word: &str| audit.windows(word.len()).any(|window| window == word.as_bytes());
    tried.tried(says("span.conflict") && says(TRACES[0]), "the audit does not name the held trace");
    Ok(())
}
