//! `quipu check store --repair`.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use quipu::sqlite::{Config, Repaired, repair};
use serde_json::json;

use crate::ask::note;

/// Mends the stores in these folders, each with how its project is said; `false` when something could not be saved.
pub async fn run(stores: &[(String, PathBuf)], deep: bool, as_json: bool) -> Result<bool> {
    let mut all = Repaired::default();
    for (project, folder) in stores {
        let repaired = one(project, folder, deep).await?;
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
            println!("there was nothing to mend");
        }
    }
    Ok(all.lost.is_empty())
}

async fn one(project: &str, folder: &Path, deep: bool) -> Result<Repaired> {
    let mut tell = |text: &str| note(&format!("{project}{text}"));
    let repaired = repair(Config::at(folder), deep, &mut tell).await;
    repaired.with_context(|| format!("cannot mend {}", folder.display()))
}
