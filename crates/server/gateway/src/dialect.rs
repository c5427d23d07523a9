//! Error answers in the providers' forms.

use axum::body::Body;
use bytes::Bytes;
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, Response, StatusCode};
use quipu_http::wire::Shape;
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// The provider whose error form an API uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Dialect {
    /// OpenAI's, which many other providers use.
    OpenAi,
    /// Anthropic's.
    Anthropic,
    /// Google's.
    Gemini,
}

/// An error answer of the gateway itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub status: StatusCode,
    /// The error code: the `code` of OpenAI's errors, and a label of the gateway's metrics.
    pub code: &'static str,
    /// The error text, without contents of the request.
    pub message: String,
    /// Seconds after which a retry is allowed.
    pub retry_after: Option<u64>,
    /// Figures of a budget, as texts.
    pub details: Map<String, Value>,
}

impl Refusal {
    pub fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), retry_after: None, details: Map::new() }
    }

    /// Returns the answer in the form of `dialect`.
    ///
    /// Sources: [OpenAI's error codes](https://platform.openai.com/docs/guides/error-codes),
    /// [Anthropic's errors](https://docs.anthropic.com/en/api/errors), Google's
    /// [`google.rpc.Code`](https://github.com/googleapis/googleapis/blob/master/google/rpc/code.proto). The
    /// client libraries of OpenAI and Anthropic read `x-should-retry` before they look at the status.
    pub fn answer(&self, dialect: Dialect) -> Response<Body> {
        let body = Bytes::from(self.body(dialect).to_string());
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some(seconds) = self.retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.is_budget() {
            headers.insert("x-should-retry", HeaderValue::from_static("false"));
        }
        response
    }

    fn is_budget(&self) -> bool {
        self.code == BUDGET || self.code == LOOP
    }

    fn body(&self, dialect: Dialect) -> Value {
        let message = &self.message;
        let mut body = match dialect {
            Dialect::OpenAi => json!({"error": {
                "message": message, "type": self.openai_type(), "param": null, "code": self.code,
            }}),
            Dialect::Anthropic => json!({
                "type": "error", "error": {"type": self.anthropic_type(), "message": message},
            }),
            Dialect::Gemini => json!({"error": {
                "code": self.status.as_u16(), "message": message, "status": self.google_status(),
                "details": [{
                    "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                    "reason": self.code.to_ascii_uppercase(), "domain": "quipu", "metadata": self.details,
                }],
            }}),
        };
        if dialect != Dialect::Gemini && !self.details.is_empty() {
            body["error"]["budget"] = Value::Object(self.details.clone());
        }
        body
    }

    fn openai_type(&self) -> &'static str {
        match self.status.as_u16() {
            _ if self.is_budget() => "insufficient_quota",
            429 => "rate_limit_exceeded",
            500.. => "server_error",
            _ => "invalid_request_error",
        }
    }

    fn anthropic_type(&self) -> &'static str {
        match self.status.as_u16() {
            402 => "billing_error",
            404 => "not_found_error",
            413 => "request_too_large",
            429 => "rate_limit_error",
            504 => "timeout_error",
            500.. => "api_error",
            _ => "invalid_request_error",
        }
    }

    fn google_status(&self) -> &'static str {
        match self.status.as_u16() {
            402 | 429 => "RESOURCE_EXHAUSTED",
            404 => "NOT_FOUND",
            408 | 504 => "DEADLINE_EXCEEDED",
            501 => "UNIMPLEMENTED",
            500.. => "UNAVAILABLE",
            _ => "INVALID_ARGUMENT",
        }
    }
}

/// The code of an error by a budget.
pub(crate) const BUDGET: &str = "budget_exceeded";
/// The code of an error by the loop breaker.
pub(crate) const LOOP: &str = "loop_detected";

impl From<Shape> for Dialect {
    fn from(shape: Shape) -> Self {
        match shape {
            Shape::OpenAiChat | Shape::OpenAiResponses | Shape::OpenAiEmbeddings => Self::OpenAi,
            Shape::AnthropicMessages => Self::Anthropic,
            Shape::GeminiGenerate | Shape::GeminiEmbed => Self::Gemini,
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn each_provider_is_spoken_for_in_its_own_shape() {
        let refusal =
            Refusal { retry_after: Some(60), ..Refusal::new(StatusCode::TOO_MANY_REQUESTS, BUDGET, "spent") };
        let openai = refusal.body(Dialect::OpenAi);
        assert_eq!(openai["error"]["type"], "insufficient_quota");
        assert_eq!(openai["error"]["code"], "budget_exceeded");
        let anthropic = refusal.body(Dialect::Anthropic);
        assert_eq!(
            (&anthropic["type"], &anthropic["error"]["type"]),
            (&json!("error"), &json!("rate_limit_error"))
        );
        let gemini = refusal.body(Dialect::Gemini);
        assert_eq!(
            (&gemini["error"]["code"], &gemini["error"]["status"]),
            (&json!(429), &json!("RESOURCE_EXHAUSTED"))
        );
        let answer = refusal.answer(Dialect::OpenAi);
        assert_eq!(answer.headers()[RETRY_AFTER], "60");
        assert_eq!(answer.headers()["x-should-retry"], "false");
        let never = Refusal::new(StatusCode::PAYMENT_REQUIRED, BUDGET, "spent").body(Dialect::Anthropic);
        assert_eq!(never["error"]["type"], "billing_error");
    }
}
