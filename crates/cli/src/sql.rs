//! `quipu sql`: one read-only statement over a data folder or a server.

use std::io::{Read as _, Write as _};

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::args::{Sql, SqlFormat};
use crate::ask::{OpenSource, Question};
use crate::note::note;
use crate::table::{clean, plain_table, text};

/// Runs a statement, or lists the schema.
///
/// # Errors
/// The statement is wrong or exceeds a limit, or the source cannot be read.
pub fn run(ask: &Sql) -> Result<()> {
    let source = OpenSource::open_with_budgets(&ask.source)?;
    let mut out = std::io::stdout().lock();
    if ask.schema {
        let schema = source.ask(&Question::get("/api/v1/sql/schema"))?;
        match format(ask) {
            SqlFormat::Table => writeln!(out, "{}", described(&schema))?,
            _ => writeln!(out, "{schema:#}")?,
        }
        return Ok(());
    }
    let question = Question::post("/api/v1/sql", body(ask)?);
    let word = match format(ask) {
        SqlFormat::Csv => "csv",
        SqlFormat::Ndjson => "ndjson",
        form => {
            let answer = source.ask(&question)?;
            if form == SqlFormat::Json {
                writeln!(out, "{answer:#}")?;
            } else {
                writeln!(out, "{}", shown(&answer))?;
            }
            if answer["truncated"] == true {
                note("rows were left out: the result reached its limit of rows or bytes");
            }
            return Ok(());
        }
    };
    let question = question.with("format", &Some(word.to_owned()));
    source.stream(&question, |piece| Ok(out.write_all(piece)?))
}

fn format(ask: &Sql) -> SqlFormat {
    match (ask.source.json, ask.csv, ask.ndjson) {
        (true, ..) => SqlFormat::Json,
        (_, true, _) => SqlFormat::Csv,
        (.., true) => SqlFormat::Ndjson,
        _ => ask.format,
    }
}

fn body(ask: &Sql) -> Result<Value> {
    let mut query = ask.query.clone().unwrap_or_default();
    if query == "-" {
        query.clear();
        std::io::stdin().lock().read_to_string(&mut query).context("cannot read standard input")?;
    }
    let value = |text: &String| match serde_json::from_str(text) {
        Ok(Value::Array(_) | Value::Object(_)) | Err(_) => json!(text),
        Ok(value) => value,
    };
    let params: Vec<Value> = ask.params.iter().map(value).collect();
    let mut body = json!({"query": query, "params": params});
    for (name, figure) in [("max_rows", ask.max_rows), ("timeout_ms", ask.timeout_ms)] {
        if let Some(figure) = figure {
            body[name] = json!(figure);
        }
    }
    for (name, time) in [("since", &ask.since), ("until", &ask.until)] {
        if let Some(time) = time {
            body[name] = json!(time);
        }
    }
    Ok(body)
}

/// The rows as a table; figures to the right.
fn shown(answer: &Value) -> String {
    let columns = answer["columns"].as_array().cloned().unwrap_or_default();
    let names: Vec<String> = columns.iter().map(|column| text(&column["name"])).collect();
    let figures: Vec<bool> =
        columns.iter().map(|column| column["type"] == "integer" || column["type"] == "real").collect();
    let row = |row: &Value| row.as_array().into_iter().flatten().map(text).collect();
    plain_table(&names, &figures, answer["rows"].as_array().into_iter().flatten().map(row).collect())
}

/// Tables and functions for people.
fn described(schema: &Value) -> String {
    let mut lines = Vec::new();
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let said = |value: &Value| clean(value.as_str().unwrap_or_default());
    for table in list(&schema["tables"]) {
        lines.push(format!("{}: {}", said(&table["name"]), said(&table["about"])));
        for column in list(&table["columns"]) {
            let (name, kind) = (said(&column["name"]), said(&column["type"]));
            lines.push(format!("  {name:<20}{kind:<9}{}", said(&column["about"])));
        }
        lines.push(String::new());
    }
    lines.push("functions beyond those of SQLite:".to_owned());
    for function in list(&schema["functions"]) {
        lines.push(format!("  {:<32}{}", said(&function["usage"]), said(&function["about"])));
    }
    lines.join("\n")
}
