//! Arguments of the commands that work on the store's files: `backup`, `restore`, `migrate` and `check
//! store`.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand};

use super::Source;

/// Commands on all data of a data folder.
#[derive(Debug, Subcommand)]
pub enum StoreCommand {
    /// Copy all data, also while a server is running
    Backup(Backup),
    /// Put a copy of all data into an empty folder
    Restore(Restore),
    /// Bring a store to this build's layout, which `serve` does too
    Migrate(Migrate),
}

/// Location of the data.
#[derive(Debug, ClapArgs)]
pub struct DataPlace {
    /// Folder for all data [default: the platform's data folder]
    #[arg(long, value_name = "DIR", env = "QUIPU_DATA_DIR")]
    pub data_dir: Option<PathBuf>,
    /// Store, as for `serve`, where it is not in the data folder
    #[arg(long, value_name = "URI", env = "QUIPU_STORE")]
    pub store: Option<String>,
    /// Print the answer as JSON
    #[arg(long)]
    pub json: bool,
}

/// Source and target of a backup.
#[derive(Debug, ClapArgs)]
pub struct Backup {
    /// A folder, or an archive with a name that ends in .tar.zst; must not be there yet
    #[arg(long, value_name = "PATH")]
    pub out: PathBuf,
    #[command(flatten)]
    pub place: DataPlace,
}

/// Backup to restore, and its target.
#[derive(Debug, ClapArgs)]
pub struct Restore {
    /// The copy: a folder or an archive
    #[arg(value_name = "COPY")]
    pub from: PathBuf,
    /// Read all of the copy and compare it with its manifest; write nothing
    #[arg(long)]
    pub dry_run: bool,
    #[command(flatten)]
    pub place: DataPlace,
}

/// Which stores to bring to this build's layout.
#[derive(Debug, ClapArgs)]
pub struct Migrate {
    /// Report the steps and whether there is enough disk space; change nothing
    #[arg(long)]
    pub dry_run: bool,
    #[command(flatten)]
    pub place: DataPlace,
}

/// Depth of the check of a store, and repair.
#[derive(Debug, ClapArgs)]
pub struct CheckStore {
    #[command(flatten)]
    pub source: Source,
    /// Read every record too, which takes as long as that
    #[arg(long)]
    pub deep: bool,
    /// Set aside what is damaged, save what can be read of it, and sum it up anew; no server may have the
    /// store open
    #[arg(long)]
    pub repair: bool,
}
