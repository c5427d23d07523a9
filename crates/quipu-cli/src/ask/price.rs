//! The price of one usage: from the built-in book, which needs no store, or from a server's.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};
use quipu::core::{Clock, PriceBook, PriceRequest, SystemClock, Timestamp, Usage};
use quipu::prices::Book;
use quipu_api::dto::PriceAnswer;
use serde_json::{Value, json};

use super::{Question, source};
use crate::args::Price;

/// The answer, in the form of the HTTP interface.
pub fn ask(price: &Price) -> Result<Value> {
    let context = price.context.iter().map(|pair| match pair.split_once('=') {
        Some(pair) => Ok(pair),
        None => bail!("--context {pair:?} is not KEY=VALUE"),
    });
    let context: Vec<_> = context.collect::<Result<_>>()?;
    match &price.url {
        Some(url) => source::ask_server(url, &question(price, &context)),
        None => from_book(price, &context),
    }
}

fn question(price: &Price, context: &[(&str, &str)]) -> Question {
    let mut usage = json!({"input_tokens": price.input, "output_tokens": price.output});
    for (unit, count) in [("cache_read_tokens", price.cache_read), ("cache_write_tokens", price.cache_write)]
    {
        if let Some(count) = count {
            usage[unit] = count.into();
        }
    }
    let context: BTreeMap<_, _> = context.iter().copied().collect();
    let mut body = json!({"model": price.model, "usage": usage, "context": context});
    for (name, value) in [("provider", &price.provider), ("at", &price.at)] {
        if let Some(value) = value {
            body[name] = value.as_str().into();
        }
    }
    Question { body: Some(body), ..Question::get("/api/v1/price") }
}

fn from_book(price: &Price, context: &[(&str, &str)]) -> Result<Value> {
    let at = match &price.at {
        Some(text) => text.parse::<Timestamp>().context("--at")?,
        None => SystemClock.now(),
    };
    let cached = price.cache_read.unwrap_or(0).saturating_add(price.cache_write.unwrap_or(0));
    if cached > price.input {
        bail!("--cache-read and --cache-write are parts of --input: {cached} of {} cannot be", price.input);
    }
    let usage = Usage {
        input: Some(price.input),
        output: Some(price.output),
        cache_read: price.cache_read,
        cache_write: price.cache_write,
        ..Usage::default()
    };
    let answer = Book::vendored().price(&PriceRequest {
        provider: price.provider.as_deref(),
        model: &price.model,
        at,
        context: context.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect(),
        usage: &usage,
        units: BTreeMap::new(),
    });
    Ok(serde_json::to_value(PriceAnswer::from(answer))?)
}
