//! `quipu budget`: list, set, remove, and check whether a call would pass.

use anyhow::{Result, bail};
use serde_json::{Map, Value, json};

use super::source::escape;
use super::{Question, source};
use crate::args::{BudgetCheck, BudgetSet, BudgetWhat};
use crate::table::{Column, clean, table, text, time};

/// Fields of a scope and a subject.
const FIELDS: [&str; 9] =
    ["project", "service", "framework", "agent", "user", "session", "provider", "model", "tag"];

/// Runs a query or a change; `false` when a budget rejects the call.
pub fn run(what: &BudgetWhat) -> Result<bool> {
    match what {
        BudgetWhat::List { source } => {
            super::show(source.json, &source::ask_books(source, &Question::get("/api/v1/budgets"))?, list)?;
        }
        BudgetWhat::Set(set) => {
            let question = Question { method: "PUT", ..Question::post(path(&set.name), config(set)?) };
            let answer = source::ask_books(&set.source, &question)?;
            super::show(set.source.json, &answer, |answer| list(&json!({"budgets": [answer]})))?;
        }
        BudgetWhat::Rm { name, source } => {
            let question = Question { method: "DELETE", ..Question::get(path(name)) };
            let answer = source::ask_books(source, &question)?;
            super::show(source.json, &answer, |_| "removed".into())?;
        }
        BudgetWhat::Check(check) => return ask_one(check),
    }
    Ok(true)
}

fn path(name: &str) -> String {
    format!("/api/v1/budgets/{}", escape(name))
}

fn ask_one(check: &BudgetCheck) -> Result<bool> {
    let mut body = Map::new();
    body.extend(check.usd.iter().map(|usd| ("usd".to_owned(), usd.as_str().into())));
    body.extend(check.tokens.map(|tokens| ("tokens".to_owned(), tokens.into())));
    let subject = pairs("--for", &check.subject)?;
    if !subject.is_empty() {
        body.insert("subject".into(), subject.into());
    }
    let question = Question::post(format!("{}/check", path(&check.name)), Value::Object(body));
    let answer = source::ask_books(&check.source, &question)?;
    super::show(check.source.json, &answer, verdict)?;
    Ok(answer["allowed"] == true)
}

fn verdict(answer: &Value) -> String {
    let notices = answer["notices"].as_array().into_iter().flatten().map(text);
    match answer["refusal"].as_object() {
        None => ["yes".to_owned()].into_iter().chain(notices).collect::<Vec<_>>().join("\n"),
        Some(refusal) => refusal.get("message").map(text).unwrap_or_default(),
    }
}

/// `key=value` pairs of a flag.
fn pairs(flag: &str, given: &[String]) -> Result<Map<String, Value>> {
    let mut pairs = Map::new();
    for pair in given {
        let Some((key, value)) = pair.split_once('=').filter(|(_, value)| !value.is_empty()) else {
            bail!("{flag}: expected KEY=VALUE, got {pair:?}");
        };
        if !FIELDS.contains(&key) {
            bail!("{flag} {pair:?}: {key:?} is not one of {}", FIELDS.join(", "));
        }
        if pairs.insert(key.to_owned(), value.into()).is_some() {
            bail!("{flag} {pair:?}: {key} is given twice");
        }
    }
    Ok(pairs)
}

/// The budget as the HTTP interface takes it; what is not given is left out.
fn config(set: &BudgetSet) -> Result<Value> {
    let mut config = Map::new();
    let mut put = |name: &str, value: Option<Value>| {
        config.extend(value.map(|value| (name.to_owned(), value)));
    };
    put("limit_usd", set.usd.clone().map(Value::from));
    put("limit_tokens", set.tokens.map(Value::from));
    put("limit_calls", set.calls.map(Value::from));
    put("period", set.per.clone().map(Value::from));
    put("rolling", set.rolling.then_some(Value::Bool(true)));
    put("time_zone", set.time_zone.clone().map(Value::from));
    put("action", set.action.clone().map(Value::from));
    put("thresholds", (!set.thresholds.is_empty()).then(|| json!(set.thresholds)));
    put("degrade_to", set.degrade_to.clone().map(Value::from));
    put("throttle_ms", set.throttle_ms.map(Value::from));
    put("hold_ms", set.hold_ms.map(Value::from));
    let scope = pairs("--scope", &set.scope)?;
    put("scope", (!scope.is_empty()).then_some(Value::Object(scope)));
    let mut circles = Map::new();
    circles.extend(set.loop_repeats.map(|repeats| ("repeats".to_owned(), repeats.into())));
    circles.extend(
        set.loop_usd_per_minute.as_ref().map(|usd| ("usd_per_minute".to_owned(), usd.as_str().into())),
    );
    circles.extend(set.loop_turns.map(|turns| ("turns".to_owned(), turns.into())));
    put("loop", (!circles.is_empty()).then_some(Value::Object(circles)));
    Ok(Value::Object(config))
}

/// One line an account; a budget without spending has a line of its own.
fn list(answer: &Value) -> String {
    let columns = [
        Column("budget", false),
        Column("for", false),
        Column("limit", true),
        Column("spent", true),
        Column("reserved", true),
        Column("used", true),
        Column("resets (UTC)", false),
        Column("action", false),
        Column("from", false),
    ];
    let budgets = answer["budgets"].as_array().into_iter().flatten();
    let lines: Vec<_> = budgets.flat_map(lines).collect();
    if lines.is_empty() { "no budget is set".into() } else { table(&columns, lines) }
}

fn lines(budget: &Value) -> Vec<Vec<String>> {
    let accounts = budget["accounts"].as_array().map(Vec::as_slice).unwrap_or_default();
    let (name, from) = (text(&budget["name"]), text(&budget["source"]));
    let action = budget["config"]["action"].as_str().unwrap_or("block").to_owned();
    let line = |account: &Value| {
        let of = |field: &str| amount(&account["unit"], &account[field]);
        let used = account["share"]
            .as_f64()
            .map_or_else(|| "–".to_owned(), |share| format!("{:.1} %", share * 100.0));
        vec![
            name.clone(),
            scope(&account["scope"], &budget["config"]["scope"]),
            of("limit"),
            of("spent"),
            of("reserved"),
            used,
            time(&account["resets_at"]),
            action.clone(),
            from.clone(),
        ]
    };
    if accounts.is_empty() {
        return vec![line(&Value::Null)];
    }
    accounts.iter().map(line).collect()
}

fn amount(unit: &Value, figure: &Value) -> String {
    match unit.as_str() {
        Some("usd") => format!("${}", text(figure)),
        Some(unit) => format!("{} {unit}", text(figure)),
        None => "–".into(),
    }
}

/// Scope of an account; for a budget without accounts, its configured scope.
fn scope(account: &Value, config: &Value) -> String {
    let named = account.as_object().filter(|scope| !scope.is_empty()).or_else(|| config.as_object());
    let pairs: Vec<_> = named
        .into_iter()
        .flatten()
        .filter(|(_, value)| !value.is_null())
        .map(|(key, value)| format!("{}={}", clean(key), text(value)))
        .collect();
    if pairs.is_empty() { "everybody".into() } else { pairs.join(" ") }
}
