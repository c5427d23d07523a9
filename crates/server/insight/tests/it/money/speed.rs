//! Speed test with a hundred thousand calls.

use std::sync::Arc;
use std::time::Instant;

use quipu_backend_sqlite::{Config, Sqlite};
use quipu_conformance::sample::at;
use quipu_core::{Backend, TraceFilter, Usage};
use quipu_insight::analysis::{Ask, analyse};
use quipu_prices::Books;

use super::world::{batch, call, rows};

const CALLS: u64 = 5_000;
const MODELS: [&str; 4] =
    ["openai/gpt-5", "openai/gpt-5-mini", "anthropic/claude-opus-4-5", "anthropic/claude-haiku-4-5"];

/// The figures of a store on disk are those of memory. `QUIPU_CALLS` sets for how many calls, and has the
/// time written down.
#[tokio::test(flavor = "multi_thread")]
async fn many_calls_on_disk() {
    let calls = std::env::var("QUIPU_CALLS").ok().and_then(|calls| calls.parse().ok()).unwrap_or(CALLS);
    let folder = tempfile::tempdir().unwrap();
    let store = Sqlite::open(Config::at(folder.path())).unwrap();
    let books = Books::vendored();
    let step = 30 * 86_400 * 1_000 / calls;
    for chunk in (1..=calls).collect::<Vec<_>>().chunks(2_000) {
        let made = |number: &u64| {
            let usage = Usage::of(20_000 + number % 1_000, 500).cache_read(number % 3 * 5_000);
            let mut call = call(*number, "", i64::try_from(number * step / 1_000).unwrap(), usage);
            call.model = MODELS[*number as usize % 4].to_owned();
            call.session(&format!("session {}", number / 50))
        };
        let calls: Vec<_> = chunk.iter().map(made).collect();
        store.write(Arc::new(batch(&books, &calls))).await.unwrap();
    }
    let now = at(30 * 86_400);
    let filter = TraceFilter { since: Some(at(0)), until: Some(now.plus(1)), ..TraceFilter::default() };
    let begin = Instant::now();
    let told = analyse(&store, &books, &Ask { filter, ..Ask::default() }, now).await.unwrap();
    let took = begin.elapsed();
    assert_eq!((told.rows, told.total.llm_calls), (calls, calls));
    let sum = rows(&store).await.iter().filter_map(|row| row.amount).sum();
    assert_eq!(told.total.cost, Some(sum), "sums by bucket are the sum of the rows");
    assert!(told.forecast.is_some(), "{:?}", told.forecast_reason);
    if std::env::var_os("QUIPU_CALLS").is_some() {
        let line = format!("{calls} calls analysed in {took:?}\n");
        std::fs::write(std::env::temp_dir().join("quipu-analysis.txt"), line).unwrap();
    }
    store.close().await.unwrap();
}
