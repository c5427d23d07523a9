//! Arguments of the one-shot commands for the terminal.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand, ValueEnum};

use super::{Filter, ForAgent, McpSource, Scraper, Source};

/// Commands that print one screen, one line, or lines as they come.
#[derive(Debug, Subcommand)]
pub enum TerminalCommand {
    /// Show today's calls, tokens, cost and errors on one screen
    Today(Period),
    /// Show this week's figures, from Monday
    Week(Period),
    /// Show this month's figures
    Month(Period),
    /// Show the overall health: error rates, slowest calls, top costs, problems of the system
    Summary(Summary),
    /// Show a live monitor: traces, conversations, cost, budgets, alerts
    Top(Box<Top>),
    /// Print calls as lines, oldest first
    Tail(Tail),
    /// Print one line for the status line of Claude Code, from its JSON on standard input
    Statusline(Statusline),
    /// Export records as a file
    Export(Box<Export>),
    /// Check the generated Grafana dashboards, with one verdict
    GrafanaCheck(Scraper),
}

/// Source and zone of a period's figures.
#[derive(Debug, ClapArgs)]
pub struct Period {
    #[command(flatten)]
    pub source: Source,
    #[command(flatten)]
    pub agent: ForAgent,
    /// IANA time zone of the days, such as Europe/Berlin [default: the zone of this machine]
    #[arg(long, value_name = "ZONE")]
    pub zone: Option<String>,
    /// Filter in the query language
    #[arg(long, value_name = "TERMS", allow_hyphen_values = true)]
    pub filter: Option<String>,
}

#[derive(Debug, ClapArgs)]
pub struct Summary {
    #[command(flatten)]
    pub source: Source,
    #[command(flatten)]
    pub agent: ForAgent,
    /// Time range, such as 1h, 24h or 7d
    #[arg(long, default_value = "24h")]
    pub last: String,
    /// Filter in the query language
    #[arg(long, value_name = "TERMS", allow_hyphen_values = true)]
    pub filter: Option<String>,
}

#[derive(Debug, ClapArgs)]
pub struct Tail {
    /// Filter in the query language, such as 'model:gpt-* status:error'
    #[arg(value_name = "FILTER", allow_hyphen_values = true)]
    pub filter: Option<String>,
    /// Keep running and print new calls; a server reports them by its live feed
    #[arg(short, long)]
    pub follow: bool,
    /// Number of earlier calls, at most 500
    #[arg(short = 'n', long, default_value_t = 20, value_parser = clap::value_parser!(u16).range(0..=500))]
    pub lines: u16,
    #[command(flatten)]
    pub source: Source,
}

#[derive(Debug, ClapArgs)]
pub struct Top {
    /// First view: overview, traces, sessions, agents, models, tools, cost, budgets, alerts, system; trace,
    /// session or conversation with an id
    #[arg(value_name = "VIEW", num_args = 0..=2)]
    pub view: Vec<String>,
    #[command(flatten)]
    pub place: McpSource,
    /// Time range, such as 1h, 24h, 7d or all
    #[arg(long, default_value = "24h")]
    pub last: String,
    /// Filter in the query language
    #[arg(long, value_name = "TERMS", allow_hyphen_values = true)]
    pub filter: Option<String>,
    /// Import session files of coding agents from this file or folder, such as ~/.claude/projects, and follow
    /// them; may be repeated
    #[arg(long, value_name = "PATH", conflicts_with = "once")]
    pub watch: Vec<PathBuf>,
    /// Limit of a subscription's window in tokens or dollars by list price, such as 5h=20usd or week=40M; may
    /// be repeated
    #[arg(long, value_name = "WINDOW=AMOUNT")]
    pub limit: Vec<String>,
    /// Language: en or de [default: by LC_ALL, LC_MESSAGES or LANG]
    #[arg(long, value_name = "LANG")]
    pub lang: Option<String>,
    /// IANA time zone, such as Europe/Berlin [default: the zone of this machine]
    #[arg(long, value_name = "ZONE")]
    pub zone: Option<String>,
    /// Use ASCII characters only
    #[arg(long)]
    pub ascii: bool,
    /// Use no colours; NO_COLOR does the same
    #[arg(long)]
    pub no_color: bool,
    /// Print plain lines for screen readers, and read commands as lines
    #[arg(long)]
    pub plain: bool,
    /// Print one view as plain lines, and end
    #[arg(long)]
    pub once: bool,
}

/// Source of the status line.
#[derive(Debug, ClapArgs)]
pub struct Statusline {
    #[command(flatten)]
    pub source: Source,
}

/// Records to export.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ExportRecords {
    Traces,
    Spans,
    Calls,
    Events,
    Metrics,
}

/// Format of an exported file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ExportFormat {
    /// One JSON object per line
    Ndjson,
    /// Comma-separated values with a header
    Csv,
    /// One OTLP request per line, for traces, spans and events; `quipu import` reads it
    OtlpJson,
}

#[derive(Debug, ClapArgs)]
pub struct Export {
    /// Records
    #[arg(value_enum, value_name = "RECORDS")]
    pub records: ExportRecords,
    /// Format
    #[arg(long, value_enum, default_value = "ndjson")]
    pub format: ExportFormat,
    /// File to write; it appears once it is complete [default: standard output]
    #[arg(short, long, value_name = "PATH")]
    pub out: Option<PathBuf>,
    #[command(flatten)]
    pub filter: Filter,
    #[command(flatten)]
    pub source: Source,
}
