//! `quipu alerts`, `quipu slo` and `quipu health`.

use std::io::Read as _;
use std::path::Path;

use anyhow::{Context, Result, bail};
use quipu_alert::number;
use serde_json::{Map, Value, json};

use super::source::{ask, escape};
use super::{Question, show};
use crate::args::{AlertBacktest, AlertsWhat, Health, SilencesWhat, Slo, Source};
use crate::table::{Column, clean, rows, table, text, time};

const ALERTS: &str = "/api/v1/alerts";
const RULES: &str = "/api/v1/alerts/rules";
const SILENCES: &str = "/api/v1/alerts/silences";

/// Runs a query or a change; `false` if an alert fires or a notice was not accepted, for the commands that
/// check.
pub fn run(what: &AlertsWhat) -> Result<bool> {
    match what {
        AlertsWhat::List { rule, state, limit, source } => {
            let question = Question::get(ALERTS).with("rule", rule).with("state", state).with("limit", limit);
            get(source, question, list)
        }
        AlertsWhat::Rules { source } => get(source, Question::get(RULES), rules),
        AlertsWhat::Test { rule, source } => test(rule, source),
        AlertsWhat::Backtest(test) => backtest(test),
        AlertsWhat::Set { name, file, source } => {
            let path = format!("{RULES}/{}", escape(name));
            let question = Question { method: "PUT", ..Question::post(path, keys(file)?) };
            get(source, question, |_| "stored".into())
        }
        AlertsWhat::Rm { name, source } => {
            get(source, Question::delete(format!("{RULES}/{}", escape(name))), |_| "removed".into())
        }
        AlertsWhat::Fire { channel, source } => {
            let answer =
                ask(source, &Question::post(format!("{ALERTS}/fire"), json!({ "channel": channel })))?;
            show(source.json, &answer, fired)?;
            Ok(answer["delivered"] == true)
        }
        AlertsWhat::Ack { episode, source } => {
            let question = Question::post(format!("{ALERTS}/ack"), json!({ "episode": episode }));
            get(source, question, |_| "acknowledged".into())
        }
        AlertsWhat::Silence(what) => silence(&what.what),
        AlertsWhat::History { rule, state, since, until, limit, source } => {
            let question = Question::get(format!("{ALERTS}/history"))
                .with("rule", rule)
                .with("state", state)
                .with("since", since)
                .with("until", until)
                .with("limit", limit);
            get(source, question, history)
        }
    }
}

/// `quipu slo`; `false` if an objective burns or is exhausted.
pub fn slo(what: &Slo) -> Result<bool> {
    let answer = ask(&what.source, &Question::get("/api/v1/slos"))?;
    show(what.source.json, &answer, slos)?;
    let bad = |slo: &Value| matches!(slo["state"].as_str(), Some("burning" | "exhausted"));
    Ok(!answer["slos"].as_array().into_iter().flatten().any(bad))
}

/// `quipu health`.
pub fn health(what: &Health) -> Result<bool> {
    let question = Question::get("/api/v1/health").with("agent", &what.agent).with("tool", &what.tool);
    get(&what.source, question, score)
}

pub(super) fn get(source: &Source, question: Question, print: impl Fn(&Value) -> String) -> Result<bool> {
    show(source.json, &ask(source, &question)?, print)?;
    Ok(true)
}

fn test(rule: &Option<String>, source: &Source) -> Result<bool> {
    let mut answer = ask(source, &Question::get(ALERTS).with("rule", rule))?;
    if let Some(rows) = answer["alerts"].as_array_mut() {
        rows.retain(|row| matches!(row["state"].as_str(), Some("firing" | "error")));
    }
    let passes = answer["alerts"].as_array().is_none_or(Vec::is_empty);
    show(source.json, &answer, |answer| if passes { "no alert is firing".into() } else { list(answer) })?;
    Ok(passes)
}

fn backtest(test: &AlertBacktest) -> Result<bool> {
    let rule = match (&test.rule, &test.preset, &test.file) {
        (Some(name), ..) => {
            ask(&test.source, &Question::get(format!("{RULES}/{}", escape(name))))?["config"].take()
        }
        (_, Some(preset), _) => json!({ "preset": preset }),
        (_, _, Some(file)) => keys(file)?,
        _ => bail!("expected a rule, --preset or --file"),
    };
    let mut body = Map::from_iter([("rule".to_owned(), rule)]);
    body.extend(test.since.iter().map(|since| ("since".to_owned(), since.as_str().into())));
    body.extend(test.until.iter().map(|until| ("until".to_owned(), until.as_str().into())));
    get(&test.source, Question::post(format!("{ALERTS}/backtest"), body.into()), tested)
}

