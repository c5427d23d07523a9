//! Silences and inhibition: notices that are not sent although their episode is open.

use std::cell::OnceCell;

use quipu_core::Timestamp;
use serde::{Deserialize, Serialize};

use crate::matcher::{Matchers, Matching, value};
use crate::{AlertError, Notice};

/// Most silences in force.
pub(crate) const MOST: usize = 1_000;

/// A silence.
#[derive(Debug, Clone)]
pub(crate) struct Silence {
    pub id: String,
    pub matchers: Matchers,
    pub author: String,
    pub reason: String,
    pub starts_at: Timestamp,
    pub ends_at: Timestamp,
    /// The compiled matchers once a notice was compared; `None` if they are invalid. Compiled expressions
    /// take far more memory than their texts.
    pub compiled: OnceCell<Option<Matching>>,
}

impl Silence {
    /// Whether it holds a notice at this time.
    pub(crate) fn holds(&self, notice: &Notice, now: Timestamp) -> bool {
        let is_active = self.starts_at <= now && now < self.ends_at;
        is_active && self.matching().is_some_and(|matching| matching.matches(notice))
    }

    /// Number of its matchers with a regular expression.
    pub(crate) fn expressions(&self) -> usize {
        crate::matcher::expressions(&self.matchers)
    }

    fn matching(&self) -> Option<&Matching> {
        // Without matchers, it would hold everything.
        let compile = || Matching::of(&self.matchers).ok().filter(|_| !self.matchers.is_empty());
        self.compiled.get_or_init(compile).as_ref()
    }
}

/// An inhibition: while a notice that matches `source` fires, those that match `target` are held.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Inhibit {
    /// Matchers of the notice that holds others.
    pub source: Matchers,
    /// Matchers of the held notices.
    pub target: Matchers,
    /// Keys that must have the same value in both.
    pub equal: Vec<String>,
}

/// A checked inhibition.
#[derive(Debug, Clone)]
pub(crate) struct Inhibition {
    source: Matching,
    target: Matching,
    equal: Vec<String>,
}

impl Inhibition {
    pub(crate) fn new(config: &Inhibit) -> Result<Self, AlertError> {
        let wrong = |key, expected: String, found: &str| AlertError::Config {
            table: "alerts.inhibit".to_owned(),
            key,
            expected,
            found: found.to_owned(),
        };
        let read = |key, matchers: &Matchers| {
            if matchers.is_empty() {
                return Err(wrong(
                    key,
                    "at least one matcher such as severity = \"critical\"".to_owned(),
                    "none",
                ));
            }
            Matching::of(matchers).map_err(|why| wrong(key, why, "an invalid matcher"))
        };
        Ok(Self {
            source: read("source", &config.source)?,
            target: read("target", &config.target)?,
            equal: config.equal.clone(),
        })
    }

    /// Whether `firing` holds `notice`. A notice does not hold itself, and of two that match both sides none
    /// holds the other, as in Alertmanager.
    pub(crate) fn holds(&self, firing: &Notice, notice: &Notice) -> bool {
        let same =
            |key: &String| value(firing, key).unwrap_or_default() == value(notice, key).unwrap_or_default();
        firing.episode != notice.episode
            && self.source.matches(firing)
            && self.target.matches(notice)
            && self.equal.iter().all(same)
            && !(self.source.matches(notice) && self.target.matches(firing))
    }
}
