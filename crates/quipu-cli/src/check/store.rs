//! The store's files.

use anyhow::{Context, Result};
use quipu::Access;
use quipu::core::{ErrorKind, Store};
use quipu::sqlite::Sqlite;

use crate::args::CheckStore;
use crate::{ask, store};

/// Looks through the store, and mends it where that is wanted; `false` when something is wrong with it.
pub fn run(what: &CheckStore) -> Result<bool> {
    let source = &what.source;
    anyhow::ensure!(source.url.is_none(), "a store is checked through its files: use --data-dir");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let (uri, folder) = ask::place(source)?;
        if what.repair {
            let place = quipu::store_folder(&uri, &folder);
            let saved = store::repair(&place, what.deep, source.json).await;
            let is_open = |error: &quipu::Error| error.kind() == ErrorKind::Locked;
            return match saved {
                Err(error) if error.downcast_ref().is_some_and(is_open) => {
                    Err(error).context("stop the server first: nobody may write while a store is mended")
                }
                saved => saved,
            };
        }
        let (info, findings) = look(&uri, &folder, what.deep).await?;
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

async fn look(
    uri: &str,
    folder: &std::path::Path,
    deep: bool,
) -> Result<(quipu::core::StoreInfo, Vec<String>)> {
    if deep {
        let store = Sqlite::open_read_only(quipu::store_folder(uri, folder))?;
        return Ok((store.info().await?, store.check_deep().await?));
    }
    let store = quipu::open(uri, folder, Access::Read)?;
    Ok((store.info().await?, store.check().await?))
}
