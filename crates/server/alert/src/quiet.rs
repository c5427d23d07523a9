//! Silences and inhibition: notices that are not sent although their episode is open.

use std::collections::BTreeMap;

use quipu_core::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{AlertError, Notice};

/// Values by key: `rule`, `severity` or a key of the group. A trailing `*` matches every value with that
/// prefix. All must match.
pub(crate) type Matchers = BTreeMap<String, String>;

/// A silence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Silence {
    pub id: String,
    pub matchers: Matchers,
    pub author: String,
    pub reason: String,
    pub starts_at: Timestamp,
    pub ends_at: Timestamp,
}

impl Silence {
    /// Whether it holds a notice at this time.
    pub(crate) fn holds(&self, notice: &Notice, now: Timestamp) -> bool {
        self.starts_at <= now && now < self.ends_at && matches(&self.matchers, notice)
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

impl Inhibit {
    pub(crate) fn check(&self) -> Result<(), AlertError> {
        let empty = match (self.source.is_empty(), self.target.is_empty()) {
            (true, _) => "source",
            (_, true) => "target",
            _ => return Ok(()),
        };
        Err(AlertError::Config {
            table: "alerts.inhibit".to_owned(),
            key: empty,
            expected: "at least one matcher such as severity = \"critical\"".to_owned(),
            found: "none".to_owned(),
        })
    }

    /// Whether `firing` holds `notice`. A notice does not hold itself.
    pub(crate) fn holds(&self, firing: &Notice, notice: &Notice) -> bool {
        let same = |key: &String| value(firing, key) == value(notice, key);
        firing.episode != notice.episode
            && matches(&self.source, firing)
            && matches(&self.target, notice)
            && self.equal.iter().all(same)
    }
}

fn value<'a>(notice: &'a Notice, key: &str) -> Option<&'a str> {
    match key {
        "rule" => Some(&notice.rule),
        "severity" => Some(notice.severity.as_str()),
        _ => notice.group.get(key).map(String::as_str),
    }
}

/// Whether all matchers match a notice.
pub(crate) fn matches(matchers: &Matchers, notice: &Notice) -> bool {
    matchers.iter().all(|(key, wanted)| match (value(notice, key), wanted.strip_suffix('*')) {
        (Some(value), Some(prefix)) => value.starts_with(prefix),
        (Some(value), None) => value == wanted,
        (None, _) => false,
    })
}
