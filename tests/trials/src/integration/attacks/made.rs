//! Records of another key, forged to lower the cost of calls that logs and metrics report.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::joined::{Figures, body, figures};
use super::scene::Scene;
use super::tried::Tried;
use super::wire::Ask;
use crate::integration::Bench;
use crate::shell;

/// Time limit for figures to appear.
const PATIENCE: Duration = Duration::from_secs(60);
const CONFIG: &str = "[access]\nmode = \"required\"\n[audit]\n\
    [budgets.all]\nlimit_usd = \"2\"\nperiod = \"total\"\n\
    [budgets.shop]\nlimit_usd = \"2\"\nperiod = \"total\"\nscope = { service = \"shop\" }\n";
const SECOND: i64 = 1_000_000_000;
const MODEL: &str = "claude-sonnet-4-5";
/// Tokens of a real call, which cost six dollars.
const TOKENS: u64 = 1_000_000;

fn text(key: &str, value: &str) -> Value {
    json!({"key": key, "value": {"stringValue": value}})
}

/// A record of a call by Claude Code's logs.
fn log(service: &str, session: &str, at: i64, tokens: u64) -> Value {
    let record = json!({
        "timeUnixNano": at.to_string(), "body": {"stringValue": "claude_code.api_request"},
        "attributes": [
            text("event.name", "api_request"), text("session.id", session), text("prompt.id", "p1"),
            text("model", MODEL), text("input_tokens", &tokens.to_string()), text("output_tokens", "0"),
            text("cost_usd", if tokens == TOKENS { "3" } else { "0.000001" }), text("duration_ms", "900"),
        ],
    });
    json!({"resourceLogs": [{"resource": {"attributes": [text("service.name", service)]},
        "scopeLogs": [{"scope": {"name": "com.anthropic.claude_code.events"}, "logRecords": [record]}]}]})
}

/// A reading of Claude Code's cumulative counter of tokens.
fn metric(service: &str, session: &str, (began, at): (i64, i64), tokens: u64) -> Value {
    let point = json!({
        "startTimeUnixNano": began.to_string(), "timeUnixNano": at.to_string(), "asDouble": tokens,
        "attributes": [text("session.id", session), text("model", MODEL), text("type", "input")],
    });
    let sum = json!({"aggregationTemporality": 2, "isMonotonic": true, "dataPoints": [point]});
    json!({"resourceMetrics": [{"resource": {"attributes": [text("service.name", service)]},
        "scopeMetrics": [{"scope": {"name": "com.anthropic.claude_code"},
            "metrics": [{"name": "claude_code.token.usage", "sum": sum}]}]}]})
}

/// A span with the ids of another record.
fn span((trace, id): (&str, &str), session: &str, (began, ended): (i64, i64), signal: &str) -> Value {
    let number = |value: u64| json!({"intValue": value.to_string()});
    json!({
        "traceId": trace, "spanId": id, "name": "claude_code.api_request", "kind": 3,
        "startTimeUnixNano": began.to_string(), "endTimeUnixNano": ended.to_string(),
        "attributes": [
            text("quipu.signal", signal), text("session.id", session), text("gen_ai.operation.name", "chat"),
            text("gen_ai.provider.name", "anthropic"), text("gen_ai.request.model", MODEL),
            text("quipu.cost_usd", "0.000001"),
            {"key": "gen_ai.usage.input_tokens", "value": number(1)},
            {"key": "gen_ai.usage.output_tokens", "value": number(0)},
        ],
    })
}

/// The ids of all spans, as a viewer sees them.
fn ids(scene: &Scene, admin: &str) -> Result<Vec<(String, String)>> {
    let get = |path: &str| -> Result<Value> { Ok(scene.api.ask(Ask::get(path).key(admin))?.json()) };
    let list = |said: &Value, key: &str| said[key].as_array().cloned().unwrap_or_default();
    let id = |row: &Value, key: &str| row[key].as_str().unwrap_or_default().to_owned();
    let mut found = Vec::new();
    for trace in list(&get("/api/v1/traces?limit=100")?, "traces") {
        let trace = id(&trace, "trace_id");
        let said = get(&format!("/api/v1/traces/{trace}"))?;
        found.extend(list(&said, "spans").iter().map(|span| (trace.clone(), id(span, "span_id"))));
    }
    ensure!(found.len() >= 2, "too few spans: {found:?}");
    Ok(found)
}