/// The keys of a rule, from a TOML file or standard input.
fn keys(file: &Path) -> Result<Value> {
    let read = || -> std::io::Result<String> {
        if file.as_os_str() != "-" {
            return std::fs::read_to_string(file);
        }
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).map(|_| text)
    };
    let text = read().with_context(|| format!("cannot read {}", file.display()))?;
    toml::from_str(&text).with_context(|| format!("{}: it is not TOML", file.display()))
}

fn silence(what: &SilencesWhat) -> Result<bool> {
    match what {
        SilencesWhat::List { source } => get(source, Question::get(SILENCES), silences),
        SilencesWhat::Add { matchers, duration, reason, source } => {
            let pair = |matcher: &String| match matcher.split_once('=') {
                Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), Value::from(value))),
                _ => bail!("expected KEY=VALUE such as rule=high_error_rate, got {matcher:?}"),
            };
            let matchers = matchers.iter().map(pair).collect::<Result<Map<_, _>>>()?;
            let body = json!({ "matchers": matchers, "duration": duration, "reason": reason });
            get(source, Question::post(SILENCES, body), |answer| silences(&json!({ "silences": [answer] })))
        }
        SilencesWhat::End { id, source } => {
            get(source, Question::delete(format!("{SILENCES}/{}", escape(id))), |_| "ended".into())
        }
    }
}

/// Keys and values of a group or of matchers.
fn group(value: &Value) -> String {
    let pairs =
        value.as_object().into_iter().flatten().map(|(key, value)| format!("{}={}", clean(key), text(value)));
    let text = pairs.collect::<Vec<_>>().join(" ");
    if text.is_empty() { "–".into() } else { text }
}

/// A number with few digits; the JSON answer has all of them.
fn short(value: &Value) -> String {
    value.as_f64().map_or_else(|| text(value), number)
}

fn list(answer: &Value) -> String {
    let columns = [
        Column("state", false),
        Column("rule", false),
        Column("group", false),
        Column("value", true),
        Column("threshold", true),
        Column("severity", false),
        Column("since (UTC)", false),
        Column("episode", false),
    ];
    let line = |row: &Value| {
        let state = match row["error"].as_str() {
            Some(error) => format!("{} ({})", text(&row["state"]), clean(error)),
            None => text(&row["state"]),
        };
        vec![
            state,
            text(&row["rule"]),
            group(&row["group"]),
            short(&row["value"]),
            short(&row["threshold"]),
            text(&row["severity"]),
            time(&row["since"]),
            text(&row["episode"]),
        ]
    };
    let mut listed = or(table_of(&columns, rows(answer, "alerts", line)), "no rule has been evaluated");
    if let Some(more @ 1..) = answer["left_out"].as_u64() {
        listed.push_str(&format!("\n{more} more; --limit takes up to 10,000 rows"));
    }
    listed
}

fn rules(answer: &Value) -> String {
    let columns =
        [Column("rule", false), Column("kind", false), Column("from", false), Column("keys", false)];
    let line = |row: &Value| {
        let keys = row["config"].as_object().into_iter().flatten();
        let keys: Vec<String> = keys.map(|(key, value)| format!("{}={}", clean(key), text(value))).collect();
        vec![text(&row["name"]), text(&row["effective"]["kind"]), text(&row["source"]), keys.join(" ")]
    };
    let channel = |row: &Value| format!("{} ({})", text(&row["name"]), text(&row["kind"]));
    let channels: Vec<String> = answer["channels"].as_array().into_iter().flatten().map(channel).collect();
    let rules = or(table_of(&columns, rows(answer, "rules", line)), "no rule is set");
    format!("{rules}\nchannels: {}", channels.join(", "))
}

