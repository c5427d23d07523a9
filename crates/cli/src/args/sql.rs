//! Arguments of `quipu sql`.

use clap::{Args as ClapArgs, ValueEnum};

use super::Source;

/// A statement, its source, and the form of its result.
#[derive(Debug, ClapArgs)]
pub struct Sql {
    /// One SELECT statement; - reads it from standard input
    #[arg(value_name = "STATEMENT", required_unless_present = "schema")]
    pub query: Option<String>,
    #[command(flatten)]
    pub source: Source,
    /// Value of the next ? in the statement: a JSON value, else text; may be repeated
    #[arg(long = "param", value_name = "VALUE", allow_hyphen_values = true)]
    pub params: Vec<String>,
    /// Value of :since in the statement: a time, or an age such as -7d; default 1970
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub since: Option<String>,
    /// Value of :until in the statement; default now
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub until: Option<String>,
    /// Form of the result
    #[arg(long, value_enum, default_value_t = SqlFormat::Table, conflicts_with_all = ["json", "csv", "ndjson"])]
    pub format: SqlFormat,
    /// Print the result as CSV
    #[arg(long, conflicts_with_all = ["json", "ndjson"])]
    pub csv: bool,
    /// Print the result as one JSON object per line
    #[arg(long, conflicts_with = "json")]
    pub ndjson: bool,
    /// List tables, columns and functions
    #[arg(long, conflicts_with = "query")]
    pub schema: bool,
    /// Most rows, 1 to 10000
    #[arg(long, value_name = "N")]
    pub max_rows: Option<u64>,
    /// Time limit in milliseconds, 1 to 10000
    #[arg(long, value_name = "MS")]
    pub timeout_ms: Option<u64>,
}

/// Form of a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SqlFormat {
    /// Columns for a terminal
    Table,
    /// Columns and rows as one JSON object
    Json,
    /// Comma-separated values with a header
    Csv,
    /// One JSON object per line
    Ndjson,
}

/// A worker process of `quipu sql` and of the server.
#[derive(Debug, ClapArgs)]
pub struct SqlWorker {
    /// Source of the store's key, as JSON
    #[arg(long, value_name = "JSON")]
    pub key_source: Option<String>,
}
