//! The store's files.

use anyhow::Result;
use quipu::Access;

use crate::args::Source;
use crate::ask;

/// Looks through the store; `false` when something is wrong with it.
pub fn run(source: &Source) -> Result<bool> {
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
