//! The command line and its arguments.

mod access;
mod alerts;
mod audit;
mod benchmark;
mod check;
mod connect;
mod dead;
mod forget;
mod gateway;
mod generate;
mod import;
mod incidents;
mod mcp;
mod money;
mod retention;
mod run;
mod serve;
mod sql;
mod store;
mod terminal;

use std::path::PathBuf;

use clap::{Args as ClapArgs, CommandFactory, Parser, Subcommand};

pub use crate::client::Credentials;
pub use crate::key::KeyFlags;
pub use access::{AccessPlace, Keys, KeysAdd, KeysWhat, Users, UsersAdd, UsersSet, UsersWhat};
pub use alerts::{AlertBacktest, Alerts, AlertsWhat, Health, SilencesWhat, Slo};
pub use audit::{Audit, AuditList, AuditPlace, AuditWhat};
pub use benchmark::Benchmark;
pub use check::{Check, CheckWhat, Ready, Scraper, Ways};
pub use connect::{Connect, ConnectTool, Disconnect};
pub use dead::{DeadLetters, DeadPlace, DeadWhat};
pub use forget::Forget;
pub use gateway::{Gateway, GatewayFlags, former_gateway};
pub use generate::{ClickhouseTables, Generate, GenerateWhat, Provision, TracesIn};
pub use import::Import;
pub use incidents::{IncidentChange, Incidents, IncidentsWhat, SloForm, SloReport, SloWhat};
pub use mcp::{ForAgent, Mcp, McpCall, McpInstall, McpSource, McpTool, McpWhat};
pub use money::*;
pub use retention::{HoldPlace, RetentionArgs, RetentionWhat, RuleFlags};
pub use run::{GatewayUse, Run};
pub use serve::{Entry, Serve};
pub use sql::{Sql, SqlFormat, SqlWorker};
pub use store::{Backup, CheckStore, DataPlace, Migrate, Restore, StoreCommand};
pub use terminal::{Export, Period, Statusline, Summary, Tail, TerminalCommand, Top};

/// Observability for AI agents: every call, token and cent, counted once.
#[derive(Debug, Parser)]
#[command(name = "quipu", version, propagate_version = true)]
pub struct Args {
    #[command(subcommand)]
    pub command: Command,
    #[command(flatten)]
    pub credentials: Credentials,
    #[command(flatten)]
    pub key: KeyFlags,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Receive telemetry, store it, and show it
    Serve(Box<Serve>),
    /// Forward calls to model providers, record each, and enforce budgets
    Gateway(Box<Gateway>),
    /// Former name of `gateway`
    #[command(hide = true)]
    Proxy(Box<Gateway>),
    /// Run a program observed: its calls, tokens and cost, under an optional budget
    Run(Run),
    /// Write the config of a coding agent so that it sends telemetry
    Connect(Connect),
    /// Restore the config that `connect` changed
    Disconnect(Disconnect),
    /// List traces, newest first
    Traces(Traces),
    /// Show one trace as a tree
    Trace(Trace),
    /// Compare the signals of frameworks
    Frameworks(Frameworks),
    /// List sessions, latest first
    Sessions(Sessions),
    /// Show totals of calls, tokens and cost
    Usage(Usage),
    /// Show totals of tool runs
    Tools(Tools),
    /// List events, newest first
    Events(Events),
    /// Run a read-only SQL statement over the stored records
    Sql(Box<Sql>),
    /// Run one statement for another process
    #[command(hide = true)]
    SqlWorker(SqlWorker),
    /// Explain the price of one usage
    Price(Price),
    /// List and update price books, and price stored calls again
    Prices(Prices),
    /// List, set and check budgets
    Budget(Budget),
    /// Estimate tokens and cost of a call before it is made
    Estimate(Estimate),
    /// Show usage under subscriptions by their 5-hour and weekly windows
    Plans(Plans),
    /// List, test and silence alerts
    Alerts(Alerts),
    /// List, open, change and close incidents, and write their reports
    Incidents(Incidents),
    /// Show service level objectives and their reports; exit with 3 if one burns or is exhausted
    Slo(Slo),
    /// Show the health score of the last 24 hours
    Health(Health),
    /// Import transcripts of coding agents, OTLP files and exports of other tools
    Import(Import),
    #[command(flatten)]
    Terminal(TerminalCommand),
    #[command(flatten)]
    Store(StoreCommand),
    /// Answer coding agents over MCP on standard input and output
    Mcp(Mcp),
    /// Measure this machine in a temporary folder, in one minute: ingest, queries, cost of recording
    Benchmark(Benchmark),
    /// Check that the configured parts work
    Check(Check),
    /// Generate the config of Prometheus and Grafana for Quipu
    Generate(Generate),
    /// List the dead letters of backends, deliver them again, or delete them
    DeadLetters(DeadLetters),
    /// Remove all records of a user or session everywhere, with a proof
    Forget(Forget),
    /// Preview and run retention, and hold traces
    Retention(RetentionArgs),
    /// Create, list and revoke API keys
    Keys(Keys),
    /// Create, list, change and remove users
    Users(Users),
    /// Read and verify the audit log
    Audit(Audit),
    /// Print a shell's completion script
    Completions {
        /// Shell of the script
        shell: clap_complete::Shell,
    },
}

