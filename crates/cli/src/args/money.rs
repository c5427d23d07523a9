//! Arguments of the commands about money.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand};

use super::{Filter, Source};

/// Folder of the price books, for commands that need no store.
#[derive(Debug, ClapArgs)]
pub struct BookSource {
    /// Ask this server
    #[arg(long, env = "QUIPU_URL")]
    pub url: Option<String>,
    /// Folder whose prices/ and prices.toml are used [default: the platform's data folder]
    #[arg(long, value_name = "DIR", env = "QUIPU_DATA_DIR", conflicts_with = "url")]
    pub data_dir: Option<PathBuf>,
    /// Store, as for `serve`
    #[arg(long, value_name = "URI", env = "QUIPU_STORE", conflicts_with = "url")]
    pub store: Option<String>,
    /// Print the answer as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, ClapArgs)]
pub struct Price {
    /// Model, by any name that telemetry uses
    pub model: String,
    /// Provider; without it the model decides
    #[arg(long)]
    pub provider: Option<String>,
    /// All input tokens, cached ones included
    #[arg(long, default_value_t = 0)]
    pub input: u64,
    /// All output tokens, reasoning included
    #[arg(long, default_value_t = 0)]
    pub output: u64,
    /// Part of the input read from the cache
    #[arg(long)]
    pub cache_read: Option<u64>,
    /// Part of the input written to the cache
    #[arg(long)]
    pub cache_write: Option<u64>,
    /// Any other unit, such as input_audio_tokens=900 or web_searches=2; may be given again
    #[arg(long, value_name = "KEY=N")]
    pub unit: Vec<String>,
    /// Time of the call: RFC 3339, or a time ago such as -7d [default: now]
    #[arg(long, allow_hyphen_values = true)]
    pub at: Option<String>,
    /// Context that changes the price, such as service_tier=priority or processing=batch; may be given again
    #[arg(long, value_name = "KEY=VALUE")]
    pub context: Vec<String>,
    #[command(flatten)]
    pub source: BookSource,
}

/// Commands for the price books.
#[derive(Debug, ClapArgs)]
pub struct Prices {
    #[command(subcommand)]
    pub what: PricesWhat,
}

#[derive(Debug, Subcommand)]
pub enum PricesWhat {
    /// List the books in use, or with --provider or -q the prices of models
    List {
        /// Only models of this provider
        #[arg(long)]
        provider: Option<String>,
        /// Only models whose name contains this text
        #[arg(short, long)]
        q: Option<String>,
        /// Rows
        #[arg(long)]
        limit: Option<String>,
        #[command(flatten)]
        source: BookSource,
    },
    /// List prices on which the books disagree, largest first; exit code 3 when there are any
    Check {
        /// Percent that two prices may be apart [default: 1]
        #[arg(long)]
        percent: Option<String>,
        #[command(flatten)]
        source: BookSource,
    },
    /// Read a newer price book (genai-prices or LiteLLM), show its changes, and keep it next to the earlier
    /// ones
    #[command(disable_version_flag = true)]
    Update(Update),
    /// List the models whose use has no price, largest first
    Unpriced {
        #[command(flatten)]
        source: Source,
        #[command(flatten)]
        filter: Box<Filter>,
    },
    /// List the times that history was priced again
    History {
        #[command(flatten)]
        source: Source,
    },
    /// Price stored calls again by the books in use, and keep the earlier figures
    Reprice(Reprice),
    /// Give the calls that were priced again their earlier figures back
    Undo {
        /// Id, as `reprice` and `history` tell it
        id: String,
        #[command(flatten)]
        source: Source,
    },
}

/// Which book to read.
#[derive(Debug, ClapArgs)]
pub struct Update {
    /// genai-prices' data.json, LiteLLM's model_prices_and_context_window.json, or the package that has one
    /// of them
    #[arg(value_name = "FILE|URL")]
    pub from: String,
    /// Version of the book [default: as the file or its name says, else today's date]
    #[arg(long)]
    pub version: Option<String>,
    /// Dry run: only show the changes
    #[arg(long)]
    pub dry_run: bool,
    #[command(flatten)]
    pub source: BookSource,
}

/// Which history to price again.
#[derive(Debug, ClapArgs)]
pub struct Reprice {
    /// Calls that started at or after: RFC 3339, or relative such as -7d [default: all that is stored]
    #[arg(long, allow_hyphen_values = true)]
    pub since: Option<String>,
    /// Calls that started before
    #[arg(long, allow_hyphen_values = true)]
    pub until: Option<String>,
    /// Only calls of this provider
    #[arg(long)]
    pub provider: Option<String>,
    /// Only calls of this model
    #[arg(long)]
    pub model: Option<String>,
    /// Only show the difference
    #[arg(long)]
    pub dry_run: bool,
    #[command(flatten)]
    pub source: Source,
}

/// Commands for budgets.
#[derive(Debug, ClapArgs)]
pub struct Budget {
    #[command(subcommand)]
    pub what: BudgetWhat,
}

#[derive(Debug, Subcommand)]
pub enum BudgetWhat {
    /// List budgets and the state of their accounts
    List {
        #[command(flatten)]
        source: BookSource,
    },
    /// Set a budget, or change it
    Set(Box<BudgetSet>),
    /// Remove a budget that was set
    Rm {
        /// Name
        name: String,
        #[command(flatten)]
        source: BookSource,
    },
    /// Ask whether a budget would let a call through; exit code 3 when it says no
    Check(BudgetCheck),
}

/// A budget.
#[derive(Debug, ClapArgs)]
pub struct BudgetSet {
    /// Name
    pub name: String,
    /// US dollars in a period
    #[arg(long)]
    pub usd: Option<String>,
    /// Tokens in a period, input and output together
    #[arg(long)]
    pub tokens: Option<u64>,
    /// Requests to models in a period
    #[arg(long)]
    pub calls: Option<u64>,
    /// hour, day, week, month or total [default: day]
    #[arg(long, value_name = "PERIOD")]
    pub per: Option<String>,
    /// The last hour, day, week or month instead of the one of the calendar
    #[arg(long)]
    pub rolling: bool,
    /// Time zone of the calendar, such as Europe/Zurich [default: UTC]
    #[arg(long, value_name = "NAME")]
    pub time_zone: Option<String>,
    /// Spending that counts: project, service, framework, agent, user, session, provider, model or tag;
    /// `user=*` is an account for each user; may be given again
    #[arg(long, value_name = "KEY=VALUE")]
    pub scope: Vec<String>,
    /// notify, throttle, degrade or block [default: block]
    #[arg(long)]
    pub action: Option<String>,
    /// Thresholds of notices as shares of the limit, a comma list [default: 0.8,0.9,1.0]
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub thresholds: Vec<f64>,
    /// The cheaper model that `degrade` suggests
    #[arg(long, value_name = "MODEL")]
    pub degrade_to: Option<String>,
    /// Milliseconds that `throttle` makes a call wait
    #[arg(long, value_name = "MS")]
    pub throttle_ms: Option<u64>,
    /// Milliseconds that a reservation holds when nothing is heard of its call
    #[arg(long, value_name = "MS")]
    pub hold_ms: Option<u64>,
    /// Trip when the same tool is called so often with the same arguments
    #[arg(long, value_name = "N")]
    pub loop_repeats: Option<u64>,
    /// Trip when this many US dollars are spent within a minute
    #[arg(long, value_name = "USD")]
    pub loop_usd_per_minute: Option<String>,
    /// Trip after this many calls in a session
    #[arg(long, value_name = "N")]
    pub loop_turns: Option<u64>,
    #[command(flatten)]
    pub source: BookSource,
}

/// A call to ask a budget about.
#[derive(Debug, ClapArgs)]
pub struct BudgetCheck {
    /// Name
    pub name: String,
    /// US dollars that the call may cost
    #[arg(long)]
    pub usd: Option<String>,
    /// Tokens that it may take
    #[arg(long)]
    pub tokens: Option<u64>,
    /// Subject of the call, such as user=ada; may be given again
    #[arg(long = "for", value_name = "KEY=VALUE")]
    pub subject: Vec<String>,
    #[command(flatten)]
    pub source: BookSource,
}

/// Input of the estimate.
#[derive(Debug, ClapArgs)]
pub struct Estimate {
    /// Model
    pub model: String,
    /// A text, or a request body or list of messages as JSON; `-` reads standard input
    #[arg(default_value = "-", value_name = "FILE|-")]
    pub file: PathBuf,
    /// Provider; without it the model decides
    #[arg(long)]
    pub provider: Option<String>,
    /// Output tokens expected
    #[arg(long, value_name = "N")]
    pub output: Option<u64>,
    /// Read the file as plain text, even if it contains JSON
    #[arg(long)]
    pub text: bool,
    #[command(flatten)]
    pub source: BookSource,
}

#[derive(Debug, ClapArgs)]
pub struct Plans {
    #[command(flatten)]
    pub source: Source,
    #[command(flatten)]
    pub filter: Filter,
}
