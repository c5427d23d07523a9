//! Environment variables, as whoever opens the backend lets them be seen.

use std::collections::BTreeMap;

use quipu_core::{Error, ErrorKind, Result};
use quipu_send::Secret;

use crate::backend::NAME;

/// Variables by name: those that the settings say, then those of the environment. An empty one is not set.
pub(crate) struct Variables<'a> {
    said: &'a BTreeMap<String, Secret>,
    environment: &'a dyn Fn(&str) -> Option<String>,
}

impl<'a> Variables<'a> {
    pub fn new(said: &'a BTreeMap<String, Secret>, environment: &'a dyn Fn(&str) -> Option<String>) -> Self {
        Self { said, environment }
    }

    /// What a variable says.
    pub fn get(&self, name: &str) -> Option<String> {
        let said = self.said.get(name).map(|value| value.expose().to_owned());
        said.or_else(|| (self.environment)(name))
            .map(|text| text.trim().to_owned())
            .filter(|text| !text.is_empty())
    }

    /// What the first that is set of these variables says.
    pub fn first(&self, names: &[&str]) -> Option<String> {
        names.iter().find_map(|name| self.get(name))
    }

    /// As [`Self::first`]; an error that names them when none is set.
    pub fn need(&self, names: &[&str], what: &str) -> Result<String> {
        self.first(names).ok_or_else(|| wrong(format!("{} is not set: {what}", names.join(" or "))))
    }
}

/// The error of settings that cannot be used.
pub(crate) fn wrong(context: impl Into<String>) -> Error {
    Error::new(ErrorKind::Invalid, "read settings", context).of_backend(NAME)
}
