//! JSON-RPC 2.0 messages of the protocol: errors, replies, and the version of a request.

use serde_json::{Value, json};

/// Key of a request's protocol version, from 2026-07-28 on.
const VERSION_KEY: &str = "io.modelcontextprotocol/protocolVersion";

/// Error of a request.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RpcError {
    pub(crate) code: i64,
    pub(crate) message: String,
    pub(crate) data: Option<Value>,
}

impl RpcError {
    pub(crate) fn new(code: i64, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), data: None }
    }

    pub(crate) fn parse() -> Self {
        Self::new(-32_700, "the message is not JSON")
    }

    pub(crate) fn invalid_request(why: &str) -> Self {
        Self::new(-32_600, why)
    }

    pub(crate) fn unknown_method(method: &str) -> Self {
        let named: String = method.chars().take(60).collect();
        Self::new(-32_601, format!("unknown method {named:?}: tools/list and tools/call are served"))
    }

    pub(crate) fn invalid_params(why: impl Into<String>) -> Self {
        Self::new(-32_602, why)
    }

    pub(crate) fn header(why: &str) -> Self {
        Self::new(-32_020, why)
    }

    pub(crate) fn version(requested: &str, supported: &[&str]) -> Self {
        let requested: String = requested.chars().take(40).collect();
        let data = json!({"supported": supported, "requested": requested});
        Self { data: Some(data), ..Self::new(-32_022, "unsupported protocol version") }
    }

    /// HTTP status of the error under 2026-07-28.
    pub(crate) const fn status(&self) -> u16 {
        match self.code {
            -32_601 => 404,
            -32_700 | -32_600 | -32_602 | -32_022..=-32_020 => 400,
            _ => 200,
        }
    }
}

/// The reply to a request.
pub(crate) fn reply(id: &Value, result: Result<Value, RpcError>) -> Value {
    match result {
        Ok(result) => json!({"jsonrpc": "2.0", "id": id, "result": result}),
        Err(error) => {
            let mut told = json!({"code": error.code, "message": error.message});
            if let Some(data) = error.data {
                told["data"] = data;
            }
            json!({"jsonrpc": "2.0", "id": id, "error": told})
        }
    }
}

/// The protocol version that a request names in `_meta`; `None` before 2026-07-28.
pub(crate) fn version(message: &Value) -> Option<&str> {
    message["params"]["_meta"][VERSION_KEY].as_str()
}
