//! How long what is kept, as people type it.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand};
use quipu::core::{DiskBytes, Keep};

use super::Source;

/// What the rules remove, and holds.
#[derive(Debug, ClapArgs)]
pub struct RetentionArgs {
    #[command(subcommand)]
    pub what: RetentionWhat,
}

#[derive(Debug, Subcommand)]
pub enum RetentionWhat {
    /// Say what the rules would remove now, day by day; nothing is removed
    Preview {
        #[command(flatten)]
        rules: RuleFlags,
        #[command(flatten)]
        source: Source,
    },
    /// Remove what the rules do not keep, now
    Run {
        #[command(flatten)]
        rules: RuleFlags,
        #[command(flatten)]
        source: Source,
    },
    /// Keep traces, whatever the rules say
    Hold {
        /// Why, in a few words
        #[arg(long, default_value = "")]
        note: String,
        #[command(flatten)]
        at: HoldPlace,
    },
    /// Let the rules have traces again
    Release {
        #[command(flatten)]
        at: HoldPlace,
    },
    /// List held traces, the latest first
    Holds {
        #[command(flatten)]
        source: Source,
    },
}

/// By which rules: those of the configuration, changed by flags. Without any a server goes by its own.
#[derive(Debug, ClapArgs)]
pub struct RuleFlags {
    /// Configuration file (TOML), as for `serve`: its table `retention` says the rules
    #[arg(long, value_name = "FILE", env = "QUIPU_CONFIG")]
    pub config: Option<PathBuf>,
    /// Rules of this project of the configuration [default: the default project]
    #[arg(long, value_name = "NAME", requires = "config")]
    pub of_project: Option<String>,
    /// Keep spans and their texts so long: forever, or such as 12h, 3d, 2w
    #[arg(long, value_name = "PERIOD")]
    pub traces: Option<Keep>,
    /// Keep events so long
    #[arg(long, value_name = "PERIOD")]
    pub logs: Option<Keep>,
    /// Keep points of metrics so long
    #[arg(long, value_name = "PERIOD")]
    pub metrics: Option<Keep>,
    /// Keep ledger rows and all sums so long
    #[arg(long, value_name = "PERIOD")]
    pub costs: Option<Keep>,
    /// Let the store's files be no larger than this, such as 20GiB
    #[arg(long, value_name = "BYTES")]
    pub max_bytes: Option<DiskBytes>,
}

/// Which traces, and where.
#[derive(Debug, ClapArgs)]
pub struct HoldPlace {
    /// Trace ids: 32 hexadecimal digits each
    #[arg(required = true, value_name = "TRACE")]
    pub traces: Vec<String>,
    #[command(flatten)]
    pub source: Source,
}
