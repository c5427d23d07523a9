//! Test load: traces of an agent with a call and a failing tool, and logs, as OTLP/JSON.

use std::time::Duration;

use anyhow::{Result, bail};
use serde_json::{Value, json};

use crate::integration::{Http, Server};

/// Traces, each of two spans and one log record.
pub const TRACES: u64 = 40;
/// Tokens of each call.
pub const INPUT: u64 = 120;
/// Tokens of each call.
pub const OUTPUT: u64 = 22;
/// Text of each log record: beyond ASCII, and with what a log would obey.
pub const TEXT: &str = "Grüße an 東京\n<0>forged";
/// Why the tools fail.
pub const WHY: &str = "upstream did not answer";
const BEGIN: u64 = 1_795_000_000_000_000_000;
const CALL: u64 = 1_240_000_000;

/// The id of a trace.
pub fn trace(number: u64) -> String {
    format!("{:032x}", number + 1)
}

/// Sends it all.
///
/// # Errors
/// The server does not take it.
pub fn send(server: &Server) -> Result<()> {
    let http = Http::new(Duration::from_secs(30));
    let post = |path: &str, body: Value| -> Result<()> {
        let url = format!("{}/v1/{path}", server.otlp_http);
        let answer = http.post(&url, &[("content-type", "application/json")], body.to_string().as_bytes())?;
        if answer.status != 200 {
            bail!("{path}: {} {}", answer.status, answer.text());
        }
        Ok(())
    };
    let spans: Vec<Value> = (0..TRACES).flat_map(spans).collect();
    let scope = json!({"name": "shop"});
    post(
        "traces",
        json!({"resourceSpans": [{"resource": resource(), "scopeSpans": [{"scope": scope, "spans": spans}]}]}),
    )?;
    let logs: Vec<Value> = (0..TRACES).map(log).collect();
    post(
        "logs",
        json!({"resourceLogs": [{"resource": resource(), "scopeLogs": [{"scope": scope, "logRecords": logs}]}]}),
    )
}

fn text(key: &str, value: &str) -> Value {
    json!({"key": key, "value": {"stringValue": value}})
}

fn int(key: &str, value: u64) -> Value {
    json!({"key": key, "value": {"intValue": value.to_string()}})
}

fn resource() -> Value {
    json!({"attributes": [text("service.name", "shop"), text("host.name", "web-1"), int("process.pid", 7)]})
}

fn spans(number: u64) -> [Value; 2] {
    let begin = BEGIN + number * 10 * CALL;
    let call = json!({
        "traceId": trace(number), "spanId": format!("{:016x}", 2 * number + 1), "name": "chat gpt-4o-mini", "kind": 3,
        "startTimeUnixNano": begin.to_string(), "endTimeUnixNano": (begin + CALL).to_string(),
        "attributes": [
            text("gen_ai.operation.name", "chat"), text("gen_ai.provider.name", "openai"),
            text("gen_ai.request.model", "gpt-4o-mini"), text("gen_ai.response.model", "gpt-4o-mini"),
            int("gen_ai.usage.input_tokens", INPUT), int("gen_ai.usage.output_tokens", OUTPUT),
            text("gen_ai.input.messages", &"what is a knot? ".repeat(3_000)), text("odd \"]\\", "v\"]\\"),
        ],
    });
    let tool = json!({
        "traceId": trace(number), "spanId": format!("{:016x}", 2 * number + 2),
        "parentSpanId": format!("{:016x}", 2 * number + 1), "name": "execute_tool search", "kind": 1,
        "startTimeUnixNano": begin.to_string(), "endTimeUnixNano": (begin + CALL / 2).to_string(),
        "attributes": [text("gen_ai.operation.name", "execute_tool"), text("gen_ai.tool.name", "search"), text("error.type", "Timeout")],
        "status": {"code": 2, "message": WHY},
    });
    [call, tool]
}

fn log(number: u64) -> Value {
    let time = BEGIN + number;
    json!({
        "timeUnixNano": time.to_string(), "observedTimeUnixNano": time.to_string(), "severityNumber": 13,
        "traceId": trace(number), "spanId": format!("{:016x}", 2 * number + 1), "eventName": "agent.note",
        "body": {"stringValue": TEXT}, "attributes": [int("number", number)],
    })
}
