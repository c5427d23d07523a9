//! One line of a transcript.

use quipu_core::Timestamp;
use serde_json::Value as Json;

use crate::json::{any, at, flag, text, time};

/// A line with accessors for its fields.
pub(super) struct Line<'a>(pub(super) &'a Json);

impl<'a> Line<'a> {
    pub(super) fn kind(&self) -> &'a str {
        text(self.0, "type").unwrap_or_default()
    }

    pub(super) fn session(&self) -> Option<&'a str> {
        text(self.0, "sessionId")
    }

    pub(super) fn time(&self) -> Option<Timestamp> {
        time(any(self.0, &["timestamp"])?)
    }

    pub(super) fn uuid(&self) -> Option<&'a str> {
        text(self.0, "uuid")
    }

    pub(super) fn parent(&self) -> Option<&'a str> {
        text(self.0, "parentUuid")
    }

    pub(super) fn prompt(&self) -> Option<&'a str> {
        text(self.0, "promptId")
    }

    pub(super) fn agent(&self) -> Option<&'a str> {
        text(self.0, "agentId")
    }

    pub(super) fn version(&self) -> Option<&'a str> {
        text(self.0, "version")
    }

    pub(super) fn is_sidechain(&self) -> bool {
        flag(self.0, "isSidechain")
    }

    /// Whether it was written for the model or as a summary, not by the user.
    pub(super) fn is_aside(&self) -> bool {
        ["isMeta", "isCompactSummary", "isVisibleInTranscriptOnly"].iter().any(|key| flag(self.0, key))
    }

    pub(super) fn is_error(&self) -> bool {
        flag(self.0, "isApiErrorMessage")
    }

    pub(super) fn message(&self) -> Option<&'a Json> {
        at(self.0, &["message"])
    }

    /// The key of the call: the request's id, else the answer's, else the line's own.
    pub(super) fn call(&self) -> Option<String> {
        let request = text(self.0, "requestId").unwrap_or_default();
        let message = self.message().and_then(|message| text(message, "id")).unwrap_or_default();
        match (request, message) {
            ("", "") => self.uuid().map(str::to_owned),
            (request, message) => Some(format!("{request} {message}")),
        }
    }

    /// A text field of the line.
    pub(super) fn text(&self, key: &str) -> Option<&'a str> {
        text(self.0, key)
    }
}
