//! Questions to the record, and their answers.

use std::collections::BTreeMap;
use std::net::IpAddr;

use quipu_core::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{Actor, Digest, Head, Outcome, limits};

/// An entry as it stands in the record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Noted {
    /// Its number, from 1, without a gap.
    pub seq: u64,
    /// When it was noted, UTC.
    #[serde(serialize_with = "write_time", deserialize_with = "read_time")]
    pub time: Timestamp,
    /// The hash of the entry before it.
    pub prev: Digest,
    /// Who did it.
    pub actor: Actor,
    /// What was done.
    pub action: String,
    /// What it was done to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object: Option<String>,
    /// The project.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    /// How it ended.
    pub outcome: Outcome,
    /// Where it came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<IpAddr>,
    /// What else is known.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub detail: BTreeMap<String, String>,
    /// Its own hash.
    pub hash: Digest,
}

impl Noted {
    /// Its place in the record.
    pub const fn head(&self) -> Head {
        Head { seq: self.seq, hash: self.hash }
    }
}

fn write_time<S: Serializer>(time: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(time)
}

fn read_time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
    let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
    text.parse().map_err(serde::de::Error::custom)
}

/// Which entries, newest first. What is not said does not restrict.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditQuery {
    /// Noted at or after.
    pub since: Option<Timestamp>,
    /// Noted before.
    pub until: Option<Timestamp>,
    /// By this actor: its id, or `kind:id`.
    pub actor: Option<String>,
    /// This action; one that ends with `.` means all that begin so.
    pub action: Option<String>,
    /// Done to this object.
    pub object: Option<String>,
    /// In this project.
    pub project: Option<String>,
    /// That ended so.
    pub outcome: Option<Outcome>,
    /// Only entries with a lesser number: where the page before said to go on.
    pub before: Option<u64>,
    /// Entries on the page; [`limits::PAGE`] when not said, [`limits::PAGE_MOST`] at most.
    pub limit: Option<usize>,
}

impl AuditQuery {
    pub(crate) fn limit(&self) -> usize {
        self.limit.unwrap_or(limits::PAGE).clamp(1, limits::PAGE_MOST)
    }

    /// Whether an entry is asked for.
    pub(crate) fn takes(&self, entry: &Noted) -> bool {
        let is =
            |want: &Option<String>, has: Option<&str>| want.as_deref().is_none_or(|want| has == Some(want));
        self.before.is_none_or(|before| entry.seq < before)
            && self.since.is_none_or(|since| entry.time >= since)
            && self.until.is_none_or(|until| entry.time < until)
            && self
                .actor
                .as_deref()
                .is_none_or(|want| want == entry.actor.id || want == entry.actor.to_string())
            && self.action.as_deref().is_none_or(|want| {
                want == entry.action || (want.ends_with('.') && entry.action.starts_with(want))
            })
            && is(&self.object, entry.object.as_deref())
            && is(&self.project, entry.project.as_deref())
            && self.outcome.is_none_or(|want| want == entry.outcome)
    }
}

/// Entries, newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct AuditPage {
    /// The entries; there may be none although `next` says to go on, for a page looks at so many entries and no more.
    pub entries: Vec<Noted>,
    /// The `before` of the next page; none at the beginning of the record.
    pub next: Option<u64>,
}
