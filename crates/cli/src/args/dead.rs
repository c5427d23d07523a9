//! Arguments of `quipu dead-letters`.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand};

/// Commands for dead letters.
#[derive(Debug, ClapArgs)]
pub struct DeadLetters {
    #[command(subcommand)]
    pub what: DeadWhat,
}

#[derive(Debug, Subcommand)]
pub enum DeadWhat {
    /// List rejected batches of backends
    List {
        /// Only of this backend [default: all backends]
        backend: Option<String>,
        #[command(flatten)]
        at: DeadPlace,
    },
    /// Deliver them again: now if a server is running, otherwise at its next start
    Replay {
        /// Name of the backend
        backend: String,
        #[command(flatten)]
        at: DeadPlace,
    },
    /// Remove them
    Rm {
        /// Name of the backend
        backend: String,
        /// Numbers from the list [default: all]
        ids: Vec<u64>,
        #[command(flatten)]
        at: DeadPlace,
    },
}

/// Location of the dead letters.
#[derive(Debug, ClapArgs)]
pub struct DeadPlace {
    /// Query this server
    #[arg(long, env = "QUIPU_URL")]
    pub url: Option<String>,
    /// Folder for all data [default: the platform's data folder]
    #[arg(long, value_name = "DIR", env = "QUIPU_DATA_DIR", conflicts_with = "url")]
    pub data_dir: Option<PathBuf>,
    /// Configuration file (TOML), as for `serve`; it has the location of the spool
    #[arg(long, value_name = "FILE", env = "QUIPU_CONFIG", conflicts_with = "url")]
    pub config: Option<PathBuf>,
    /// Print the answer as JSON
    #[arg(long)]
    pub json: bool,
}
