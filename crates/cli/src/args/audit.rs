//! Arguments of `quipu audit`.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand};
use quipu_audit::Head;

/// Commands for the audit log.
#[derive(Debug, ClapArgs)]
pub struct Audit {
    #[command(subcommand)]
    pub what: AuditWhat,
}

#[derive(Debug, Subcommand)]
pub enum AuditWhat {
    /// List entries, newest first
    List(Box<AuditList>),
    /// Check that no entry was changed, added or removed; exit code 3 if one was
    Verify {
        /// An entry that must be in the log, as printed earlier by `quipu audit head`. Can be given several
        /// times
        #[arg(long, value_name = "SEQ:HASH")]
        head: Vec<Head>,
        #[command(flatten)]
        at: AuditPlace,
    },
    /// Print the number and hash of the last entry, for storage outside the data folder
    Head {
        #[command(flatten)]
        at: AuditPlace,
    },
    /// Export stored entries as JSON Lines, oldest first
    Export {
        /// Written at or after: RFC 3339, or relative such as -1h, -7d
        #[arg(long, allow_hyphen_values = true)]
        since: Option<String>,
        /// Written before
        #[arg(long, allow_hyphen_values = true)]
        until: Option<String>,
        /// File to write; it must not exist [default: standard output]
        #[arg(short, long, value_name = "FILE")]
        out: Option<PathBuf>,
        #[command(flatten)]
        at: AuditPlace,
    },
}

/// Filter of entries.
#[derive(Debug, ClapArgs)]
pub struct AuditList {
    /// Written at or after: RFC 3339, or relative such as -1h, -7d
    #[arg(long, allow_hyphen_values = true)]
    pub since: Option<String>,
    /// Written before
    #[arg(long, allow_hyphen_values = true)]
    pub until: Option<String>,
    /// Actor: its id, or kind and id such as user:ada, key:1a2b3c4d
    #[arg(long)]
    pub actor: Option<String>,
    /// Action, such as login; a trailing dot matches all actions of a kind, such as `key.`
    #[arg(long)]
    pub action: Option<String>,
    /// Object of the action, such as the id of a trace
    #[arg(long)]
    pub object: Option<String>,
    /// Project of the action
    #[arg(long)]
    pub project: Option<String>,
    /// Outcome of the action
    #[arg(long, value_parser = ["done", "denied", "failed"])]
    pub outcome: Option<String>,
    /// Only entries with a lower number
    #[arg(long, value_name = "SEQ")]
    pub before: Option<u64>,
    /// Maximum number of rows
    #[arg(long, default_value_t = 100)]
    pub limit: usize,
    #[command(flatten)]
    pub at: AuditPlace,
}

/// Location of the audit log.
#[derive(Debug, ClapArgs)]
pub struct AuditPlace {
    /// Query this server, with a key with all permissions
    #[arg(long, env = "QUIPU_URL")]
    pub url: Option<String>,
    /// Folder for all data; a server may be writing to it [default: the platform's data folder]
    #[arg(long, value_name = "DIR", env = "QUIPU_DATA_DIR", conflicts_with = "url")]
    pub data_dir: Option<PathBuf>,
    /// Print the answer as JSON
    #[arg(long)]
    pub json: bool,
}
