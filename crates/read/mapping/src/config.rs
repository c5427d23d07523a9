//! One `[map.NAME]` table and its validation.

use std::collections::BTreeMap;

use quipu_core::{Error, ErrorKind, Kind, Result};
use serde::Deserialize;

use crate::place::{AttributePath, Pattern};

/// Maximum number of tables of one configuration.
const MOST_MAPS: usize = 64;

/// The fields that a table can map, in the order of the guide.
pub const FIELDS: &[&str] = &[
    "model",
    "request_model",
    "response_model",
    "provider",
    "response_id",
    "usage",
    "input",
    "output",
    "cache_read",
    "cache_write",
    "reasoning",
    "cost_usd",
    "agent",
    "tool",
    "workflow",
    "session",
    "user",
    "error",
    "prompt",
    "answer",
    "arguments",
    "result",
];
/// The fields of which a model call needs at least one.
const COUNTING: &[&str] = &["usage", "input", "output"];

/// How the spans of one source are read.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MapConfig {
    /// Name of the instrumentation scope; `*` stands for any text.
    pub scope: String,
    /// Name of the span; `*` stands for any text. Without a name, the table reads all spans of the scope.
    pub name: Option<String>,
    /// Kind of the spans.
    pub kind: Kind,
    /// Framework to show.
    pub framework: Option<String>,
    /// Provider of spans without an attribute that names it.
    pub provider: Option<String>,
    /// `input` leaves out the tokens read from and written to a cache.
    pub input_excludes_cache: bool,
    /// The attribute of each field: its key, optionally followed by `#` and a JSON pointer into its value.
    pub fields: BTreeMap<String, String>,
}

/// A checked table.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Map {
    /// `[map.NAME]`.
    pub title: String,
    pub scope: Pattern,
    pub name: Option<Pattern>,
    pub config: MapConfig,
    pub places: BTreeMap<&'static str, AttributePath>,
}

/// Checks all tables.
///
/// # Errors
/// A table is invalid. The text names the table, the key and the expected value.
pub(crate) fn check(configs: BTreeMap<String, MapConfig>) -> Result<Vec<Map>> {
    if configs.len() > MOST_MAPS {
        return Err(wrong("map", &format!("found {} tables, expected at most {MOST_MAPS}", configs.len())));
    }
    configs.into_iter().map(|(name, config)| map(&name, config)).collect()
}

fn wrong(place: &str, why: &str) -> Error {
    Error::new(ErrorKind::Invalid, "read configuration", format!("[{place}]: {why}"))
}

fn map(name: &str, config: MapConfig) -> Result<Map> {
    let table = format!("map.{name}");
    let wrong = |why: &str| wrong(&table, why);
    if config.scope.trim_matches('*').is_empty() {
        return Err(wrong(
            "`scope` expects the name of an instrumentation scope, such as \"shop.llm\" or \"shop.*\"",
        ));
    }
    let mut places = BTreeMap::new();
    for (field, key) in &config.fields {
        let known = FIELDS.iter().find(|known| *known == field);
        let Some(known) = known else {
            return Err(wrong(&format!(
                "`fields.{field}` is not a field, expected one of {}",
                FIELDS.join(", ")
            )));
        };
        let place = AttributePath::parse(key).map_err(|why| wrong(&format!("`fields.{field}` {why}")))?;
        places.insert(*known, place);
    }
    let has = |field: &str| places.contains_key(field);
    if config.kind.is_call() && !COUNTING.iter().any(|field| has(field)) {
        let kind = config.kind.as_str();
        return Err(wrong(&format!(
            "a map of kind \"{kind}\" expects `usage`, or `input` and `output`, in `fields`"
        )));
    }
    if has("usage") && (has("input") || has("output")) {
        return Err(wrong("`fields` expects either `usage` or single figures, got both"));
    }
    let (scope, span) = (Pattern::of(&config.scope), config.name.as_deref().map(Pattern::of));
    Ok(Map { title: format!("[{table}]"), scope, name: span, config, places })
}
