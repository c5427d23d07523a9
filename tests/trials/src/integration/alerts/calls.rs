//! Failing calls, one for each user, and the users whose call was acknowledged.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::json;

use crate::integration::Http;

/// A sender of failing calls.
pub struct Calls {
    http: Http,
    prefix: &'static str,
    sent: u64,
    acknowledged: BTreeSet<String>,
}

impl Calls {
    /// Users are named after `prefix`.
    pub fn new(prefix: &'static str) -> Self {
        Self { http: Http::new(Duration::from_secs(5)), prefix, sent: 0, acknowledged: BTreeSet::new() }
    }

    /// Users whose call the server has committed.
    pub fn acknowledged(&self) -> &BTreeSet<String> {
        &self.acknowledged
    }

    /// Sends the failing call of a new user; gives the user if the server has committed it.
    pub fn fail(&mut self, otlp_http: &str) -> Option<String> {
        self.sent += 1;
        let user = format!("{}-{}", self.prefix, self.sent);
        let url = format!("{otlp_http}/v1/traces");
        let body = body(self.sent, &user);
        let answer = self.http.post(&url, &[("content-type", "application/json")], &body).ok()?;
        (answer.status == 200).then(|| {
            self.acknowledged.insert(user.clone());
            user
        })
    }
}

fn body(number: u64, user: &str) -> Vec<u8> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
    let text = |key: &str, value: &str| json!({"key": key, "value": {"stringValue": value}});
    let span = json!({
        "traceId": format!("{:016x}{number:016x}", 0xfa11), "spanId": format!("{number:016x}"),
        "name": "chat gpt-4o", "kind": 3,
        "startTimeUnixNano": (now - 1_000_000).to_string(), "endTimeUnixNano": now.to_string(),
        "status": {"code": 2, "message": "overloaded"},
        "attributes": [
            text("gen_ai.operation.name", "chat"), text("gen_ai.request.model", "gpt-4o"), text("user.id", user),
            {"key": "gen_ai.usage.input_tokens", "value": {"intValue": "3"}},
            {"key": "gen_ai.usage.output_tokens", "value": {"intValue": "2"}},
        ],
    });
    let resource = json!({"attributes": [text("service.name", "alerts")]});
    let scopes = json!([{"scope": {"name": "alerts"}, "spans": [span]}]);
    json!({"resourceSpans": [{"resource": resource, "scopeSpans": scopes}]}).to_string().into_bytes()
}
