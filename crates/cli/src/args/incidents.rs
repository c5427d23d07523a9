//! Arguments of `quipu incidents`, and of the service level report.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand, ValueEnum};

use super::Source;

/// Commands for incidents.
#[derive(Debug, ClapArgs)]
pub struct Incidents {
    #[command(subcommand)]
    pub what: IncidentsWhat,
}

#[derive(Debug, Subcommand)]
pub enum IncidentsWhat {
    /// List incidents, open ones first
    List {
        /// open or closed
        #[arg(long)]
        state: Option<String>,
        /// Was open at or after: RFC 3339, or relative such as -7d
        #[arg(long, allow_hyphen_values = true)]
        since: Option<String>,
        /// Began before
        #[arg(long, allow_hyphen_values = true)]
        until: Option<String>,
        /// Maximum number of rows
        #[arg(long)]
        limit: Option<String>,
        #[command(flatten)]
        source: Source,
    },
    /// Show an incident with its timeline and figures
    Show {
        /// Number
        id: String,
        #[command(flatten)]
        source: Source,
    },
    /// Open an incident by hand
    Open {
        /// Title
        title: String,
        /// info, warning or critical [default: warning]
        #[arg(long)]
        severity: Option<String>,
        #[command(flatten)]
        change: IncidentChange,
    },
    /// Set title, severity or owner, and add a note or links
    Update {
        /// Number
        id: String,
        /// New title
        #[arg(long)]
        title: Option<String>,
        /// info, warning or critical
        #[arg(long)]
        severity: Option<String>,
        #[command(flatten)]
        change: IncidentChange,
    },
    /// Close an incident
    Close {
        /// Number
        id: String,
        /// Note to add
        #[arg(long)]
        note: Option<String>,
        #[command(flatten)]
        source: Source,
    },
    /// Open a closed incident again
    Reopen {
        /// Number
        id: String,
        #[command(flatten)]
        source: Source,
    },
    /// Write the report as Markdown
    Report {
        /// Number
        id: String,
        /// File; standard output if omitted
        #[arg(long)]
        out: Option<PathBuf>,
        #[command(flatten)]
        source: Source,
    },
}

/// Owner, note and links of an incident.
#[derive(Debug, ClapArgs)]
pub struct IncidentChange {
    /// Owner; an empty text removes the owner
    #[arg(long)]
    pub owner: Option<String>,
    /// Note to add
    #[arg(long)]
    pub note: Option<String>,
    /// Id of an episode to link; may be repeated
    #[arg(long = "episode", value_name = "ID")]
    pub episodes: Vec<String>,
    /// Id of a trace to link; may be repeated
    #[arg(long = "trace", value_name = "ID")]
    pub traces: Vec<String>,
    #[command(flatten)]
    pub source: Source,
}

#[derive(Debug, Subcommand)]
pub enum SloWhat {
    /// Write the service level report of a month or quarter
    Report(SloReport),
}

/// A service level report.
#[derive(Debug, ClapArgs)]
pub struct SloReport {
    /// 2026-11, 2026-Q4, month, last-month, quarter or last-quarter
    #[arg(default_value = "month")]
    pub period: String,
    /// Form of the report
    #[arg(long, value_enum, default_value_t = SloForm::Markdown)]
    pub format: SloForm,
    /// File; standard output if omitted
    #[arg(long)]
    pub out: Option<PathBuf>,
    #[command(flatten)]
    pub source: Source,
}

/// Form of a service level report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SloForm {
    /// One page for a browser
    Html,
    /// Text for a wiki or a ticket
    Markdown,
    /// Figures for a program
    Json,
}
