//! Redaction rules by the name of a value.

use foldhash::HashMap;
use serde::{Deserialize, Serialize};

use super::config::Mode;
use super::glob;

/// Rules for attributes, and for members of JSON objects in them, by name. `*` matches any characters. The
/// last part of an attribute's dotted name matches as well. If several lists match, the first of `allow`,
/// `drop`, `hash`, `mask` wins.
///
/// ```
/// use quipu_pipeline::{FieldRules, RedactConfig};
///
/// let fields = FieldRules { drop: vec!["password".into()], ..FieldRules::default() };
/// let config = RedactConfig { fields, ..RedactConfig::default() };
/// # drop(config);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FieldRules {
    /// These values are removed.
    pub drop: Vec<String>,
    /// These values are replaced by a keyed hash.
    pub hash: Vec<String>,
    /// These values are masked.
    pub mask: Vec<String>,
    /// These values are not searched.
    pub allow: Vec<String>,
}

impl FieldRules {
    pub(super) fn lists(&self) -> [(&'static str, &[String]); 4] {
        [("allow", &self.allow), ("drop", &self.drop), ("hash", &self.hash), ("mask", &self.mask)]
    }

    pub(super) fn is_empty(&self) -> bool {
        self.lists().iter().all(|(_, list)| list.is_empty())
    }
}

/// The action of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Deed {
    /// The value is not searched.
    Leave,
    /// The value is removed.
    Drop,
    /// The whole value is replaced.
    Replace(Mode),
}

/// Kind of whole values in counts.
pub(super) const KIND: &str = "field";

/// Compiled rules by name.
#[derive(Default)]
pub(super) struct Fields {
    names: HashMap<String, Deed>,
    globs: Vec<(String, Deed)>,
}

impl Fields {
    pub fn new(rules: &FieldRules) -> Self {
        let mut fields = Self::default();
        let deeds = [Deed::Leave, Deed::Drop, Deed::Replace(Mode::Hash), Deed::Replace(Mode::Mask)];
        for ((_, list), deed) in rules.lists().into_iter().zip(deeds) {
            for name in list {
                if name.contains('*') {
                    fields.globs.push((name.clone(), deed));
                } else {
                    fields.names.entry(name.clone()).or_insert(deed);
                }
            }
        }
        fields
    }

    pub fn is_empty(&self) -> bool {
        self.names.is_empty() && self.globs.is_empty()
    }

    /// Action for a value with this name.
    pub fn of(&self, name: &str) -> Option<Deed> {
        if self.is_empty() {
            return None;
        }
        let exact = |name: &str| {
            let fits = self.globs.iter().find(|(glob, _)| glob::fits(glob, name)).map(|(_, deed)| *deed);
            self.names.get(name).copied().or(fits)
        };
        exact(name).or_else(|| name.rsplit_once('.').and_then(|(_, last)| exact(last)))
    }
}
