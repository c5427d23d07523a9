//! Source of answers, and requests to it.

use serde_json::Value;

/// Method of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// Reads.
    Get,
    /// Changes.
    Post,
}

/// A request to the HTTP interface.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// Method.
    pub verb: Verb,
    /// Path, percent-encoded.
    pub path: String,
    /// Parameters, not yet encoded.
    pub params: Vec<(&'static str, String)>,
    /// Body of a change.
    pub body: Value,
}

impl Request {
    /// A question.
    pub fn get(path: impl Into<String>) -> Self {
        Self { verb: Verb::Get, path: path.into(), params: Vec::new(), body: Value::Null }
    }

    /// A change.
    pub fn post(path: impl Into<String>, body: Value) -> Self {
        Self { verb: Verb::Post, body, ..Self::get(path) }
    }

    /// Adds a parameter; an empty value is left out.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        let value = value.into();
        if !value.is_empty() {
            self.params.push((name, value));
        }
        self
    }
}

/// Why a request has no answer. The text is for the user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AskError {
    /// The source is not reachable.
    Unreachable(String),
    /// The source rejects the request, such as an invalid filter.
    Refused(String),
}

impl AskError {
    /// The text.
    pub fn text(&self) -> &str {
        match self {
            Self::Unreachable(text) | Self::Refused(text) => text,
        }
    }
}

/// A server or a data folder.
pub trait Source: Send + Sync + 'static {
    /// Sends a request and waits for the answer.
    ///
    /// # Errors
    /// The source is not reachable, or its answer is a problem.
    fn ask(&self, request: &Request) -> Result<Value, AskError>;

    /// Waits for a change, at most for about a second. Tells whether there may be one.
    fn wait(&self) -> bool;

    /// The server's URL or the folder's path.
    fn name(&self) -> String;

    /// Address of a path of the dashboard; none without a server.
    fn link(&self, path: &str) -> Option<String>;
}

/// Percent-encodes a segment of a path (RFC 3986, section 2.3 lists the unreserved characters).
pub(crate) fn escape(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let one = |byte: u8| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    text.bytes().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_segment_cannot_leave_its_place() {
        assert_eq!(escape("a/../b c?ü"), "a%2F..%2Fb%20c%3F%C3%BC");
        assert!(Request::get("/x").with("filter", "").params.is_empty());
    }
}