/// Prints the completion script of a shell; this always works.
pub fn complete(shell: clap_complete::Shell) -> bool {
    clap_complete::generate(shell, &mut Args::command(), "quipu", &mut std::io::stdout());
    true
}

/// Source of the answer.
#[derive(Debug, ClapArgs)]
pub struct Source {
    /// Query this server
    #[arg(long, env = "QUIPU_URL")]
    pub url: Option<String>,
    /// Query the files in this folder; a server may be writing to it [default: the platform's data folder]
    #[arg(long, value_name = "DIR", env = "QUIPU_DATA_DIR", conflicts_with = "url")]
    pub data_dir: Option<PathBuf>,
    /// Store, as for `serve`
    #[arg(long, value_name = "URI", env = "QUIPU_STORE", conflicts_with = "url")]
    pub store: Option<String>,
    /// Print the answer as JSON
    #[arg(long)]
    pub json: bool,
}

/// Filter of traces.
#[derive(Debug, Default, ClapArgs)]
pub struct Filter {
    /// Started at or after: RFC 3339, or relative such as -1h, -7d
    #[arg(long, allow_hyphen_values = true)]
    pub since: Option<String>,
    /// Started before
    #[arg(long, allow_hyphen_values = true)]
    pub until: Option<String>,
    /// Words that all occur in one span's text
    #[arg(short, long)]
    pub q: Option<String>,
    /// Service
    #[arg(long)]
    pub service: Option<String>,
    /// Framework
    #[arg(long)]
    pub framework: Option<String>,
    /// Participating agent
    #[arg(long)]
    pub agent: Option<String>,
    /// Model of a call
    #[arg(long)]
    pub model: Option<String>,
    /// Tool of a run
    #[arg(long)]
    pub tool: Option<String>,
    /// ok, error, unset or running
    #[arg(long)]
    pub status: Option<String>,
    /// Session
    #[arg(long)]
    pub session: Option<String>,
    /// User
    #[arg(long)]
    pub user: Option<String>,
    /// Tag
    #[arg(long)]
    pub tag: Option<String>,
    /// Project
    #[arg(long)]
    pub project: Option<String>,
    /// Revision of the source code
    #[arg(long)]
    pub commit: Option<String>,
    /// Branch of the source code
    #[arg(long)]
    pub branch: Option<String>,
    /// Class of an error: rate_limit, timeout, context_length, content_filter, authentication, quota,
    /// unavailable, invalid_request, connection, tool_error, cancelled or other
    #[arg(long)]
    pub error: Option<String>,
    /// Minimum duration in milliseconds
    #[arg(long, value_name = "MS")]
    pub min_duration_ms: Option<String>,
    /// Minimum cost in US dollars
    #[arg(long, value_name = "USD")]
    pub min_cost_usd: Option<String>,
    /// Terms that must all match, such as 'status:error cost>0.05 model:gpt-* -tag:test "rate limit"'
    #[arg(long, value_name = "TERMS", allow_hyphen_values = true)]
    pub filter: Option<String>,
    /// Print what the filter means, and ask nothing
    #[arg(long, requires = "filter")]
    pub explain: bool,
}

