//! The key of an encrypted store, for every command that opens one.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use anyhow::{Context, Result};
use clap::Args as ClapArgs;
use quipu::sqlite::{KeySource, unlock};

/// Key of the entry for the folders of all stores.
const ANYWHERE: &str = "";

/// Source of the key. The key itself is never an argument: other processes can see arguments.
#[derive(Debug, Clone, Default, ClapArgs)]
#[command(next_help_heading = "Encryption")]
pub struct KeyFlags {
    /// File with the key of an encrypted store
    #[arg(long, value_name = "FILE", env = "QUIPU_KEY_FILE", global = true)]
    key_file: Option<PathBuf>,
}

static BY_FLAG: OnceLock<()> = OnceLock::new();
/// The source in use.
static USED: OnceLock<KeySource> = OnceLock::new();

/// Takes up what the command line and the environment say, once.
pub fn settle(flags: &KeyFlags) -> Result<()> {
    let Some(file) = flags.key_file.clone() else { return Ok(()) };
    let source = KeySource { key_file: Some(file), ..KeySource::default() };
    unlock(Path::new(ANYWHERE), &source).context("cannot use --key-file")?;
    let _ = BY_FLAG.set(());
    let _ = USED.set(source);
    Ok(())
}

/// Applies the configuration, unless the command line names a key.
pub fn of_config(source: Option<&KeySource>) -> Result<()> {
    match source {
        Some(source) if BY_FLAG.get().is_none() => {
            unlock(Path::new(ANYWHERE), source).context("cannot use [encryption]")?;
            let _ = USED.set(source.clone());
            Ok(())
        }
        _ => Ok(()),
    }
}

/// The source in use, for another process that opens the same stores.
pub fn used() -> Option<&'static KeySource> {
    USED.get()
}
