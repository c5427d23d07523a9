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
    /// Check that no entry was changed, added or removed; exit code 3 when one was
    Verify {
        /// An entry that has to be in it: what `quipu audit head` printed earlier. May be said several times
        #[arg(long, value_name = "SEQ:HASH")]
        head: Vec<Head>,
        #[command(flatten)]
        at: AuditPlace,
    },
    /// Print the last entry's number and hash, to be kept where no writer of the data folder can write
    Head {
        #[command(flatten)]
        at: AuditPlace,
    },
    /// Write entries out as they stand there, JSON Lines, oldest first
    Export {
        /// Noted at or after: RFC 3339, or relative such as -1h, -7d
        #[arg(long, allow_hyphen_values = true)]
        since: Option<String>,
        /// Noted before
        #[arg(long, allow_hyphen_values = true)]
        until: Option<String>,
        /// File to write, which must not exist yet [default: standard output]
        #[arg(short, long, value_name = "FILE")]
        out: Option<PathBuf>,
        #[command(flatten)]
        at: AuditPlace,
    },
}

/// Which entries.
#[derive(Debug, ClapArgs)]
pub struct AuditList {
    /// Noted at or after: RFC 3339, or relative such as -1h, -7d
    #[arg(long, allow_hyphen_values = true)]
    pub since: Option<String>,
    /// Noted before
    #[arg(long, allow_hyphen_values = true)]
    pub until: Option<String>,
    /// By this actor: its id, or with its kind such as user:ada, key:1a2b3c4d
    #[arg(long)]
    pub actor: Option<String>,
    /// This action, such as login; all actions of a kind with a dot at the end, such as `key.`
    #[arg(long)]
    pub action: Option<String>,
    /// Done to this object, such as the id of a trace
    #[arg(long)]
    pub object: Option<String>,
    /// In this project
    #[arg(long)]
    pub project: Option<String>,
    /// That ended so
    #[arg(long, value_parser = ["done", "denied", "failed"])]
    pub outcome: Option<String>,
    /// Only entries with a lesser number
    #[arg(long, value_name = "SEQ")]
    pub before: Option<u64>,
    /// Rows
    #[arg(long, default_value_t = 100)]
    pub limit: usize,
    #[command(flatten)]
    pub at: AuditPlace,
}

/// Location of the audit log.
#[derive(Debug, ClapArgs)]
pub struct AuditPlace {
    /// Ask this server, with a key that may do everything
    #[arg(long, env = "QUIPU_URL")]
    pub url: Option<String>,
    /// Folder for all data; a server may be writing to it [default: the platform's data folder]
    #[arg(long, value_name = "DIR", env = "QUIPU_DATA_DIR", conflicts_with = "url")]
    pub data_dir: Option<PathBuf>,
    /// Print the answer as JSON
    #[arg(long)]
    pub json: bool,
}
