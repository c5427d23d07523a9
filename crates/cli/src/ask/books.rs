//! `quipu prices`: contents and disagreements of the books, unpriced calls, and re-pricing.

use anyhow::Result;
use serde_json::{Map, Value, json};

use super::source::escape;
use super::{Question, source};
use crate::args::{PricesWhat, Reprice};
use crate::table::{Column, clean, rows, table, text, time, usd};

/// Runs a query or a change.
pub fn run(what: &PricesWhat) -> Result<bool> {
    match what {
        PricesWhat::List { provider, q, limit, source }
            if provider.is_some() || q.is_some() || limit.is_some() =>
        {
            let question = Question::get("/api/v1/prices/models").with("provider", provider).with("q", q);
            super::show(source.json, &source::ask_books(source, &question.with("limit", limit))?, models)?;
        }
        PricesWhat::List { source, .. } => {
            super::show(source.json, &source::ask_books(source, &Question::get("/api/v1/prices"))?, books)?;
        }
        PricesWhat::Check { percent, source } => {
            let question = Question::get("/api/v1/prices/check").with("percent", percent);
            super::show(source.json, &source::ask_books(source, &question)?, disagreements)?;
        }
        PricesWhat::Update(update) => return super::update::run(update),
        PricesWhat::Unpriced { source, filter } => {
            let question = Question::get("/api/v1/costs/unpriced").filtered(filter);
            super::show(source.json, &source::ask(source, &question)?, unpriced)?;
        }
        PricesWhat::History { source } => {
            let answer = source::ask(source, &Question::get("/api/v1/prices/reprices"))?;
            super::show(source.json, &answer, history)?;
        }
        PricesWhat::Reprice(ask) => {
            let answer = source::ask_to_write(&ask.source, &question(ask), !ask.dry_run)?;
            super::show(ask.source.json, &answer, repriced)?;
        }
        PricesWhat::Undo { id, source } => {
            let path = format!("/api/v1/prices/reprices/{}/undo", escape(id));
            let answer = source::ask_to_write(source, &Question::post(path, json!({})), true)?;
            super::show(source.json, &answer, undone)?;
        }
    }
    Ok(true)
}

fn question(ask: &Reprice) -> Question {
    let fields =
        [("since", &ask.since), ("until", &ask.until), ("provider", &ask.provider), ("model", &ask.model)];
    let mut body = Map::new();
    for (name, value) in fields {
        body.extend(value.iter().map(|value| (name.to_owned(), Value::from(value.as_str()))));
    }
    body.insert("dry_run".into(), ask.dry_run.into());
    Question::post("/api/v1/prices/reprice", Value::Object(body))
}

fn books(answer: &Value) -> String {
    let columns = [
        Column("source", false),
        Column("version", false),
        Column("retrieved", false),
        Column("rules", true),
        Column("in use", false),
        Column("licence", false),
    ];
    let in_use = |source: &Value| if source["in_use"] == true { "yes" } else { "" }.to_owned();
    let lines = rows(answer, "sources", |source| {
        let of = |field: &str| text(&source[field]);
        vec![of("source"), of("version"), of("retrieved"), of("rules"), in_use(source), of("license")]
    });
    let user = match answer["user"].as_object() {
        None => "no user price book".to_owned(),
        Some(user) => {
            let path = user.get("path").map(text).unwrap_or_default();
            format!(
                "your own book takes precedence: {} entries in {path}",
                user.get("entries").map(text).unwrap_or_default()
            )
        }
    };
    let display = answer["display"].as_object().map(|display| {
        let of = |field: &str| display.get(field).map(text).unwrap_or_default();
        format!(
            "\nshown in {}: {} for one US dollar, as stated on {}",
            of("currency"),
            of("rate"),
            of("stated")
        )
    });
    format!("{}\n{user}{}", table(&columns, lines), display.unwrap_or_default())
}

fn models(answer: &Value) -> String {
    let columns = [
        Column("provider", false),
        Column("model", false),
        Column("input / 1M", true),
        Column("cache read / 1M", true),
        Column("cache write / 1M", true),
        Column("output / 1M", true),
        Column("source", false),
    ];
    let lines = rows(answer, "models", |model| {
        vec![
            text(&model["provider"]),
            text(&model["model"]),
            usd(&model["input_usd"]),
            usd(&model["cache_read_usd"]),
            usd(&model["cache_write_usd"]),
            usd(&model["output_usd"]),
            text(&model["source"]),
        ]
    });
    if lines.is_empty() {
        return "no price for a model of that name".into();
    }
    let more = if answer["more"] == true { "\nthere are more: raise --limit" } else { "" };
    format!("{}{more}", table(&columns, lines))
}

