//! `quipu check`: is what is configured reachable and sound?

use anyhow::Result;
use quipu::Access;

use crate::args::{Check, CheckWhat, Source};
use crate::ask;

/// Runs the check; `false` when it says no.
pub fn run(check: &Check) -> Result<bool> {
    match &check.what {
        CheckWhat::Store(source) => store(source),
    }
}

fn store(source: &Source) -> Result<bool> {
    anyhow::ensure!(source.url.is_none(), "a store is checked through its files: use --data-dir");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let (uri, folder) = ask::place(source)?;
        let store = quipu::open(&uri, &folder, Access::Read)?;
        let (info, findings) = (store.info().await?, store.check().await?);
        if source.json {
            let answer = serde_json::json!({
                "uri": info.uri, "version": info.version, "days": info.days, "spans": info.spans, "bytes": info.bytes,
                "sound": findings.is_empty(), "findings": findings,
            });
            println!("{answer:#}");
        } else {
            println!("{}: {} spans in {} days, {} bytes, layout {}", info.uri, info.spans, info.days, info.bytes, info.version);
            findings.iter().for_each(|finding| println!("  {finding}"));
            println!("{}", if findings.is_empty() { "sound" } else { "not sound" });
        }
        Ok(findings.is_empty())
    })
}
