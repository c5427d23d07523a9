//! Config of the console backend.

use quipu_core::Level;
use serde::{Deserialize, Serialize};

/// Name of this backend in errors and tables.
pub(crate) const NAME: &str = "console";

/// Format of the lines.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// For users.
    #[default]
    Pretty,
    /// For programs: one JSON object on each line, in the words of the HTTP API.
    Json,
}

/// Whether pretty lines have colours.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Colour {
    /// On a terminal with colours, unless the environment disables them: `NO_COLOR`, `CLICOLOR`, `TERM=dumb`.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Output stream.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stream {
    /// Standard output.
    Stdout,
    /// Standard error.
    #[default]
    Stderr,
}

/// Config of the console backend.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Format of the lines.
    pub format: Format,
    /// Whether pretty lines have colours.
    pub colour: Colour,
    /// Output stream.
    pub stream: Stream,
    /// Events below this level are not shown.
    pub level: Level,
    /// Whether to print prompts, answers, and arguments and results of tools, if they were recorded.
    pub contents: bool,
    /// Whether to print metrics: one line for each batch in `Pretty`, one line for each metric in `Json`.
    pub metrics: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            format: Format::default(),
            colour: Colour::default(),
            stream: Stream::default(),
            level: Level::Info,
            contents: false,
            metrics: false,
        }
    }
}
