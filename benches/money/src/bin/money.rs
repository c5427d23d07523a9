//! Times pricing, reservations and token counting, and prints one JSON document of figures. `money TEXT`
//! counts the tokens of a file.

use std::collections::BTreeMap;
use std::io::{Write, stdout};
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use quipu_budget::{Budget, Budgets, Period, Subject};
use quipu_core::{Clock, PriceBook, PriceRequest, SystemClock, Usage, Usd};
use quipu_money::clock::each;
use quipu_prices::Books;
use quipu_tokens::Encoding;
use serde_json::{Value, json};

/// Provider, model, and usage of calls, in every form in which sources report names.
fn calls() -> Vec<(Option<&'static str>, &'static str, Usage)> {
    let cached = Usage::of(12_000, 800).cache_read(10_000).reasoning(300);
    let written = Usage::of(212_000, 800).cache_read(150_000).cache_write(50_000);
    vec![
        (Some("openai"), "gpt-5", cached.clone()),
        (Some("openai"), "gpt-4o-mini-2024-07-18", cached.clone()),
        (Some("anthropic"), "claude-sonnet-4-5", written.clone()),
        (Some("aws.bedrock"), "us.anthropic.claude-sonnet-4-5-20250929-v1:0", written.clone()),
        (Some("google"), "gemini-2.5-pro", written.clone()),
        (Some("vertex_ai"), "publishers/google/models/gemini-2.5-flash", cached.clone()),
        (Some("azure"), "gpt-35-turbo", cached.clone()),
        (Some("openrouter"), "anthropic/claude-3.5-sonnet:beta", written.clone()),
        (None, "openrouter/meta-llama/llama-3.1-70b-instruct", cached.clone()),
        (None, "a-model-that-nobody-has-ever-heard-of", written),
    ]
}

/// Nanoseconds to price one usage: the usual one, and the most expensive one.
fn prices() -> Result<Value> {
    let book = Books::vendored();
    let at = SystemClock.now();
    let mut times = BTreeMap::new();
    for (provider, model, usage) in &calls() {
        let request = PriceRequest { provider: *provider, ..PriceRequest::new(model, at, usage) };
        let time = each(30, 1_000, || {
            let _ = std::hint::black_box(book.price(std::hint::black_box(&request)));
        });
        times.insert(*model, time);
    }
    let usual = times.get("gpt-5").copied().context("no usual call")?;
    let worst = times.values().copied().fold(0.0, f64::max);
    Ok(json!({ "usual": usual, "worst": worst, "all": times }))
}

/// Nanoseconds to reserve and settle, in a budget that always fits.
fn reserve(budgets: &Budgets, times: usize) -> Result<f64> {
    let subject = Subject::default().project("bench").agent("weather").model("gpt-5");
    budgets.admit(&subject, Usd::cents(1))?.settle(Usd::cents(1));
    let mut refused = 0;
    let time = each(20, times, || match budgets.admit(&subject, Usd::cents(1)) {
        Ok(admission) => admission.settle(Usd::cents(1)),
        Err(_) => refused += 1,
    });
    ensure!(refused == 0, "{refused} calls were refused");
    Ok(time)
}

fn budgets() -> Result<Value> {
    let budget = || Budget::usd(Usd::cents(100_000_000)).per(Period::Day);
    let local = Budgets::builder().budget("daily", budget()).build()?;
    let folder = tempfile::tempdir()?;
    let accounts = quipu_backend_sqlite::accounts::open(folder.path().join("budgets.db"))?;
    let shared = Budgets::builder().budget("daily", budget()).accounts(Arc::clone(&accounts)).build()?;
    Ok(json!({ "local": reserve(&local, 1_000)?, "shared": reserve(&shared, 50)? }))
}

/// Tokens of a text a second, by the wall clock as others are measured too; the best of some runs.
fn tokens(text: &str) -> Value {
    let begun = Instant::now();
    Encoding::O200kBase.count("the first count unpacks the vocabulary");
    let first = begun.elapsed();
    let best = |turn: &dyn Fn() -> u64| {
        let timed = (0..5).map(|_| {
            let begun = Instant::now();
            (turn(), begun.elapsed().as_secs_f64())
        });
        timed.min_by(|one, other| one.1.total_cmp(&other.1)).unwrap_or((0, 1.0))
    };
    let (count, seconds) = best(&|| Encoding::O200kBase.count(text));
    let (_, scanned) = best(&|| std::hint::black_box(text.split(' ').count() as u64));
    json!({
        "bytes": text.len(), "tokens": count, "tokens_per_s": count as f64 / seconds,
        "of_a_scan": seconds / scanned, "first_ms": first.as_secs_f64() * 1_000.0,
    })
}

fn main() -> Result<()> {
    let file = std::env::args().nth(1).context("a file to count is needed")?;
    let text = std::fs::read_to_string(&file).with_context(|| file.clone())?;
    let figures = json!({ "price": prices()?, "reserve": budgets()?, "tokens": tokens(&text) });
    writeln!(stdout(), "{figures}")?;
    Ok(())
}