struct Strike<'a> {
    scene: &'a Scene,
    admin: &'a str,
    other: &'a str,
    session: &'a str,
    now: i64,
    /// The figures of the real records.
    real: &'a Figures,
}

impl Strike<'_> {
    /// Sends a forged record, and compares the figures with those of the real records.
    fn send(&self, tried: &mut Tried, what: &str, path: &str, forged: &Value) -> Result<()> {
        let ask = Ask::post(path, forged).key(self.other);
        tried.send(what, self.scene.otlp, ask, &[200]);
        // Forged records may raise figures, and replace each other.
        let after = figures(self.scene, self.admin).context("no figures")?;
        tried.hold(after.stand(self.real), format!("{what}: {:?} became {after:?}", self.real));
        Ok(())
    }

    /// Every kind of forged record, by the ids, by the session and by the service.
    fn all(&self, tried: &mut Tried, ids: &[(String, String)]) -> Result<()> {
        for (trace, id) in ids {
            for signal in ["span", "details", "log", "transcript", "metric"] {
                for (began, ended) in [(-SECOND, 1), (0, 0), (-9 * SECOND, 9 * SECOND)] {
                    for service in ["shop", "eve"] {
                        let times = (self.now + began, self.now + ended);
                        let forged = body(service, "s", &span((trace, id), self.session, times, signal));
                        let what = format!("ids by a {signal} of {service}");
                        self.send(tried, &what, "/v1/traces", &forged)?;
                    }
                }
            }
        }
        for (number, service) in ["shop", "eve"].into_iter().enumerate() {
            for (step, at) in [self.now, self.now + 1, self.now - 60 * SECOND].into_iter().enumerate() {
                let session = self.session;
                self.send(tried, "a log of the session", "/v1/logs", &log(service, session, at, 1))?;
                let began = (self.now - 3_000 * SECOND, at);
                self.send(
                    tried,
                    "a metric of the session",
                    "/v1/metrics",
                    &metric(service, session, began, 1),
                )?;
                for signal in ["span", "metric"] {
                    let (trace, id) =
                        (format!("ab{number}{step}{signal:a>28}"), format!("cd{number}{step}{:012}", 7));
                    let trace = trace.replace(|letter: char| !letter.is_ascii_hexdigit(), "b");
                    let forged = span((&trace, &id), session, (at - SECOND, at), signal);
                    self.send(tried, "a call of the session", "/v1/traces", &body(service, "s", &forged))?;
                }
            }
        }
        Ok(())
    }
}

/// Sends forged records of calls that logs and metrics report; neither the totals nor a budget may fall.
pub fn lowered(bench: &Bench) -> Result<Tried> {
    let mut tried =
        Tried::new("records of another key against calls from logs and metrics, by ids, session and service");
    let scene = Scene::guarded(bench, CONFIG, &[])?;
    let key = |scope: &[&str]| scene.key(scope).map(|(_, secret)| secret);
    let (own, other) = (key(&["--scope", "ingest"])?, key(&["--scope", "ingest"])?);
    let admin = key(&["--scope", "admin", "--all-projects"])?;
    let now = i64::try_from(jiff::Timestamp::now().as_nanosecond())? - 120 * SECOND;
    let times = (now - 3_000 * SECOND, now);
    for (path, real) in [
        ("/v1/logs", log("shop", "s-logs", now, TOKENS)),
        ("/v1/metrics", metric("shop", "s-metrics", times, TOKENS)),
    ] {
        tried.send("the real record", scene.otlp, Ask::post(path, &real).key(&own), &[200]);
    }
    let came = || figures(&scene, &admin).filter(|now| now.total >= 11.9 && now.budgets["shop"] >= 11.9);
    let real = shell::poll(PATIENCE, came).context("the real records are not counted")?;
    let ids = ids(&scene, &admin)?;
    let strike = |scene: &Scene, tried: &mut Tried| -> Result<()> {
        for session in ["s-logs", "s-metrics"] {
            let strike = Strike { scene, admin: &admin, other: &other, session, now, real: &real };
            strike.all(tried, &ids)?;
        }
        Ok(())
    };
    strike(&scene, &mut tried)?;
    let scene = scene.restarted(bench, CONFIG)?;
    strike(&scene, &mut tried)?;
    // Its own sender still reports the same call by other signals.
    let again = Ask::post("/v1/logs", &log("shop", "s-logs", now, TOKENS)).key(&own);
    tried.send("the real record again", scene.otlp, again, &[200]);
    Ok(tried.told("neither the totals nor a budget fall"))
}
