//! What can be set.

use quipu_core::Level;
use serde::{Deserialize, Serialize};

/// For whom the lines are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// For people.
    #[default]
    Pretty,
    /// For programs: one JSON object a line, in the words of the HTTP interface.
    Json,
}

/// Whether pretty lines have colours.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Colour {
    /// On a terminal that has them, unless the environment says no: `NO_COLOR`, `CLICOLOR`, `TERM=dumb`.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Where the lines go.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stream {
    /// Standard output.
    Stdout,
    /// Standard error.
    #[default]
    Stderr,
}

/// Settings of the console.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// For whom the lines are.
    pub format: Format,
    /// Whether pretty lines have colours.
    pub colour: Colour,
    /// Where the lines go.
    pub stream: Stream,
    /// Events below this level are not shown.
    pub level: Level,
    /// Whether prompts, answers, and arguments and results of tools are shown, where they were recorded at all.
    pub contents: bool,
    /// Whether metrics are shown: for people as one line a batch, for programs as one line a metric.
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
