//! `quipu incidents` and `quipu slo report`.

use std::io::Write as _;
use std::path::Path;

use anyhow::{Context, Result};
use clap::ValueEnum as _;
use serde_json::{Map, Value, json};

use super::alerts::{get, or, table_of};
use super::source::{OpenSource, escape};
use super::{Question, show};
use crate::args::{IncidentChange, IncidentsWhat, SloForm, SloReport, Source};
use crate::table::{Column, clean, rows, text, time};

const INCIDENTS: &str = "/api/v1/incidents";

/// Runs a query or a change.
pub fn run(what: &IncidentsWhat) -> Result<bool> {
    match what {
        IncidentsWhat::List { state, since, until, limit, source } => {
            let question = Question::get(INCIDENTS)
                .with("state", state)
                .with("since", since)
                .with("until", until)
                .with("limit", limit);
            get(source, question, list)
        }
        IncidentsWhat::Show { id, source } => get(source, Question::get(path(id)), whole),
        IncidentsWhat::Open { title, severity, change } => {
            let body = fields(Some(title), severity.as_ref(), change);
            get(&change.source, Question::post(INCIDENTS, body), one)
        }
        IncidentsWhat::Update { id, title, severity, change } => {
            let body = fields(title.as_ref(), severity.as_ref(), change);
            get(&change.source, Question::post(path(id), body), one)
        }
        IncidentsWhat::Close { id, note, source } => {
            let mut body = json!({ "state": "closed" });
            if let Some(note) = note {
                body["note"] = note.as_str().into();
            }
            get(source, Question::post(path(id), body), one)
        }
        IncidentsWhat::Reopen { id, source } => {
            get(source, Question::post(path(id), json!({ "state": "open" })), one)
        }
        IncidentsWhat::Report { id, out, source } => {
            file(source, &Question::get(format!("{}/report", path(id))), out.as_deref())
        }
    }
}

/// `quipu slo report`.
pub fn slo_report(ask: &SloReport) -> Result<bool> {
    let form = if ask.source.json { SloForm::Json } else { ask.format };
    let word = form.to_possible_value().map(|value| value.get_name().to_owned());
    let question = Question::get("/api/v1/slos/report").with("period", &Some(ask.period.clone()));
    file(&ask.source, &question.with("format", &word), ask.out.as_deref())
}

fn path(id: &str) -> String {
    format!("{INCIDENTS}/{}", escape(id))
}

fn fields(title: Option<&String>, severity: Option<&String>, change: &IncidentChange) -> Value {
    let texts = [
        ("title", title),
        ("severity", severity),
        ("owner", change.owner.as_ref()),
        ("note", change.note.as_ref()),
    ];
    let mut body: Map<String, Value> = texts
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?.as_str().into())))
        .collect();
    body.insert("episodes".to_owned(), json!(change.episodes));
    body.insert("traces".to_owned(), json!(change.traces));
    Value::Object(body)
}

/// Writes the text of an answer to a file or to standard output.
fn file(source: &Source, question: &Question, out: Option<&Path>) -> Result<bool> {
    let mut text = Vec::new();
    OpenSource::open(source)?.stream(question, |piece| {
        text.extend_from_slice(piece);
        Ok(())
    })?;
    match out {
        Some(path) => {
            std::fs::write(path, &text).with_context(|| format!("cannot write {}", path.display()))?;
            let said = json!({ "out": path, "bytes": text.len() });
            show(source.json, &said, |_| format!("written to {}: {} bytes", path.display(), text.len()))?;
        }
        None => std::io::stdout().lock().write_all(&text)?,
    }
    Ok(true)
}

fn list(answer: &Value) -> String {
    let columns = [
        Column("no.", true),
        Column("state", false),
        Column("severity", false),
        Column("title", false),
        Column("began (UTC)", false),
        Column("ended (UTC)", false),
        Column("episodes", true),
        Column("firing", true),
        Column("owner", false),
    ];
    let line = |row: &Value| {
        let [id, state, severity, title] =
            ["id", "state", "severity", "title"].map(|field| text(&row[field]));
        let [episodes, firing, owner] = ["episodes", "firing", "owner"].map(|field| text(&row[field]));
        let (began, ended) = (time(&row["opened_at"]), time(&row["closed_at"]));
        vec![id, state, severity, title, began, ended, episodes, firing, owner]
    };
    or(table_of(&columns, rows(answer, "incidents", line)), "no incident")
}

fn one(answer: &Value) -> String {
    list(&json!({ "incidents": [answer] }))
}

fn whole(answer: &Value) -> String {
    let mut parts = vec![one(&answer["incident"])];
    let figures = &answer["figures"];
    if figures.is_object() {
        let cost =
            |field: &str| figures[field].as_str().map_or_else(|| "–".to_owned(), |cost| format!("${cost}"));
        parts.push(format!(
            "while it lasted: {} calls, {} failed, cost {}; the same time before: {} calls, {} failed, cost {}",
            text(&figures["calls"]),
            text(&figures["errors"]),
            cost("cost_usd"),
            text(&figures["calls_before"]),
            text(&figures["errors_before"]),
            cost("cost_before_usd"),
        ));
    }
    let columns =
        [Column("at (UTC)", false), Column("what", false), Column("by", false), Column("text", false)];
    let line = |row: &Value| {
        let [kind, author, said] = ["kind", "author", "text"].map(|field| text(&row[field]));
        vec![time(&row["at"]), kind, author, said]
    };
    parts.extend(table_of(&columns, rows(answer, "timeline", line)));
    let trace = |trace: &Value| format!("quipu trace {}", clean(trace.as_str().unwrap_or_default()));
    parts.extend(answer["traces"].as_array().into_iter().flatten().map(trace));
    parts.join("\n")
}
