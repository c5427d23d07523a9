//! Price of one usage: by the books of the data folder, which needs no store, or by a server's.

use std::collections::BTreeMap;

use anyhow::{Result, bail};
use serde_json::{Map, Value, json};

use super::{Question, source};
use crate::args::Price;

/// The answer, in the form of the HTTP interface.
pub fn ask(price: &Price) -> Result<Value> {
    source::ask_books(&price.source, &question(price)?)
}

fn question(price: &Price) -> Result<Question> {
    let mut body = json!({"model": price.model, "usage": usage(price)?, "context": context(price)?});
    for (name, value) in [("provider", &price.provider), ("at", &price.at)] {
        if let Some(value) = value {
            body[name] = value.as_str().into();
        }
    }
    Ok(Question::post("/api/v1/price", body))
}

fn context(price: &Price) -> Result<BTreeMap<&str, &str>> {
    let pairs = price.context.iter().map(|pair| match pair.split_once('=') {
        Some(pair) => Ok(pair),
        None => bail!("--context: expected KEY=VALUE, got {pair:?}"),
    });
    pairs.collect()
}

fn usage(price: &Price) -> Result<Map<String, Value>> {
    let mut usage = Map::new();
    for pair in &price.unit {
        let count = pair.split_once('=').and_then(|(unit, count)| Some((unit, count.parse::<u64>().ok()?)));
        let Some((unit, count)) = count.filter(|(unit, _)| !unit.is_empty()) else {
            bail!("--unit: expected KEY=N such as web_searches=2, got {pair:?}");
        };
        if usage.insert(unit.to_owned(), count.into()).is_some() {
            bail!("--unit {pair:?}: {unit} is given twice");
        }
    }
    let named = [
        ("input_tokens", Some(price.input).filter(|count| *count > 0)),
        ("output_tokens", Some(price.output).filter(|count| *count > 0)),
        ("cache_read_tokens", price.cache_read),
        ("cache_write_tokens", price.cache_write),
    ];
    for (unit, count) in named {
        if let Some(count) = count
            && usage.insert(unit.to_owned(), count.into()).is_some()
        {
            bail!("--unit {unit} and its own flag exclude each other");
        }
    }
    // Without any unit the usage is zero tokens.
    if usage.is_empty() {
        usage.extend([("input_tokens".to_owned(), 0.into()), ("output_tokens".to_owned(), 0.into())]);
    }
    Ok(usage)
}
