//! Combinations of instrumentations, with their environments.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result};
use serde::Deserialize;

/// The list of combinations.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct List {
    /// Packages with their versions, by environment: not all instrumentations take the same versions of an
    /// SDK.
    pub environments: BTreeMap<String, Vec<String>>,
    /// Every combination.
    pub combinations: Vec<Combination>,
}

/// Two instrumentations on one interface.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Combination {
    /// `chat`, `responses`, `anthropic` or `gemini`; with `langchain-` before it, LangChain calls it.
    pub api: String,
    /// The instrumentation that is set up first.
    pub first: String,
    /// The other.
    pub second: String,
    /// The environment that it is installed in.
    pub environment: String,
    /// Why its figures cannot be those of the log.
    #[serde(default)]
    pub differs: Option<String>,
}

impl List {
    /// Reads the list.
    ///
    /// # Errors
    /// The file is invalid.
    pub fn read(file: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(file).with_context(|| format!("{}", file.display()))?;
        serde_json::from_str(&text).with_context(|| format!("{}", file.display()))
    }

    /// The combinations whose names begin with one of these; none means all.
    pub fn chosen<'a>(&'a self, only: &'a [String]) -> impl Iterator<Item = &'a Combination> {
        let asked = |name: &str| only.is_empty() || only.iter().any(|prefix| name.starts_with(prefix));
        self.combinations.iter().filter(move |combination| asked(&combination.name()))
    }
}

impl Combination {
    /// Its name, such as `chat.oi.logfire`.
    pub fn name(&self) -> String {
        format!("{}.{}.{}", self.api, self.first, self.second)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::shell;

    #[test]
    fn every_combination_is_there_once_and_has_its_environment() {
        let list =
            List::read(&shell::root().join("tests/trials/frameworks/matrix/combinations.json")).unwrap();
        let names: BTreeSet<_> = list.combinations.iter().map(Combination::name).collect();
        assert_eq!(names.len(), list.combinations.len());
        assert!(names.len() >= 60, "{}", names.len());
        for combination in &list.combinations {
            assert!(list.environments.contains_key(&combination.environment), "{}", combination.name());
        }
        assert_eq!(list.chosen(&["gemini.oi".to_owned()]).filter(|one| one.api != "gemini").count(), 0);
    }
}
