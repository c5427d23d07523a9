//! Source of API answers for the tools.

use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use axum::Router;
use axum::body::Body;
use axum::http::{Extensions, Request};
use http_body_util::{BodyExt as _, Limited};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use quipu_core::{AnswerMemory, MemoryHold};
use serde_json::Value;
use tower::ServiceExt as _;

/// Largest API answer that a tool reads, in bytes.
const ANSWER_BYTES: usize = 16 << 20;
/// Memory of an answer as a JSON value, as a multiple of its bytes.
const COPIES: usize = 6;
/// Characters that RFC 3986, section 2.3 does not reserve stay.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A GET request to the HTTP interface.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// Path, already escaped.
    pub path: String,
    /// Parameters.
    pub params: Vec<(&'static str, String)>,
}

impl Question {
    /// A request without parameters.
    pub fn get(path: impl Into<String>) -> Self {
        Self { path: path.into(), params: Vec::new() }
    }

    /// Adds a parameter if it has a value.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: Option<impl Into<String>>) -> Self {
        self.params.extend(value.map(|value| (name, value.into())));
        self
    }

    /// The path with the parameters.
    pub fn target(&self) -> String {
        let pairs: Vec<String> =
            self.params.iter().map(|(name, value)| format!("{name}={}", escape(value))).collect();
        if pairs.is_empty() { self.path.clone() } else { format!("{}?{}", self.path, pairs.join("&")) }
    }
}

/// Percent-encodes a text as a segment of a path or a value of a parameter.
pub(crate) fn escape(text: &str) -> String {
    utf8_percent_encode(text, ESCAPED).to_string()
}

/// Reason for a missing answer, in the words of the HTTP interface.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskError(pub String);

/// Gives the answers of the HTTP interface.
#[async_trait]
pub trait Asker: Send + Sync {
    /// Answers one request.
    ///
    /// # Errors
    /// The interface answers with a problem, or does not answer.
    async fn ask(&self, question: Question) -> Result<Value, AskError>;
}

/// Answers by the routes of the HTTP interface in this process, with the rights of one caller.
pub struct RouterAsker {
    routes: Router,
    caller: Extensions,
    memory: AnswerMemory,
    /// Memory of the answers so far; the tool may use all of them.
    held: Mutex<MemoryHold>,
}

impl RouterAsker {
    /// Asks these routes; each request gets the extensions of the caller's request. The answers as values are
    /// charged to `memory`.
    pub fn new(routes: Router, caller: Extensions, memory: AnswerMemory) -> Self {
        Self { routes, caller, memory, held: Mutex::default() }
    }
}

#[async_trait]
impl Asker for RouterAsker {
    async fn ask(&self, question: Question) -> Result<Value, AskError> {
        let failed = |why: &str| AskError(format!("the question failed: {why}"));
        let request = Request::builder().uri(question.target()).body(Body::empty());
        let mut request = request.map_err(|error| failed(&error.to_string()))?;
        *request.extensions_mut() = self.caller.clone();
        let Ok(response) = self.routes.clone().oneshot(request).await;
        let status = response.status();
        let body = Limited::new(response.into_body(), ANSWER_BYTES).collect().await;
        let body = body.map_err(|_| failed("its answer has more than 16 MiB; ask for less"))?.to_bytes();
        let hold = self.memory.hold(body.len().saturating_mul(COPIES));
        let hold = hold.map_err(|_| failed("other questions use the memory for answers; ask again"))?;
        self.held.lock().unwrap_or_else(PoisonError::into_inner).append(hold);
        let answer: Value = serde_json::from_slice(&body).map_err(|error| failed(&error.to_string()))?;
        if status.is_success() {
            return Ok(answer);
        }
        let said = |field: &str| answer[field].as_str().unwrap_or_default().to_owned();
        Err(AskError(format!("{}: {}", said("title"), said("detail"))))
    }
}