#[derive(Debug, ClapArgs)]
pub struct Traces {
    #[command(flatten)]
    pub source: Source,
    #[command(flatten)]
    pub agent: ForAgent,
    #[command(flatten)]
    pub filter: Filter,
    /// started_at, duration, cost or tokens; a leading minus sorts in descending order
    #[arg(long, allow_hyphen_values = true)]
    pub sort: Option<String>,
    /// Maximum number of rows
    #[arg(long)]
    pub limit: Option<String>,
    /// Cursor of the next page, from the previous page
    #[arg(long)]
    pub cursor: Option<String>,
}

#[derive(Debug, ClapArgs)]
pub struct Trace {
    /// Trace id: 32 hexadecimal digits
    pub id: String,
    /// Show the reading of its spans: for each value the source attribute and the rule
    #[arg(long)]
    pub lens: bool,
    /// Explain the cost of this span, line by line: 16 hexadecimal digits
    #[arg(long, value_name = "SPAN", conflicts_with = "lens")]
    pub cost: Option<String>,
    /// With --lens, only this span: 16 hexadecimal digits
    #[arg(long, value_name = "SPAN", requires = "lens")]
    pub span: Option<String>,
    #[command(flatten)]
    pub source: Source,
    #[command(flatten)]
    pub agent: ForAgent,
}

/// Filter of the matrix.
#[derive(Debug, ClapArgs)]
pub struct Frameworks {
    #[command(flatten)]
    pub source: Source,
    /// 1h, 24h, 7d or 30d [default: all stored data]
    #[arg(long)]
    pub time_range: Option<String>,
    /// Comma list of frameworks [default: all]
    #[arg(long)]
    pub frameworks: Option<String>,
}

#[derive(Debug, ClapArgs)]
pub struct Sessions {
    #[command(flatten)]
    pub source: Source,
    #[command(flatten)]
    pub agent: ForAgent,
    #[command(flatten)]
    pub filter: Filter,
    /// Maximum number of rows
    #[arg(long)]
    pub limit: Option<String>,
}

#[derive(Debug, ClapArgs)]
pub struct Usage {
    #[command(flatten)]
    pub source: Source,
    #[command(flatten)]
    pub agent: ForAgent,
    #[command(flatten)]
    pub filter: Filter,
    /// Comma list of model, provider, agent, framework, service, session, user, convention, tool, tag,
    /// env, version, project, commit, branch, billing, hour, day, week, month
    #[arg(long, default_value = "model")]
    pub group_by: String,
    /// Show the cost analysis instead: series, trend, forecast, cache, most expensive sessions, cheaper
    /// models
    #[arg(long, conflicts_with = "group_by")]
    pub analysis: bool,
    /// With --analysis, the width of a step: hour, day, week or month
    #[arg(long, requires = "analysis")]
    pub bucket: Option<String>,
}

#[derive(Debug, ClapArgs)]
pub struct Tools {
    #[command(flatten)]
    pub source: Source,
    #[command(flatten)]
    pub agent: ForAgent,
    #[command(flatten)]
    pub filter: Filter,
}

#[derive(Debug, ClapArgs)]
pub struct Events {
    #[command(flatten)]
    pub source: Source,
    /// At or after
    #[arg(long, allow_hyphen_values = true)]
    pub since: Option<String>,
    /// Before
    #[arg(long, allow_hyphen_values = true)]
    pub until: Option<String>,
    /// Minimum severity: trace, debug, info, success, warning, error, critical
    #[arg(long)]
    pub level: Option<String>,
    /// Event name
    #[arg(long = "type")]
    pub name: Option<String>,
    /// Session
    #[arg(long)]
    pub session: Option<String>,
    /// Agent
    #[arg(long)]
    pub agent: Option<String>,
    /// Trace
    #[arg(long)]
    pub trace_id: Option<String>,
    /// Text in the event
    #[arg(short, long)]
    pub q: Option<String>,
    /// Maximum number of rows
    #[arg(long)]
    pub limit: Option<String>,
}
