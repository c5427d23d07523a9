//! Parses the answer of `_bulk`, item by item.

use std::collections::BTreeMap;

use quipu_core::Result;
use serde::Deserialize;

use crate::fault::strange;

/// Filter of the answer: without it, an answer repeats index and id of each record. Error reasons are never
/// requested, because they quote values.
pub(crate) const FILTER: &str = "filter_path=errors,items.*.status,items.*.error.type";

#[derive(Deserialize)]
struct Answered {
    items: Vec<BTreeMap<String, Item>>,
}

#[derive(Deserialize)]
struct Item {
    status: u16,
    #[serde(default)]
    error: Option<ItemError>,
}

#[derive(Deserialize)]
struct ItemError {
    #[serde(rename = "type")]
    kind: String,
}

/// The result of one record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Stored, now or by an earlier attempt.
    Taken,
    /// A retry may succeed; the text is the current error.
    Again(String),
    /// Rejected permanently, for this reason.
    Refused(String),
}

/// The results in an answer, in the order of the records.
///
/// # Errors
/// It is not an answer of `_bulk`, or has another number of records.
pub(crate) fn verdicts(body: &[u8], records: usize) -> Result<Vec<Verdict>> {
    let answered: Answered = serde_json::from_slice(body).map_err(|_| strange("write records"))?;
    let verdicts: Vec<_> =
        answered.items.into_iter().filter_map(|item| item.into_values().next()).map(verdict).collect();
    if verdicts.len() == records { Ok(verdicts) } else { Err(strange("write records")) }
}

fn verdict(item: Item) -> Verdict {
    let kind = item.error.map_or_else(|| format!("status {}", item.status), |fault| word(&fault.kind));
    match item.status {
        // 409: the id exists, or has a newer version.
        200..=299 | 409 => Verdict::Taken,
        408 | 429 | 500 | 502..=504 => Verdict::Again(kind),
        // The cluster makes indices read-only while the disk is full.
        _ if kind == "cluster_block_exception" => Verdict::Again(kind),
        _ => Verdict::Refused(kind),
    }
}

/// Reduces a text of the cluster to one word, so that errors contain nothing else of an answer.
fn word(of: &str) -> String {
    of.chars().filter(|c| c.is_ascii_lowercase() || *c == '_').take(60).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn every_status_has_a_verdict() {
        let body = br#"{"errors":true,"items":[{"create":{"status":201}},{"create":{"status":409,"error":{"type":"version_conflict_engine_exception"}}},
            {"index":{"status":429,"error":{"type":"es_rejected_execution_exception"}}},{"create":{"status":503}},
            {"create":{"status":400,"error":{"type":"document_parsing_exception SECRET \"x\""}}},
            {"create":{"status":403,"error":{"type":"cluster_block_exception"}}}]}"#;
        let want = [
            Verdict::Taken,
            Verdict::Taken,
            Verdict::Again("es_rejected_execution_exception".to_owned()),
            Verdict::Again("status 503".to_owned()),
            Verdict::Refused("document_parsing_exceptionx".to_owned()),
            Verdict::Again("cluster_block_exception".to_owned()),
        ];
        assert_eq!(verdicts(body, 6).unwrap(), want);
        for (body, records) in [(&body[..], 5), (&b"<html>"[..], 1), (&br#"{"items":[{}]}"#[..], 1)] {
            assert!(verdicts(body, records).is_err());
        }
    }
}
