//! Environment variables, as the caller provides them.

use std::collections::BTreeMap;

use quipu_core::{Error, ErrorKind, Result};
use quipu_send::Secret;

use crate::backend::NAME;

/// Variables by name: from the config, then from the environment. An empty one counts as missing.
pub(crate) struct Variables<'a> {
    said: &'a BTreeMap<String, Secret>,
    environment: &'a dyn Fn(&str) -> Option<String>,
}

impl<'a> Variables<'a> {
    pub fn new(said: &'a BTreeMap<String, Secret>, environment: &'a dyn Fn(&str) -> Option<String>) -> Self {
        Self { said, environment }
    }

    /// The value of a variable.
    pub fn get(&self, name: &str) -> Option<String> {
        let said = self.said.get(name).map(|value| value.expose().to_owned());
        said.or_else(|| (self.environment)(name))
            .map(|text| text.trim().to_owned())
            .filter(|text| !text.is_empty())
    }

    /// The value of the first variable that is set.
    pub fn first(&self, names: &[&str]) -> Option<String> {
        names.iter().find_map(|name| self.get(name))
    }

    /// Like [`Self::first`]; without any value, an error that names the variables.
    pub fn need(&self, names: &[&str], what: &str) -> Result<String> {
        self.first(names).ok_or_else(|| wrong(format!("{} is not set: {what}", names.join(" or "))))
    }
}

/// The error of invalid config.
pub(crate) fn wrong(context: impl Into<String>) -> Error {
    Error::new(ErrorKind::Invalid, "read settings", context).of_backend(NAME)
}
