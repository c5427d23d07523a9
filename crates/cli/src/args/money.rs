//! Arguments of the commands about money.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand};

use super::{Filter, Source};

/// Folder of the price books, for commands that need no store.
#[derive(Debug, ClapArgs)]
pub struct BookSource {
    /// Query this server
    #[arg(long, env = "QUIPU_URL")]
    pub url: Option<String>,
    /// Folder with prices/ and prices.toml [default: the platform's data folder]
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
    /// Provider [default: by the model]
    #[arg(long)]
    pub provider: Option<String>,
    /// All input tokens, including cached ones
    #[arg(long, default_value_t = 0)]
    pub input: u64,
    /// All output tokens, including reasoning
    #[arg(long, default_value_t = 0)]
    pub output: u64,
    /// Part of the input read from the cache
    #[arg(long)]
    pub cache_read: Option<u64>,
    /// Part of the input written to the cache
    #[arg(long)]
    pub cache_write: Option<u64>,
    /// Any other unit, such as input_audio_tokens=900 or web_searches=2; can be given several times
    #[arg(long, value_name = "KEY=N")]
    pub unit: Vec<String>,
    /// Time of the call: RFC 3339, or an age such as -7d [default: now]
    #[arg(long, allow_hyphen_values = true)]
    pub at: Option<String>,
    /// Context with an effect on the price, such as service_tier=priority or processing=batch; can be given
    /// several times
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
    /// List the books in use; with --provider or -q, the prices of models
    List {
        /// Only models of this provider
        #[arg(long)]
        provider: Option<String>,
        /// Only models with this text in their name
        #[arg(short, long)]
        q: Option<String>,
        /// Maximum number of rows
        #[arg(long)]
        limit: Option<String>,
        #[command(flatten)]
        source: BookSource,
    },
    /// List price disagreements between the books, largest first; exit code 3 if there are any
    Check {
        /// Tolerated difference of two prices in percent [default: 1]
        #[arg(long)]
        percent: Option<String>,
        #[command(flatten)]
        source: BookSource,
    },
    /// Import a newer price book (genai-prices or LiteLLM) and show its changes; earlier books are kept
    #[command(disable_version_flag = true)]
    Update(Update),
    /// List the models without a price, largest usage first
    Unpriced {
        #[command(flatten)]
        source: Source,
        #[command(flatten)]
        filter: Box<Filter>,
    },
    /// List past re-pricings
    History {
        #[command(flatten)]
        source: Source,
    },
    /// Price stored calls again with the books in use, and keep the earlier figures
    Reprice(Reprice),
    /// Restore the earlier figures of a re-pricing
    Undo {
        /// Id from `reprice` or `history`
        id: String,
        #[command(flatten)]
        source: Source,
    },
}

/// Source of the book.
#[derive(Debug, ClapArgs)]
pub struct Update {
    /// genai-prices' data.json, LiteLLM's model_prices_and_context_window.json, or a package with one of them
    #[arg(value_name = "FILE|URL")]
    pub from: String,
    /// Version of the book [default: from the file or its name, else today's date]
    #[arg(long)]
    pub version: Option<String>,
    /// Dry run: only show the changes
    #[arg(long)]
    pub dry_run: bool,
    #[command(flatten)]
    pub source: BookSource,
}

/// Selection of stored calls.
#[derive(Debug, ClapArgs)]
pub struct Reprice {
    /// Calls that started at or after: RFC 3339, or relative such as -7d [default: all stored calls]
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
    /// Dry run: only show the differences
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
    /// Create or change a budget
    Set(Box<BudgetSet>),
    /// Remove a stored budget
    Rm {
        /// Name of the budget
        name: String,
        #[command(flatten)]
        source: BookSource,
    },
    /// Check whether a budget admits a call; exit code 3 if not
    Check(BudgetCheck),
}

/// A budget.
#[derive(Debug, ClapArgs)]
pub struct BudgetSet {
    /// Name of the budget
    pub name: String,
    /// Limit in US dollars per period
    #[arg(long)]
    pub usd: Option<String>,
    /// Limit of tokens per period, input and output together
    #[arg(long)]
    pub tokens: Option<u64>,
    /// Limit of model requests per period
    #[arg(long)]
    pub calls: Option<u64>,
    /// hour, day, week, month or total [default: day]
    #[arg(long, value_name = "PERIOD")]
    pub per: Option<String>,
    /// A rolling hour, day, week or month instead of a calendar period
    #[arg(long)]
    pub rolling: bool,
    /// Time zone of the calendar, such as Europe/Zurich [default: UTC]
    #[arg(long, value_name = "NAME")]
    pub time_zone: Option<String>,
    /// Scope of the counted spending: project, service, framework, agent, user, session, provider, model or
    /// tag; `user=*` has an account for each user; can be given several times
    #[arg(long, value_name = "KEY=VALUE")]
    pub scope: Vec<String>,
    /// Action at the limit: notify, throttle, degrade or block [default: block]
    #[arg(long)]
    pub action: Option<String>,
    /// Thresholds of notices as fractions of the limit, a comma list [default: 0.8,0.9,1.0]
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub thresholds: Vec<f64>,
    /// Cheaper model that `degrade` suggests
    #[arg(long, value_name = "MODEL")]
    pub degrade_to: Option<String>,
    /// Delay of a call under `throttle`, in milliseconds
    #[arg(long, value_name = "MS")]
    pub throttle_ms: Option<u64>,
    /// Lifetime of a reservation without a result of its call, in milliseconds
    #[arg(long, value_name = "MS")]
    pub hold_ms: Option<u64>,
    /// Loop guard: maximum number of consecutive runs of one tool with the same arguments
    #[arg(long, value_name = "N")]
    pub loop_repeats: Option<u64>,
    /// Loop guard: maximum US dollars within a minute
    #[arg(long, value_name = "USD")]
    pub loop_usd_per_minute: Option<String>,
    /// Loop guard: maximum calls of a session
    #[arg(long, value_name = "N")]
    pub loop_turns: Option<u64>,
    #[command(flatten)]
    pub source: BookSource,
}

/// A planned call to check against a budget.
#[derive(Debug, ClapArgs)]
pub struct BudgetCheck {
    /// Name of the budget
    pub name: String,
    /// Expected cost of the call in US dollars
    #[arg(long)]
    pub usd: Option<String>,
    /// Expected tokens of the call
    #[arg(long)]
    pub tokens: Option<u64>,
    /// Scope value of the call, such as user=ada; can be given several times
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
    /// Provider [default: by the model]
    #[arg(long)]
    pub provider: Option<String>,
    /// Expected output tokens
    #[arg(long, value_name = "N")]
    pub output: Option<u64>,
    /// Read the file as plain text, even if it has JSON
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
