//! Queries of the audit log, and pages of entries.

use std::collections::BTreeMap;
use std::net::IpAddr;

use quipu_core::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{Actor, Digest, Head, Outcome, limits};

/// An entry as stored in the audit log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Noted {
    /// The entry's number, from 1, without a gap.
    pub seq: u64,
    /// When the entry was written, in UTC.
    #[serde(serialize_with = "write_time", deserialize_with = "read_time")]
    pub time: Timestamp,
    /// The hash of the entry before it.
    pub prev: Digest,
    /// The actor.
    pub actor: Actor,
    /// The action.
    pub action: String,
    /// The object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object: Option<String>,
    /// The project.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    /// The outcome.
    pub outcome: Outcome,
    /// The client's address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<IpAddr>,
    /// Further details.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub detail: BTreeMap<String, String>,
    /// The entry's own hash.
    pub hash: Digest,
}

impl Noted {
    /// The entry's place in the log.
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

/// A filter of entries, the newest first. A `None` does not restrict.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditQuery {
    /// Written at or after this time.
    pub since: Option<Timestamp>,
    /// Written before this time.
    pub until: Option<Timestamp>,
    /// The actor: its id, or `kind:id`.
    pub actor: Option<String>,
    /// The action; a text that ends with `.` matches every action that begins with it.
    pub action: Option<String>,
    /// The object.
    pub object: Option<String>,
    /// The project.
    pub project: Option<String>,
    /// The outcome.
    pub outcome: Option<Outcome>,
    /// Only entries with a lower number: the `next` of the page before.
    pub before: Option<u64>,
    /// Entries on the page; [`limits::PAGE`] by default, [`limits::PAGE_MOST`] at most.
    pub limit: Option<usize>,
}

impl AuditQuery {
    pub(crate) fn limit(&self) -> usize {
        self.limit.unwrap_or(limits::PAGE).clamp(1, limits::PAGE_MOST)
    }

    /// Returns whether an entry matches.
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

/// A page of entries, the newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct AuditPage {
    /// The entries. The list may be empty although `next` is set, because a page examines a limited number of
    /// entries.
    pub entries: Vec<Noted>,
    /// The `before` of the next page; `None` at the beginning of the log.
    pub next: Option<u64>,
}
