//! The user and the session of a request.

use serde_json::{Map, Value};

/// Reads Anthropic's `metadata.user_id` in the two forms of Claude Code; any other text is a user.
pub(super) fn user_and_session(told: &str) -> (Option<String>, Option<String>) {
    if let Ok(object) = serde_json::from_str::<Map<String, Value>>(told) {
        let said = |keys: [&str; 2]| keys.iter().find_map(|key| word(object.get(*key)?));
        return (said(["account_uuid", "device_id"]), said(["session_id", "session"]));
    }
    match told.rsplit_once("_session_") {
        Some((user, session)) if !session.is_empty() => {
            (Some(user.trim_end_matches("_account_").to_owned()), Some(session.to_owned()))
        }
        _ => (Some(told.to_owned()), None),
    }
}

/// A text that is not empty.
pub(super) fn word(value: &Value) -> Option<String> {
    value.as_str().filter(|word| !word.is_empty()).map(str::to_owned)
}