fn history(answer: &Value) -> String {
    let columns = [
        Column("began (UTC)", false),
        Column("ended (UTC)", false),
        Column("state", false),
        Column("rule", false),
        Column("group", false),
        Column("peak", true),
        Column("acknowledged by", false),
        Column("notices", false),
        Column("episode", false),
    ];
    let line = |row: &Value| {
        let notice = |one: &Value| {
            format!("{}:{}:{}", text(&one["channel"]), text(&one["reason"]), text(&one["status"]))
        };
        let notices: Vec<String> = row["notices"].as_array().into_iter().flatten().map(notice).collect();
        vec![
            time(&row["started_at"]),
            time(&row["ended_at"]),
            text(&row["state"]),
            text(&row["rule"]),
            group(&row["group"]),
            short(&row["peak"]),
            text(&row["acknowledged_by"]),
            notices.join(" "),
            text(&row["id"]),
        ]
    };
    let listed = or(table_of(&columns, rows(answer, "episodes", line)), "no episode");
    let minutes = |field: &str| {
        let seconds = answer["figures"][field].as_f64();
        seconds.map_or_else(|| "–".to_owned(), |seconds| format!("{:.1} min", seconds / 60.0))
    };
    let count = text(&answer["figures"]["episodes"]);
    let (acknowledged, resolved) = (minutes("mtta_s"), minutes("mttr_s"));
    format!("{listed}\n{count} episodes, mean time to acknowledge {acknowledged}, to resolve {resolved}")
}

fn silences(answer: &Value) -> String {
    let columns = [
        Column("id", false),
        Column("matchers", false),
        Column("ends (UTC)", false),
        Column("active", false),
        Column("author", false),
        Column("reason", false),
    ];
    let line = |row: &Value| {
        let active = if row["active"] == true { "yes" } else { "no" };
        let (author, reason) = (text(&row["author"]), text(&row["reason"]));
        vec![text(&row["id"]), group(&row["matchers"]), time(&row["ends_at"]), active.into(), author, reason]
    };
    or(table_of(&columns, rows(answer, "silences", line)), "no silence")
}

fn tested(answer: &Value) -> String {
    let columns = [
        Column("from (UTC)", false),
        Column("to (UTC)", false),
        Column("group", false),
        Column("peak", true),
    ];
    let line =
        |row: &Value| vec![time(&row["from"]), time(&row["to"]), group(&row["group"]), short(&row["peak"])];
    let lines = rows(answer, "episodes", line);
    let minutes = answer["firing_s"].as_f64().unwrap_or(0.0) / 60.0;
    let said = format!("would have fired {} times, {minutes:.0} min in total", lines.len());
    if lines.is_empty() { said } else { format!("{said}\n{}", table(&columns, lines)) }
}

fn slos(answer: &Value) -> String {
    let columns = [
        Column("objective", false),
        Column("state", false),
        Column("wanted", true),
        Column("measured", true),
        Column("budget left", true),
        Column("burn 1h", true),
        Column("burn 6h", true),
        Column("burn 3d", true),
    ];
    let share = |value: &Value| {
        value.as_f64().map_or_else(|| "–".to_owned(), |share| format!("{:.3} %", share * 100.0))
    };
    let rate = |value: &Value| value.as_f64().map_or_else(|| "–".to_owned(), |rate| format!("{rate:.2}"));
    let line = |row: &Value| {
        let mut cells = vec![text(&row["name"]), text(&row["state"])];
        cells.extend(["objective", "measured", "budget_left"].map(|field| share(&row[field])));
        cells.extend(["burn_1h", "burn_6h", "burn_3d"].map(|field| rate(&row[field])));
        cells
    };
    or(table_of(&columns, rows(answer, "slos", line)), "no objective is configured")
}

fn score(answer: &Value) -> String {
    let Some(score) = answer["score"].as_f64() else {
        return format!("health: unknown ({})", text(&answer["reason"]));
    };
    let columns =
        [Column("part", false), Column("score", true), Column("points lost", true), Column("why", false)];
    let line = |row: &Value| {
        let number = |field: &str| format!("{:.1}", row[field].as_f64().unwrap_or(0.0));
        vec![text(&row["name"]), number("score"), number("lost"), text(&row["why"])]
    };
    let mut lines = vec![format!("health: {score}"), table(&columns, rows(answer, "parts", line))];
    lines.extend(answer["recommendations"].as_array().into_iter().flatten().map(text));
    lines.join("\n")
}

fn fired(answer: &Value) -> String {
    match answer["error"].as_str() {
        None => format!("{} accepted the notice; look whether it is shown there", text(&answer["channel"])),
        Some(error) => format!("{} did not accept the notice: {}", text(&answer["channel"]), clean(error)),
    }
}

pub(super) fn table_of(columns: &[Column], lines: Vec<Vec<String>>) -> Option<String> {
    (!lines.is_empty()).then(|| table(columns, lines))
}

pub(super) fn or(table: Option<String>, without: &str) -> String {
    table.unwrap_or_else(|| without.to_owned())
}
