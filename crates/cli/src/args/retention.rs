//! Arguments of `quipu retention`.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand};
use quipu::core::{DiskBytes, Keep};

use super::Source;

/// Commands for retention and holds.
#[derive(Debug, ClapArgs)]
pub struct RetentionArgs {
    #[command(subcommand)]
    pub what: RetentionWhat,
}

#[derive(Debug, Subcommand)]
pub enum RetentionWhat {
    /// Dry run of retention by day; nothing is removed
    Preview {
        #[command(flatten)]
        rules: RuleFlags,
        #[command(flatten)]
        source: Source,
    },
    /// Remove expired records now
    Run {
        #[command(flatten)]
        rules: RuleFlags,
        #[command(flatten)]
        source: Source,
    },
    /// Hold traces: retention does not remove them
    Hold {
        /// Reason, in a few words
        #[arg(long, default_value = "")]
        note: String,
        #[command(flatten)]
        at: HoldPlace,
    },
    /// Release held traces
    Release {
        #[command(flatten)]
        at: HoldPlace,
    },
    /// List held traces, latest first
    Holds {
        #[command(flatten)]
        source: Source,
    },
}

/// Retention rules: those of the configuration, changed by flags. Without any, a server uses its own.
#[derive(Debug, ClapArgs)]
pub struct RuleFlags {
    /// Configuration file (TOML), as for `serve`, with the rules in its table `retention`
    #[arg(long, value_name = "FILE", env = "QUIPU_CONFIG")]
    pub config: Option<PathBuf>,
    /// Project of the configuration with the rules [default: the default project]
    #[arg(long, value_name = "NAME", requires = "config")]
    pub of_project: Option<String>,
    /// Retention of spans and their texts: forever, or a duration such as 12h, 3d, 2w
    #[arg(long, value_name = "PERIOD")]
    pub traces: Option<Keep>,
    /// Retention of events
    #[arg(long, value_name = "PERIOD")]
    pub logs: Option<Keep>,
    /// Retention of metric points
    #[arg(long, value_name = "PERIOD")]
    pub metrics: Option<Keep>,
    /// Retention of ledger rows and all totals
    #[arg(long, value_name = "PERIOD")]
    pub costs: Option<Keep>,
    /// Maximum size of the store's files, such as 20GiB
    #[arg(long, value_name = "BYTES")]
    pub max_bytes: Option<DiskBytes>,
}

/// Traces and their store.
#[derive(Debug, ClapArgs)]
pub struct HoldPlace {
    /// Trace ids: 32 hexadecimal digits each
    #[arg(required = true, value_name = "TRACE")]
    pub traces: Vec<String>,
    #[command(flatten)]
    pub source: Source,
}
