//! `quipu check store --repair`: repairs a store's files.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};
use quipu::pipeline::Priced;
use quipu::prices::open_with;
use quipu::sqlite::{Config, Repaired, repair};
use serde_json::json;

use super::beside;
use crate::note::note;

/// A project that is mended.
pub struct Site {
    /// Start of its findings' text.
    pub said: String,
    /// The folder of its store, and the folder of the files next to it.
    pub store: PathBuf,
    pub data: PathBuf,
    pub is_default: bool,
}

/// Mends these projects; `false` when something could not be saved. Ledger rows that are counted again are
/// priced by the books of their project.
pub async fn run(sites: &[Site], deep: bool, as_json: bool) -> Result<bool> {
    let mut all = Repaired::default();
    for Site { said: project, store, data, is_default } in sites {
        let (books, notes) = open_with(data, None).context("cannot open the price books")?;
        notes.iter().for_each(|text| note(text));
        let price = Priced::new(Arc::new(books));
        let mut repaired = one(project, store, deep, &price).await?;
        beside::repair(data, *is_default, &mut repaired)
            .with_context(|| format!("cannot repair the other files in {}", data.display()))?;
        let said = |what: String| format!("{project}{what}");
        all.done.extend(repaired.done.into_iter().map(said));
        all.lost.extend(repaired.lost.into_iter().map(said));
    }
    if as_json {
        println!("{:#}", json!({"done": all.done, "lost": all.lost}));
    } else {
        all.done.iter().for_each(|what| println!("  {what}"));
        all.lost.iter().for_each(|what| println!("  LOST: {what}"));
        if all.done.is_empty() && all.lost.is_empty() {
            println!("there was nothing to repair");
        }
    }
    Ok(all.lost.is_empty())
}

async fn one(project: &str, folder: &Path, deep: bool, price: &Priced) -> Result<Repaired> {
    let mut tell = |text: &str| note(&format!("{project}{text}"));
    let repaired = repair(Config::at(folder), deep, price, &mut tell).await;
    repaired.with_context(|| format!("cannot mend {}", folder.display()))
}
