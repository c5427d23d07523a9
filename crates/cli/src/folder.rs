//! The default data folder.

use std::path::PathBuf;

use anyhow::{Result, anyhow};

/// The platform's data folder for Quipu.
pub fn default_folder() -> Result<PathBuf> {
    let base = dirs::data_local_dir()
        .ok_or_else(|| anyhow!("this platform has no default data folder: use --data-dir"))?;
    Ok(base.join("quipu"))
}
