//! `quipu retention`: expired records, and held traces.

use std::io::Write as _;

use anyhow::{Result, bail};
use quipu::core::Retention;
use serde_json::{Value, json};

use crate::args::{HoldPlace, RetentionWhat, RuleFlags, Source};
use crate::ask::{Question, ask, ask_to_write, escape};
use crate::note::note;
use crate::serve::Config;
use crate::table::{Column, bytes, rows, table, text, time};

/// Previews, runs, holds, releases or lists.
pub fn run(what: &RetentionWhat) -> Result<()> {
    match what {
        RetentionWhat::Preview { rules, source } => {
            let question = Question::post("/api/v1/retention/preview", body(rules, source)?);
            show(source, &ask(source, &question)?, print)
        }
        RetentionWhat::Run { rules, source } => {
            let question = Question::post("/api/v1/retention/run", body(rules, source)?);
            show(source, &ask_to_write(source, &question, true)?, print)
        }
        RetentionWhat::Hold { note, at } => {
            let hold = |path: String| Question::post(path, json!({ "note": note }));
            each(at, hold, |answer| {
                format!("{} is held since {}", text(&answer["trace_id"]), time(&answer["since"]))
            })
        }
        RetentionWhat::Release { at } => each(at, Question::delete, |answer| {
            if answer["released"] == true { "released".to_owned() } else { "it was not held".to_owned() }
        }),
        RetentionWhat::Holds { source } => {
            show(source, &ask(source, &Question::get("/api/v1/holds"))?, print_holds)
        }
    }
}

/// The rules of the configuration with the flags applied; none without any flag for a server.
fn body(flags: &RuleFlags, source: &Source) -> Result<Value> {
    let RuleFlags { config, of_project, traces, logs, metrics, costs, max_bytes } = flags;
    let said =
        traces.is_some() || logs.is_some() || metrics.is_some() || costs.is_some() || max_bytes.is_some();
    if !said && config.is_none() {
        if source.url.is_none() {
            note("no rules are given, so everything is kept: pass --config, --url of a server, or periods");
        }
        return Ok(json!({}));
    }
    let config = Config::read(config.as_deref())?;
    let mut rules = match of_project {
        Some(name) if !config.projects().any(|known| known == name) => {
            bail!("the configuration has no project {name}")
        }
        Some(name) => config.retention_of(name).clone(),
        None => config.retention.clone(),
    };
    rules = Retention {
        traces: traces.or(rules.traces),
        logs: logs.or(rules.logs),
        metrics: metrics.or(rules.metrics),
        costs: costs.or(rules.costs),
        max_bytes: max_bytes.or(rules.max_bytes),
        ..rules
    };
    Ok(json!({ "rules": rules }))
}

/// Asks for each trace; the first that fails ends it.
fn each(
    at: &HoldPlace,
    question: impl Fn(String) -> Question,
    print: impl Fn(&Value) -> String,
) -> Result<()> {
    for id in &at.traces {
        let path = format!("/api/v1/traces/{}/hold", escape(id));
        show(&at.source, &ask_to_write(&at.source, &question(path), true)?, &print)?;
    }
    Ok(())
}

fn show(source: &Source, answer: &Value, print: impl Fn(&Value) -> String) -> Result<()> {
    let said = if source.json { format!("{answer:#}") } else { print(answer) };
    Ok(writeln!(std::io::stdout().lock(), "{said}")?)
}

fn print(answer: &Value) -> String {
    let titles = ["day", "fate", "why", "traces", "spans", "events", "points", "costs", "held", "freed"];
    let columns: Vec<Column> = titles.iter().enumerate().map(|(at, title)| Column(title, at > 2)).collect();
    let row = |day: &Value| {
        let mut row: Vec<String> = titles[..9].iter().map(|field| text(&day[*field])).collect();
        row.push(bytes(&day["freed_bytes"]));
        row
    };
    let rows = rows(answer, "days", row);
    let dry = answer["dry_run"] == true;
    let mut said = match (rows.is_empty(), dry) {
        (true, true) => "nothing would be removed".to_owned(),
        (true, false) => "nothing went".to_owned(),
        (false, _) => table(&columns, rows),
    };
    let (all, freed) = (bytes(&answer["bytes"]), bytes(&answer["freed_bytes"]));
    said.push_str(&match dry {
        true => format!("\n{all} are stored, about {freed} would be freed"),
        false => format!("\n{all} were stored, {freed} were freed"),
    });
    if let Some(reason) = answer["over_reason"].as_str() {
        said.push_str(&format!("\n{} over the maximum size: {reason}", bytes(&answer["over_bytes"])));
    }
    for left in answer["left"].as_array().into_iter().flatten() {
        said.push_str(&format!(
            "\n{} remains for the next run: {}",
            text(&left["day"]),
            text(&left["reason"])
        ));
    }
    said
}

fn print_holds(answer: &Value) -> String {
    let columns =
        [Column("trace", false), Column("since", false), Column("by", false), Column("note", false)];
    let row = |hold: &Value| {
        vec![text(&hold["trace_id"]), time(&hold["since"]), text(&hold["by"]), text(&hold["note"])]
    };
    let rows = rows(answer, "holds", row);
    if rows.is_empty() { "no trace is held".into() } else { table(&columns, rows) }
}
