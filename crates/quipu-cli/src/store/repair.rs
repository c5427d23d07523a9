//! `quipu check store --repair`.

use std::path::Path;

use anyhow::Result;
use quipu::sqlite::{Config, repair};
use serde_json::json;

use crate::ask::note;

/// Mends the store in this folder; `false` when something could not be saved.
pub async fn run(folder: &Path, deep: bool, as_json: bool) -> Result<bool> {
    let repaired = repair(Config::at(folder), deep, &mut |text| note(text)).await?;
    if as_json {
        println!("{:#}", json!({"done": repaired.done, "lost": repaired.lost}));
    } else {
        repaired.done.iter().for_each(|what| println!("  {what}"));
        repaired.lost.iter().for_each(|what| println!("  LOST: {what}"));
        if repaired.done.is_empty() && repaired.lost.is_empty() {
            println!("there was nothing to mend");
        }
    }
    Ok(repaired.lost.is_empty())
}