fn disagreements(answer: &Value) -> String {
    let columns = [
        Column("provider", false),
        Column("model", false),
        Column("unit", false),
        Column("used", true),
        Column("other", true),
        Column("apart", true),
    ];
    let lines = rows(answer, "disagreements", |one| {
        let apart =
            one["percent"].as_f64().map_or_else(|| "–".to_owned(), |percent| format!("{percent:.1} %"));
        vec![
            text(&one["provider"]),
            text(&one["model"]),
            text(&one["unit"]),
            usd(&one["first_usd"]),
            usd(&one["second_usd"]),
            apart,
        ]
    });
    match lines.len() {
        0 => "the books agree".into(),
        many => format!("{}\n{many} prices on which the books disagree", table(&columns, lines)),
    }
}

fn unpriced(answer: &Value) -> String {
    let columns = [
        Column("provider", false),
        Column("model", false),
        Column("reason", false),
        Column("calls", true),
        Column("tokens", true),
        Column("first (UTC)", false),
        Column("last (UTC)", false),
    ];
    let lines = rows(answer, "models", |model| {
        vec![
            text(&model["provider"]),
            text(&model["model"]),
            text(&model["reason"]),
            text(&model["calls"]),
            text(&model["tokens"]),
            time(&model["first_seen"]),
            time(&model["last_seen"]),
        ]
    });
    if lines.is_empty() { "every call has a price".into() } else { table(&columns, lines) }
}

fn repriced(answer: &Value) -> String {
    let total = &answer["total"];
    if total["changed"] == 0 {
        return format!("{} calls checked, no changes", text(&total["calls"]));
    }
    let mut out = sums(answer);
    let books = |list: &str| {
        let names = answer[list].as_array().into_iter().flatten().map(text);
        names.collect::<Vec<_>>().join(", ")
    };
    let before = books("books_before");
    let before = if before.is_empty() { "nothing".to_owned() } else { before };
    out.push_str(&format!("\npriced by {before} before, now by {}", books("books_after")));
    match answer["id"].as_str() {
        Some(id) => out.push_str(&format!(
            "\n{} calls written; `quipu prices undo {}` reverts it",
            text(&answer["written"]),
            clean(id)
        )),
        None => out.push_str("\nnothing was written (--dry-run)"),
    }
    if answer["skipped"] != 0 {
        out.push_str(&format!("\n{} calls changed meanwhile and were skipped", text(&answer["skipped"])));
    }
    out
}

/// The difference by model, then over all.
fn sums(answer: &Value) -> String {
    let columns = [
        Column("provider", false),
        Column("model", false),
        Column("calls", true),
        Column("changed", true),
        Column("newly priced", true),
        Column("before", true),
        Column("after", true),
        Column("difference", true),
    ];
    let line = |provider: String, model: String, sum: &Value| {
        vec![
            provider,
            model,
            text(&sum["calls"]),
            text(&sum["changed"]),
            text(&sum["newly_priced"]),
            usd(&sum["old_usd"]),
            usd(&sum["new_usd"]),
            usd(&sum["difference_usd"]),
        ]
    };
    let mut lines = rows(answer, "models", |sum| line(text(&sum["provider"]), text(&sum["model"]), sum));
    lines.push(line("total".into(), String::new(), &answer["total"]));
    table(&columns, lines)
}

fn history(answer: &Value) -> String {
    let columns = [
        Column("when (UTC)", false),
        Column("id", false),
        Column("state", false),
        Column("changed", true),
        Column("before", true),
        Column("after", true),
        Column("difference", true),
        Column("books", false),
    ];
    let lines = rows(answer, "reprices", |past| {
        let total = &past["total"];
        vec![
            time(&past["at"]),
            text(&past["id"]),
            text(&past["state"]),
            text(&total["changed"]),
            usd(&total["old_usd"]),
            usd(&total["new_usd"]),
            usd(&total["difference_usd"]),
            text(&past["books_after"]),
        ]
    });
    if lines.is_empty() { "there are no re-pricings".into() } else { table(&columns, lines) }
}

fn undone(answer: &Value) -> String {
    let mut out = format!("{} calls have their earlier cost again", text(&answer["restored"]));
    for (field, what) in
        [("changed_since", "changed since and were skipped"), ("gone", "are no longer stored")]
    {
        if answer[field] != 0 {
            out.push_str(&format!("; {} {what}", text(&answer[field])));
        }
    }
    out
}
