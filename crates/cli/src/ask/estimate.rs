//! `quipu estimate`: tokens and cost of a call before it is made.

use std::io::Read;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::{Question, source};
use crate::args::Estimate;
use crate::table::{Column, table, text, usd};

/// Fields that distinguish a request body from other JSON.
const OF_A_BODY: [&str; 4] = ["messages", "input", "contents", "prompt"];

/// Sends the request and prints the answer.
pub fn run(ask: &Estimate) -> Result<bool> {
    let mut body = json!({"model": ask.model});
    let (field, input) = input(ask)?;
    body[field] = input;
    if let Some(provider) = &ask.provider {
        body["provider"] = provider.as_str().into();
    }
    if let Some(output) = ask.output {
        body["expected_output"] = output.into();
    }
    let answer = source::ask_books(&ask.source, &Question::post("/api/v1/estimate", body))?;
    super::show(ask.source.json, &answer, print)?;
    Ok(true)
}

/// The input to count, and its type.
fn input(ask: &Estimate) -> Result<(&'static str, Value)> {
    let whole = read(&ask.file)?;
    let json: Option<Value> = if ask.text { None } else { serde_json::from_str(&whole).ok() };
    Ok(match json {
        Some(list @ Value::Array(_)) if is_messages(&list) => ("messages", list),
        Some(body @ Value::Object(_)) if OF_A_BODY.iter().any(|field| !body[field].is_null()) => {
            ("body", body)
        }
        _ => ("text", whole.into()),
    })
}

fn is_messages(list: &Value) -> bool {
    let mut messages = list.as_array().into_iter().flatten().peekable();
    messages.peek().is_some() && messages.all(|message| message["role"].is_string())
}

fn read(file: &Path) -> Result<String> {
    let mut text = String::new();
    match file.to_str() {
        Some("-") => {
            std::io::stdin().read_to_string(&mut text).context("cannot read standard input as text")?
        }
        _ => {
            return std::fs::read_to_string(file)
                .with_context(|| format!("cannot read {} as text", file.display()));
        }
    };
    Ok(text)
}

fn print(answer: &Value) -> String {
    let columns = [
        Column("", false),
        Column("low", true),
        Column("expected", true),
        Column("high", true),
        Column("counted by", false),
    ];
    let tokens = |name: &str, of: &Value| {
        let exact = if of["exact"] == true { ", exact" } else { "" };
        let method = format!("{}{exact}", text(&of["method"]));
        vec![name.to_owned(), text(&of["low"]), text(&of["expected"]), text(&of["high"]), method]
    };
    let cost = &answer["cost"];
    let why = if cost.is_null() { format!("unpriced: {}", text(&answer["reason"])) } else { String::new() };
    let spread = ["low_usd", "expected_usd", "high_usd"].map(|field| usd(&cost[field]));
    let [low, expected, high] = spread;
    let lines = vec![
        tokens("input tokens", &answer["input"]),
        tokens("output tokens", &answer["output"]),
        vec!["cost".into(), low, expected, high, why],
    ];
    table(&columns, lines)
}
