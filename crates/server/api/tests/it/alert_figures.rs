//! Figures of alert rules against `/api/v1/query` over the same window, digit by digit, and back-tests over a
//! store against the live engine.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;
use quipu_alert::{
    Alerts, AlertsConfig, AlertsParts, HistoryAsk, Measure as _, MeasuredGroup, Rule, RuleConfig,
};
use quipu_api::{Money, StoreMeasure};
use quipu_core::{Batch, Status, Timestamp, Value as Attribute};
use serde_json::{Value, json};

use crate::fixture::{Fixed, Fixture, MINUTE, Make, NOW, cost};

/// Rules that each store is asked for.
const RULES: usize = 20;
const MODELS: [&str; 3] = ["gpt-4o", "gpt-4o-mini", "mistral-nightly"];
const USERS: [&str; 3] = ["ada", "bob", ""];
const TOOLS: [&str; 2] = ["get_weather", "book_table"];

/// Keys of a rule, its source, and the path of its figure in an answer.
const KINDS: [(&str, &str, &str); 18] = [
    (r#"{"kind":"calls"}"#, "calls", "/count"),
    (r#"{"kind":"no_data"}"#, "calls", "/count"),
    (r#"{"kind":"tokens"}"#, "calls", "/tokens"),
    (r#"{"kind":"cost"}"#, "calls", "/cost_usd"),
    (r#"{"kind":"cost_rate"}"#, "calls", "/cost_usd"),
    (r#"{"kind":"unpriced"}"#, "calls", "/unpriced_calls"),
    (r#"{"kind":"latency","quantile":"p50"}"#, "calls", "/latency_ms/p50"),
    (r#"{"kind":"latency","quantile":"p95"}"#, "calls", "/latency_ms/p95"),
    (r#"{"kind":"latency","quantile":"p99"}"#, "calls", "/latency_ms/p99"),
    (r#"{"kind":"latency","quantile":"avg"}"#, "calls", "/latency_ms/avg"),
    (r#"{"kind":"latency","from":"tools","quantile":"p95"}"#, "tools", "/latency_ms/p95"),
    (r#"{"kind":"latency","from":"traces","quantile":"p50"}"#, "traces", "/latency_ms/p50"),
    (r#"{"kind":"error_rate"}"#, "calls", "/errors"),
    (r#"{"kind":"error_rate","from":"traces"}"#, "traces", "/errors"),
    (r#"{"kind":"tool_failures"}"#, "tools", "/errors"),
    (r#"{"kind":"query","query":"from=failures"}"#, "failures", "/count"),
    (r#"{"kind":"query","query":"from=calls","figure":"latency_p99"}"#, "calls", "/latency_ms/p99"),
    (r#"{"kind":"query","query":"from=tools","figure":"errors"}"#, "tools", "/errors"),
];

/// A call within the last two hours, with a tool run.
#[derive(Debug, Clone)]
struct Call {
    ms_ago: i64,
    lasts_ms: i64,
    model: usize,
    user: usize,
    failed: bool,
    cents: Option<u32>,
    tokens: i64,
    tool: Option<(usize, bool)>,
}

fn call() -> impl Strategy<Value = Call> {
    let tool = prop::option::of((0..TOOLS.len(), any::<bool>()));
    let cents = prop::option::of(0..100_000_u32);
    let parts =
        (0..7_200_000_i64, 1..90_000_i64, 0..3_usize, 0..3_usize, any::<bool>(), cents, 0..5_000_i64, tool);
    parts.prop_map(|(ms_ago, lasts_ms, model, user, failed, cents, tokens, tool)| Call {
        ms_ago,
        lasts_ms,
        model,
        user,
        failed,
        cents,
        tokens,
        tool,
    })
}

/// A rule: kind, window and end in minutes, keys of its groups, and a filter.
type Asked = (usize, i64, i64, usize, &'static str);

fn asked() -> impl Strategy<Value = Asked> {
    let filter = prop_oneof![
        Just(""),
        Just("model:gpt-4o"),
        Just("-model:gpt-*"),
        Just("errors>0"),
        Just("user:ada"),
        Just("-user:*"),
        Just("service:shop OR user:bob"),
    ];
    (0..KINDS.len(), 1..130_i64, 0..125_i64, 0..4_usize, filter)
}

/// Cases of the suite `alerts`, or this many.
fn cases(default: u32) -> u32 {
    std::env::var("QUIPU_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

async fn fixture(calls: &[Call]) -> Fixture {
    let (fixture, mut batch) = (Fixture::empty(), Batch::default());
    for (number, call) in calls.iter().enumerate() {
        let service = if number % 3 == 0 { "shop" } else { "docs" };
        let start = NOW.plus(-call.ms_ago * 1_000_000);
        let make = Make { trace: number as u8 + 1, start, service };
        let mut attributes: Vec<(&str, Attribute)> = vec![
            ("test.kind", "llm".into()),
            ("gen_ai.request.model", MODELS[call.model].into()),
            ("gen_ai.usage.input_tokens", call.tokens.into()),
        ];
        if !USERS[call.user].is_empty() {
            attributes.push(("user.id", USERS[call.user].into()));
        }
        let mut span = make.span(1, 0, "chat", (0, call.lasts_ms), &attributes);
        if call.failed {
            span.status = Status::Error;
        }
        let amount = call.cents.map(|cents| format!("{}.{:02}", cents / 100, cents % 100));
        batch.costs.push(cost(&span, quipu_core::Rule::Leaf, amount.as_deref()));
        batch.spans.push(span);
        if let Some((tool, failed)) = call.tool {
            let attributes = [("test.kind", "tool".into()), ("gen_ai.tool.name", TOOLS[tool].into())];
            let mut span = make.span(2, 1, "execute_tool", (1, call.lasts_ms / 2), &attributes);
            if failed {
                span.status = Status::Error;
            }
            batch.spans.push(span);
        }
    }
    fixture.write(batch).await;
    fixture
}

/// Keys that a source can be grouped by.
fn keys(from: &str, choice: usize) -> Vec<&'static str> {
    let all: &[&[&'static str]] = match from {
        "calls" => &[&[], &["model"], &["user"], &["model", "user"]],
        "traces" => &[&[], &["service"], &["user"], &["service", "user"]],
        "tools" => &[&[], &["tool"], &["user"], &["tool", "service"]],
        _ => &[&[], &["service"], &["user"], &["user", "service"]],
    };
    all[choice].to_vec()
}

fn rule(asked: Asked) -> (Rule, Vec<&'static str>) {
    let (kind, minutes, _, choice, filter) = asked;
    let mut config: Value = serde_json::from_str(KINDS[kind].0).unwrap();
    let keys = keys(KINDS[kind].1, choice);
    config["window"] = format!("{minutes}m").into();
    let bound = if config["kind"] == "no_data" { "below" } else { "above" };
    config[bound] = 1.0.into();
    if !filter.is_empty() {
        config["filter"] = filter.into();
    }
    config["group_by"] = json!(keys);
    (Rule::new("r", serde_json::from_value(config).unwrap()).unwrap(), keys)
}

async fn check(fixture: &Fixture, measure: &StoreMeasure, asked: Asked) {
    let (rule, keys) = rule(asked);
    let until = NOW.plus(-asked.2 * MINUTE);
    let measured = measure.figures(&rule.ask(until, None).unwrap(), until).await.unwrap();
    let from = KINDS[asked.0].1;
    let filter: String = asked.4.bytes().map(|byte| format!("%{byte:02x}")).collect();
    let since = until.plus(-rule.window);
    let mut url = format!("/api/v1/query?from={from}&since={since}&until={until}&top=100");
    if !filter.is_empty() {
        url += &format!("&filter={filter}");
    }
    if !keys.is_empty() {
        url += &format!("&group_by={}", keys.join(","));
    }
    let answer = fixture.get(&url).await;
    let rows = match keys.is_empty() {
        true => vec![answer["total"].clone()],
        false => answer["groups"].as_array().unwrap().clone(),
    };
    assert_eq!(measured.groups.len(), rows.len(), "{url}");
    for group in &measured.groups {
        let is =
            |row: &&Value| keys.iter().zip(&group.key).all(|(key, value)| row["key"][*key] == json!(value));
        let row = rows.iter().find(is).unwrap_or_else(|| panic!("no group {:?} in {answer}", group.key));
        let wanted = wanted(&rule, KINDS[asked.0].2, row);
        assert_eq!(value(&rule, group), wanted, "{} {url} {row}", KINDS[asked.0].0);
        check_alone(measure, &rule, group, until).await;
    }
}

/// Compares the figure of a group with that of a query for the group only.
async fn check_alone(measure: &StoreMeasure, rule: &Rule, group: &MeasuredGroup, until: Timestamp) {
    let pairs = rule.group_by.iter().zip(&group.key);
    let keys = pairs.map(|(key, value)| (key.clone(), value.clone().unwrap_or_default())).collect();
    let Some(ask) = rule.ask_for(&keys, until).unwrap() else { return };
    let alone = measure.figures(&ask, until).await.unwrap();
    let found = alone.groups.iter().find(|one| one.key == group.key);
    assert_eq!(found.map(|one| value(rule, one)), Some(value(rule, group)), "{keys:?} of {:?}", rule.said);
}

fn value(rule: &Rule, group: &MeasuredGroup) -> Option<f64> {
    rule.figure.read(&group.figures, rule.window)
}

/// The figure that an answer has for a rule.
fn wanted(rule: &Rule, path: &str, row: &Value) -> Option<f64> {
    let found = row.pointer(path).cloned().unwrap_or_default();
    let count = row["count"].as_f64().unwrap();
    match (rule.kind(), path) {
        ("tokens", _) if found.is_null() => Some(0.0),
        ("tokens", _) => Some(found["input"].as_f64().unwrap() + found["output"].as_f64().unwrap()),
        ("cost" | "cost_rate", _) if found.is_null() => (count == 0.0).then_some(0.0),
        ("cost", _) => found.as_str().map(|text| text.parse().unwrap()),
        ("cost_rate", _) => {
            let hours = rule.window as f64 / Timestamp::HOUR as f64;
            found.as_str().map(|text| text.parse::<f64>().unwrap() / hours)
        }
        ("error_rate" | "tool_failures", _) => (count > 0.0).then(|| found.as_f64().unwrap() / count),
        _ => found.as_f64(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases(300).div_ceil(RULES as u32)))]

    #[test]
    fn every_figure_of_a_rule_is_that_of_a_query(
        calls in prop::collection::vec(call(), 0..60),
        rules in prop::collection::vec(asked(), RULES),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let fixture = fixture(&calls).await;
            let measure = StoreMeasure::new(fixture.state.store.clone(), Money::vendored().budgets);
            for asked in rules {
                check(&fixture, &measure, asked).await;
            }
        });
    }
}

/// Alerts over a store, evaluated once a minute.
fn alerts(fixture: &Fixture, rules: BTreeMap<String, RuleConfig>) -> Alerts {
    Alerts::open(AlertsParts {
        folder: None,
        config: AlertsConfig { every: "60s".into(), ..AlertsConfig::default() },
        rules,
        channels: BTreeMap::new(),
        slos: BTreeMap::new(),
        measure: Arc::new(StoreMeasure::new(fixture.state.store.clone(), Money::vendored().budgets)),
        clock: Arc::new(Fixed),
        url: String::new(),
    })
    .unwrap()
}

/// Filters of rules that one query answers, and of others.
const VALUES: [&str; 7] = [
    "service:shop",
    "service:docs",
    "model:gpt-4o",
    "model:gpt-4o-mini",
    "service:shop user:ada",
    "service:docs user:ada",
    "-service:shop",
];

/// A rule of a round: kind, window, keys and filter.
fn of_round() -> impl Strategy<Value = Asked> {
    let window = prop_oneof![Just(5_i64), Just(30), Just(60)];
    (0..KINDS.len(), window, Just(0_i64), 0..4_usize, prop::sample::select(&VALUES[..]))
}

/// Compares the values of all groups of a rule after a round.
async fn check_round(fixture: &Fixture, alerts: &Alerts, name: &str, asked: Asked) {
    let (rule, keys) = rule(asked);
    let filter: String = asked.4.bytes().map(|byte| format!("%{byte:02x}")).collect();
    let (from, since) = (KINDS[asked.0].1, NOW.plus(-rule.window));
    let mut url = format!("/api/v1/query?from={from}&since={since}&until={NOW}&top=100&filter={filter}");
    if !keys.is_empty() {
        url += &format!("&group_by={}", keys.join(","));
    }
    let answer = fixture.get(&url).await;
    let rows = match keys.is_empty() {
        true => vec![answer["total"].clone()],
        false => answer["groups"].as_array().unwrap().clone(),
    };
    let listed: Vec<_> = alerts.list().into_iter().filter(|row| row.rule == name).collect();
    assert_eq!(listed.len(), rows.len(), "{name} {url}");
    for row in rows {
        let group: BTreeMap<String, String> = keys
            .iter()
            .map(|key| ((*key).to_owned(), row["key"][*key].as_str().unwrap_or_default().to_owned()))
            .collect();
        let found = listed.iter().find(|listed| listed.group == group).unwrap();
        assert_eq!(found.value, wanted(&rule, KINDS[asked.0].2, &row), "{name} {url} {row}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases(600).div_ceil(2 * RULES as u32)))]

    #[test]
    fn rules_of_a_round_share_answers_and_have_the_figures_of_their_queries(
        calls in prop::collection::vec(call(), 0..60),
        rules in prop::collection::vec(of_round(), 2 * RULES),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let fixture = fixture(&calls).await;
            let named = || rules.iter().enumerate().map(|(number, asked)| (format!("r{number}"), *asked));
            let configs = named().map(|(name, asked)| (name, rule(asked).0.said)).collect();
            let alerts = alerts(&fixture, configs);
            alerts.evaluate(NOW).await.unwrap();
            for (name, asked) in named() {
                check_round(&fixture, &alerts, &name, asked).await;
            }
        });
    }
}

/// Further keys of a rule that is back-tested.
const MORE: [&str; 7] = [
    "{}",
    r#"{"recover":0.0}"#,
    r#"{"critical":4.0}"#,
    r#"{"no_data":"alert","no_data_for":"3m"}"#,
    r#"{"min_count":2}"#,
    r#"{"consecutive":2}"#,
    r#"{"compared_with":"20m"}"#,
];

/// An episode: begin, group, end, worst value.
type Episode = (String, BTreeMap<String, String>, Option<String>, Option<f64>);

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases(300).div_ceil(100)))]

    #[test]
    fn a_back_test_over_a_store_tells_what_the_live_engine_told(
        calls in prop::collection::vec(call(), 0..60),
        kind in 0..KINDS.len(), minutes in 1..30_i64, choice in 0..4_usize, threshold in 0.0..3.0_f64,
        hold in 0..3_i64, keep in 0..3_i64, more in prop::sample::select(&MORE[..]),
    ) {
        let mut config: Value = serde_json::from_str(KINDS[kind].0).unwrap();
        let bound = if config["kind"] == "no_data" { "below" } else { "above" };
        config[bound] = threshold.into();
        config["group_by"] = json!(keys(KINDS[kind].1, choice));
        config["window"] = format!("{minutes}m").into();
        config["for"] = format!("{hold}m").into();
        config["keep_firing_for"] = format!("{keep}m").into();
        let more: serde_json::Map<String, Value> = serde_json::from_str(more).unwrap();
        config.as_object_mut().unwrap().extend(more);
        let config: RuleConfig = serde_json::from_value(config).unwrap();
        // Not every combination is a rule: nothing is critical beyond a lower bound here.
        prop_assume!(Rule::new("r", config.clone()).is_ok());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let fixture = fixture(&calls).await;
            let alerts = alerts(&fixture, [("r".to_owned(), config.clone())].into());
            let since = NOW.plus(-125 * MINUTE);
            for minute in 0..=125 {
                alerts.evaluate(since.plus(minute * MINUTE)).await.unwrap();
            }
            let history = alerts.history(HistoryAsk { limit: 1_000, ..HistoryAsk::default() }).await.unwrap();
            let mut live: Vec<Episode> =
                history.into_iter().map(|row| (row.started_at, row.group, row.ended_at, row.peak)).collect();
            let test = alerts.backtest("r", config.clone(), since, NOW).await.unwrap();
            let to = |to: Option<Timestamp>| to.map(|to| to.to_string());
            let mut told: Vec<Episode> = test.episodes.into_iter()
                .map(|row| (row.from.to_string(), row.group, to(row.to), row.peak)).collect();
            let order = |one: &Episode, other: &Episode| (&one.0, &one.1).cmp(&(&other.0, &other.1));
            live.sort_by(order);
            told.sort_by(order);
            assert_eq!(told, live, "{config:?}");
        });
    }
}
