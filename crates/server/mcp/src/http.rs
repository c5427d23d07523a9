//! The route `/mcp`: one message per request (Streamable HTTP).

use axum::Router;
use axum::body::{Bytes, to_bytes};
use axum::extract::Request;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use quipu_core::AnswerMemory;
use serde_json::Value;

use crate::ask::RouterAsker;
use crate::jsonrpc::{RpcError, reply, version};
use crate::own::SelfKnowledge;
use crate::server::{McpServer, VERSIONS};
use crate::tools::listed;

/// Largest body of a request in bytes.
const BODY_BYTES: usize = 1 << 20;
/// Arguments of tools that are ids of traces.
const TRACES: [&str; 3] = ["id", "a", "b"];
/// Header with the version of the protocol.
const VERSION_HEADER: &str = "mcp-protocol-version";

/// Memory for API answers as values, of all callers together, in bytes.
const MEMORY: usize = 96 << 20;

/// Extension of a response: the called tools and the traces that they read, for the audit log.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ToolsCalled {
    /// Names of the tools.
    pub tools: Vec<String>,
    /// Traces that were requested.
    pub traces: Vec<String>,
}

/// The route, which asks the routes of the HTTP interface with the rights of its caller.
///
/// Only POST is served: there are no streams and no sessions. Put a guard before it.
pub fn routes(api: Router) -> Router {
    let memory = AnswerMemory::within(MEMORY);
    Router::new().route("/mcp", post(async move |request: Request| answer(api, memory, request).await))
}

async fn answer(api: Router, memory: AnswerMemory, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, BODY_BYTES).await else {
        let error = RpcError::invalid_request("a body has at most 1 MiB");
        return respond(StatusCode::PAYLOAD_TOO_LARGE, &reply(&Value::Null, Err(error)));
    };
    let message = match read(&body, &parts.headers) {
        Ok(message) => message,
        Err((id, error)) => {
            let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::BAD_REQUEST);
            return respond(status, &reply(&id, Err(error)));
        }
    };
    let called = called(&message);
    let asker = RouterAsker::new(api, parts.extensions, memory);
    let answer = McpServer::new(&asker, &SelfKnowledge::default()).handle(&message).await;
    let Some(answer) = answer else { return StatusCode::ACCEPTED.into_response() };
    let mut response = respond(status(&message, &answer), &answer);
    if !called.tools.is_empty() {
        response.extensions_mut().insert(called);
    }
    response
}

fn respond(status: StatusCode, answer: &Value) -> Response {
    (status, [(CONTENT_TYPE, "application/json")], Bytes::from(answer.to_string())).into_response()
}

/// The message of a body, once the headers agree with it.
fn read(body: &[u8], headers: &HeaderMap) -> Result<Value, (Value, RpcError)> {
    let message: Value = serde_json::from_slice(body).map_err(|_| (Value::Null, RpcError::parse()))?;
    let id = message["id"].clone();
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let said = header(VERSION_HEADER);
    if let Some(unknown) = said.filter(|said| !VERSIONS.contains(said)) {
        return Err((id, RpcError::version(unknown, &VERSIONS)));
    }
    if let Some(named) = version(&message) {
        if said.is_some_and(|said| said != named) {
            return Err((id, RpcError::header("the header MCP-Protocol-Version differs from the body")));
        }
        let differs = |header: Option<&str>, body: &Value| {
            header.is_some_and(|header| body.as_str().is_some_and(|body| header != body))
        };
        if differs(header("mcp-method"), &message["method"]) {
            return Err((id, RpcError::header("the header Mcp-Method differs from the body")));
        }
        if differs(header("mcp-name"), &message["params"]["name"]) {
            return Err((id, RpcError::header("the header Mcp-Name differs from the body")));
        }
    }
    Ok(message)
}

/// Status of an answer: 200 before 2026-07-28, then by the error.
fn status(message: &Value, answer: &Value) -> StatusCode {
    let code = answer["error"]["code"].as_i64().filter(|_| version(message).is_some());
    let status = code.map_or(200, |code| RpcError::new(code, "").status());
    StatusCode::from_u16(status).unwrap_or(StatusCode::OK)
}

/// The calls of a message, or of each message of a batch. Other texts of the client are no part of the audit
/// log.
fn called(message: &Value) -> ToolsCalled {
    let known = listed();
    let batch = message.as_array().map_or(std::slice::from_ref(message), Vec::as_slice);
    let mut called = ToolsCalled::default();
    for params in batch.iter().filter(|one| one["method"] == "tools/call").map(|call| &call["params"]) {
        let Some(tool) = known.iter().find(|known| known["name"] == params["name"]) else { continue };
        called.tools.extend(tool["name"].as_str().map(str::to_owned));
        let ids = TRACES.iter().filter_map(|name| params["arguments"][*name].as_str());
        called.traces.extend(ids.filter(|text| is_trace(text)).map(str::to_owned));
    }
    called
}

fn is_trace(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_call_of_a_batch_is_told_with_all_its_traces() {
        let id = |digit: &str| digit.repeat(32);
        let call = |tool: &str, arguments: Value| json!({"method": "tools/call", "params": {"name": tool, "arguments": arguments}});
        let batch = json!([
            call("compare", json!({"a": id("a"), "b": id("b")})),
            call("trace", json!({"id": id("c")})),
            call("secret words", json!({"id": id("d")})),
            {"method": "ping"},
        ]);
        let told = called(&batch);
        assert_eq!(
            (told.tools, told.traces),
            (vec!["compare".into(), "trace".into()], vec![id("a"), id("b"), id("c")])
        );
        assert_eq!(called(&call("search", json!({"q": id("a")}))).traces, Vec::<String>::new());
    }
}
