//! Arguments of the commands that work on the store's files: `backup`, `restore`, `migrate` and `check
//! store`.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand};

use super::Source;

/// Commands on all data of a data folder.
#[derive(Debug, Subcommand)]
pub enum StoreCommand {
    /// Copy all data; a server may be running
    Backup(Backup),
    /// Restore a backup into an empty folder
    Restore(Restore),
    /// Migrate a store to this build's layout, as `serve` does; with --from and --to into another store
    Migrate(Migrate),
}

/// Location of the data.
#[derive(Debug, ClapArgs)]
pub struct DataPlace {
    /// Folder for all data [default: the platform's data folder]
    #[arg(long, value_name = "DIR", env = "QUIPU_DATA_DIR")]
    pub data_dir: Option<PathBuf>,
    /// Store, as for `serve`, if it is not in the data folder
    #[arg(long, value_name = "URI", env = "QUIPU_STORE")]
    pub store: Option<String>,
    /// Print the answer as JSON
    #[arg(long)]
    pub json: bool,
}

/// Source and target of a backup.
#[derive(Debug, ClapArgs)]
pub struct Backup {
    /// A new folder, or a new archive with a name that ends in .tar.zst
    #[arg(long, value_name = "PATH")]
    pub out: PathBuf,
    #[command(flatten)]
    pub place: DataPlace,
}

/// Backup to restore, and its target.
#[derive(Debug, ClapArgs)]
pub struct Restore {
    /// The backup: a folder or an archive
    #[arg(value_name = "COPY")]
    pub from: PathBuf,
    /// Dry run: read the whole backup and compare it with its manifest
    #[arg(long)]
    pub dry_run: bool,
    #[command(flatten)]
    pub place: DataPlace,
}

/// Stores to migrate.
#[derive(Debug, ClapArgs)]
pub struct Migrate {
    /// Dry run: report the steps and the needed disk space
    #[arg(long, conflicts_with = "from")]
    pub dry_run: bool,
    /// Copy this store into the one of --to and compare both, instead of a new layout
    #[arg(long, value_name = "URI", requires = "to")]
    pub from: Option<String>,
    /// Target of the copy: an empty store, or one that earlier passes filled
    #[arg(long, value_name = "URI", requires = "from")]
    pub to: Option<String>,
    /// Copy ahead while a server writes to the source; a later run without this option finishes
    #[arg(long, requires = "from")]
    pub ahead: bool,
    /// File with the progress [default: migration.json in the data folder]
    #[arg(long, value_name = "FILE", requires = "from")]
    pub progress: Option<PathBuf>,
    #[command(flatten)]
    pub place: DataPlace,
}

/// Depth of the check of a store, and repair.
#[derive(Debug, ClapArgs)]
pub struct CheckStore {
    #[command(flatten)]
    pub source: Source,
    /// Also read every record, which takes long
    #[arg(long)]
    pub deep: bool,
    /// Set damaged files aside, save their readable records, and rebuild the totals; no server may have the
    /// store open
    #[arg(long)]
    pub repair: bool,
}
