//! Redaction rules by the name of a value.

use foldhash::HashMap;

use super::config::{FieldRules, Mode};
use super::glob;

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
