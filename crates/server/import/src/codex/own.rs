//! Separates a rollout's own lines from the copy of its parent's lines.

use quipu_core::Timestamp;
use serde_json::Value as Json;

use crate::json::{at, count, text};

/// Time limit of a copy; a session's own first answer takes longer.
const COPYING: i64 = Timestamp::SECOND;

/// Detects the first own line.
#[derive(Debug, Default)]
pub(super) struct Own {
    thread: String,
    has_parent: bool,
    begun: bool,
    created: Timestamp,
    first_ordinal: Option<u64>,
    /// Whether turns have ids with a time, so the lines' times need not be judged.
    by_turn: bool,
}

impl Own {
    /// Creates the detector from the first `session_meta`, which is the file's own.
    pub(super) fn new(thread: &str, meta: &Json, created: Timestamp) -> Self {
        let spawned = at(meta, &["source", "subagent", "thread_spawn", "parent_thread_id"]);
        let forked = text(meta, "forked_from_id").or(spawned.and_then(Json::as_str));
        Self {
            thread: thread.to_owned(),
            has_parent: forked.is_some(),
            begun: false,
            created,
            first_ordinal: count(meta, "subagent_history_start_ordinal"),
            by_turn: false,
        }
    }

    /// Whether a line is the session's own. After the first own line all lines are.
    pub(super) fn is(&mut self, line: &Json, payload: &Json, time: Timestamp) -> bool {
        self.begun = self.begun || !self.has_parent || self.begins(line, payload, time);
        self.begun
    }

    fn begins(&mut self, line: &Json, payload: &Json, time: Timestamp) -> bool {
        if let Some(thread) =
            text(payload, "thread_id").filter(|_| text(line, "type") == Some("token_usage_record"))
        {
            return thread == self.thread;
        }
        if let (Some(first), Some(ordinal)) = (self.first_ordinal, count(line, "ordinal")) {
            return ordinal >= first;
        }
        let turn = text(payload, "turn_id").and_then(milliseconds);
        if let (Some(turn), Some(thread)) = (turn, milliseconds(&self.thread)) {
            self.by_turn = true;
            return turn >= thread;
        }
        !self.by_turn && time.since(self.created) >= COPYING
    }
}

/// The time in a UUID of version 7 (RFC 9562, section 5.7): its first 48 bits are milliseconds since 1970.
fn milliseconds(id: &str) -> Option<u64> {
    let hex: String = id.chars().filter(|c| *c != '-').collect();
    let is_v7 = hex.len() == 32 && hex.as_bytes().get(12) == Some(&b'7');
    is_v7.then(|| u64::from_str_radix(hex.get(..12)?, 16).ok()).flatten()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_uuid_of_version_7_tells_its_time() {
        assert_eq!(milliseconds("01a1fd3c-a80f-79b1-826d-923017cf7039"), Some(0x01a1_fd3c_a80f));
        assert_eq!(milliseconds("5d6d86eb-04d3-409a-9ef6-fc6d397eabe9"), None);
        assert_eq!(milliseconds("short"), None);
    }

    #[test]
    fn without_a_parent_all_is_own() {
        let mut own = Own::new("s", &json!({"id": "s"}), Timestamp::from_nanos(100));
        assert!(own.is(&json!({}), &json!({}), Timestamp::from_nanos(0)));
    }

    #[test]
    fn turns_from_before_the_thread_are_inherited_whatever_the_time_of_their_lines() {
        let thread = "01a1fd3c-a80f-79b1-826d-923017cf7039";
        let mut own = Own::new(thread, &json!({"forked_from_id": "p"}), Timestamp::from_nanos(0));
        let late = Timestamp::from_nanos(Timestamp::HOUR);
        assert!(!own.is(&json!({}), &json!({"turn_id": "01a1fd3c-0000-7000-8000-000000000000"}), late));
        assert!(!own.is(&json!({}), &json!({"type": "token_count"}), late));
        assert!(own.is(&json!({}), &json!({"turn_id": "01a1fd3d-0000-7000-8000-000000000000"}), late));
        assert!(own.is(&json!({}), &json!({"type": "token_count"}), late));
    }
}
