//! Lists of known faults or costs that only shrink.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Outcome, verdict};

/// A list of the workspace.
pub struct Shrinking {
    /// Path below the root.
    pub path: &'static str,
    /// Comment above its entries.
    pub head: &'static str,
}

/// A difference between the workspace and the list.
pub struct Complaint {
    /// The workspace has more than the list allows.
    pub grew: bool,
    pub text: String,
}

impl Shrinking {
    /// The entries of the list. A missing list has none.
    pub fn listed<T: DeserializeOwned>(&self, root: &Path) -> Result<T> {
        let list = fs::read_to_string(root.join(self.path)).unwrap_or_default();
        toml::from_str(&list).with_context(|| self.path.to_owned())
    }

    /// The outcome of a comparison. With `fix`, a list that only has to shrink is written anew.
    pub fn judge<T: Serialize>(
        &self,
        root: &Path,
        fix: bool,
        found: &T,
        complaints: Vec<Complaint>,
        note: String,
    ) -> Result<Outcome> {
        let grew = complaints.iter().any(|complaint| complaint.grew);
        if fix && !grew && !complaints.is_empty() {
            fs::write(root.join(self.path), format!("{}{}", self.head, toml::to_string(found)?))?;
            return Ok(Outcome::Good(format!("{} has shrunk", self.path)));
        }
        let texts: Vec<String> = complaints.into_iter().map(|complaint| complaint.text).collect();
        verdict(&texts, note)
    }
}
