//! Test of the guide's first page: one call, and free functions everywhere.

use std::path::Path;
use std::time::Duration;

use quipu::core::{Cost, CostQuery, UsageQuery};
use quipu::prices::NewPrice;
use quipu::{Budget, Quipu, Usd};
use tempfile::TempDir;

#[quipu::observe(kind = "tool")]
fn search(query: &str) -> Result<usize, std::io::Error> {
    Ok(query.len())
}

/// The only test of this process that installs the library.
#[tokio::test]
async fn the_contract_of_the_library() -> Result<(), Box<dyn std::error::Error>> {
    let folder = TempDir::new()?;
    let quipu = Quipu::builder()
        .without_env()
        .without_file()
        .data_dir(folder.path())
        .budget("daily", Budget::usd("0.001".parse()?))
        .init()?;
    assert!(quipu::init().is_err(), "the first one stays");
    let agent = quipu::agent("planner").enter();
    search("knots")?;
    quipu::budget("daily").check("0.0005".parse::<Usd>()?)?;
    let usage = quipu::Usage::of(100, 10);
    let call = quipu::llm("openai", "gpt-5");
    call.usage(usage).finish_reason("stop").end();
    let refused = quipu::budget("daily").check("0.9".parse::<Usd>()?).err().map(|why| why.to_string());
    assert!(refused.is_some_and(|why| why.contains("budget daily")));
    drop(agent);
    quipu.flush_async(Duration::from_secs(5)).await?;
    let store = quipu.store().ok_or("a store")?;
    let totals = store.usage(&UsageQuery::default()).await?.remove(0).totals;
    assert_eq!((totals.llm_calls, totals.cost), (1, "0.000225".parse().ok()));
    let spent = quipu::budget("daily").status().remove(0);
    assert_eq!(
        (spent.spent.to_string(), spent.reserved.to_string()),
        ("0.000225 USD".into(), "0 USD".into())
    );
    let events = store.metrics().await?;
    assert!(events.iter().any(|metric| metric.name == "quipu.function.calls"), "{events:?}");
    assert!(store.integrity().unwrap().check().await?.is_empty());
    quipu.shutdown(Duration::from_secs(5))?;
    a_later_instance_follows(folder.path()).await
}

/// After its shutdown, the first instance makes place, also while its handle still exists.
async fn a_later_instance_follows(folder: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let start =
        || Quipu::builder().without_env().without_file().data_dir(folder).budget("later", one_dollar());
    let second = start().init()?;
    assert!(quipu::init().is_err(), "the second one stays");
    quipu::prices().add(&NewPrice::new("house", "own").input(1).output(2))?;
    let row = quipu::track_llm_usage("house", "own", (1_000, 100), Duration::from_millis(1_500));
    let row = row.ok_or("a row")?;
    assert_eq!((row.amount, row.duration), ("0.0012".parse().ok(), Some(1_500_000_000)));
    second.flush_async(Duration::from_secs(5)).await?;
    let query = CostQuery { limit: 10, ..CostQuery::default() };
    let rows = second.store().ok_or("a store")?.costs(&query).await?.rows.into_iter();
    let stored =
        rows.map(|row| row.cost).find(|stored| stored.span_id == row.span_id).ok_or("a stored row")?;
    assert_eq!(Cost { version: row.version, time: row.time, ..stored }, row, "the ledger has the same row");
    assert_eq!(
        quipu::budget("later").status().remove(0).spent.to_string(),
        "0.001425 USD",
        "with that of the first"
    );
    drop(second);
    drop(start().enabled(false).init()?);
    start().init()?.shutdown(Duration::from_secs(5))?;
    Ok(())
}

fn one_dollar() -> Budget {
    Budget::usd(Usd::cents(100))
}
