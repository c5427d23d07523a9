//! Arguments of `quipu alerts`, `quipu slo` and `quipu health`.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand};

use super::{SloWhat, Source};

/// Commands for alerts.
#[derive(Debug, ClapArgs)]
pub struct Alerts {
    #[command(subcommand)]
    pub what: AlertsWhat,
}

#[derive(Debug, Subcommand)]
pub enum AlertsWhat {
    /// List the current states, firing ones first
    List {
        /// Only this rule
        #[arg(long)]
        rule: Option<String>,
        /// firing, error, pending, no_data or ok
        #[arg(long)]
        state: Option<String>,
        /// Maximum number of rows
        #[arg(long)]
        limit: Option<String>,
        #[command(flatten)]
        source: Source,
    },
    /// List the rules and channels
    Rules {
        #[command(flatten)]
        source: Source,
    },
    /// Exit with 3 if an alert is firing or cannot be evaluated
    Test {
        /// Only this rule
        rule: Option<String>,
        #[command(flatten)]
        source: Source,
    },
    /// Show the episodes that a rule would have had
    Backtest(AlertBacktest),
    /// Store a rule
    Set {
        /// Name
        name: String,
        /// TOML file with the keys of the rule; standard input if `-`
        file: PathBuf,
        #[command(flatten)]
        source: Source,
    },
    /// Remove a stored rule
    Rm {
        /// Name
        name: String,
        #[command(flatten)]
        source: Source,
    },
    /// Send a test notice to a channel; exit with 3 if it is not accepted
    Fire {
        /// Channel
        channel: String,
        #[command(flatten)]
        source: Source,
    },
    /// Acknowledge an open episode
    Ack {
        /// Id of the episode
        episode: String,
        #[command(flatten)]
        source: Source,
    },
    /// Add, list and end silences
    Silence(Silences),
    /// List episodes, latest first
    History {
        /// Only this rule
        #[arg(long)]
        rule: Option<String>,
        /// firing, resolved or withdrawn
        #[arg(long)]
        state: Option<String>,
        /// Began at or after: RFC 3339, or relative such as -7d
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
}

/// A back-test: of a rule of the server, a preset, or a file.
#[derive(Debug, ClapArgs)]
pub struct AlertBacktest {
    /// Rule of the server
    #[arg(required_unless_present_any = ["preset", "file"], conflicts_with_all = ["preset", "file"])]
    pub rule: Option<String>,
    /// Preset, such as high_error_rate
    #[arg(long, conflicts_with = "file")]
    pub preset: Option<String>,
    /// TOML file with the keys of a rule; standard input if `-`
    #[arg(long)]
    pub file: Option<PathBuf>,
    /// Begin: RFC 3339, or relative [default: -30d]
    #[arg(long, allow_hyphen_values = true)]
    pub since: Option<String>,
    /// End [default: now]
    #[arg(long, allow_hyphen_values = true)]
    pub until: Option<String>,
    #[command(flatten)]
    pub source: Source,
}

/// Commands for silences.
#[derive(Debug, ClapArgs)]
pub struct Silences {
    #[command(subcommand)]
    pub what: SilencesWhat,
}

#[derive(Debug, Subcommand)]
pub enum SilencesWhat {
    /// List silences
    List {
        #[command(flatten)]
        source: Source,
    },
    /// Hold the notices of matching episodes from now
    Add {
        /// Matchers such as rule=high_error_rate, severity=warning or model=gpt-*
        #[arg(required = true, value_name = "KEY=VALUE")]
        matchers: Vec<String>,
        /// Duration, such as 2h; at most 90d
        #[arg(long = "for", value_name = "DURATION")]
        duration: String,
        /// Reason
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        source: Source,
    },
    /// End a silence now
    End {
        /// Id
        id: String,
        #[command(flatten)]
        source: Source,
    },
}

/// Objectives and their reports.
#[derive(Debug, ClapArgs)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Slo {
    #[command(subcommand)]
    pub what: Option<SloWhat>,
    #[command(flatten)]
    pub source: Source,
}

/// Scope of the health score.
#[derive(Debug, ClapArgs)]
pub struct Health {
    /// Only this agent
    #[arg(long)]
    pub agent: Option<String>,
    /// Only this tool
    #[arg(long)]
    pub tool: Option<String>,
    #[command(flatten)]
    pub source: Source,
}
