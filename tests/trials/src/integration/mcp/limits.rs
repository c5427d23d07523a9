//! Random calls: no answer has more tokens than `max_tokens`.

use std::time::Duration;

use anyhow::Result;
use quipu_tokens::Encoding;
use serde_json::{Value, json};

use super::called;
use crate::integration::{Http, Report, Server};

/// Calls.
const CALLS: u64 = 10_000;
/// Tools, each with arguments whose values are texts.
const TOOLS: [(&str, &[&str]); 9] = [
    ("overview", &["since", "until", "filter"]),
    ("search", &["q", "since", "until", "filter", "sort", "cursor"]),
    ("trace", &["span"]),
    ("compare", &["since", "until"]),
    ("cost", &["group_by", "since", "until", "filter"]),
    ("errors", &["since", "until", "filter"]),
    ("query", &["group_by", "step", "sort", "since", "until", "filter"]),
    ("whoami", &["session"]),
    ("budget", &["name"]),
];
/// Values, right and wrong ones.
const VALUES: [&str; 16] = [
    "-24h",
    "-7d",
    "-30d",
    "model",
    "model,agent",
    "session",
    "day",
    "-cost",
    "tokens",
    "auto",
    "status:error",
    "model:gpt-*",
    "cost>0.01",
    "\u{1f9ee} 結び目",
    "\"broken",
    "",
];

/// Calls tools with random arguments and limits.
///
/// # Errors
/// The server does not answer.
pub fn run(server: &Server, report: Report) -> Result<Report> {
    let http = Http::new(Duration::from_secs(60));
    let listed = http.json(&server.api("traces?limit=50"))?;
    let ids: Vec<&str> = listed["traces"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|trace| trace["trace_id"].as_str())
        .collect();
    let mut random = Random(0x9e37_79b9);
    let (mut answers, mut most_used, mut wrong) = (0_u64, 0.0_f64, Vec::new());
    for _ in 0..CALLS {
        let (tool, arguments) = call(&mut random, &ids);
        let Some(text) = called(&http, server, tool, &arguments)? else { continue };
        let limit = arguments["max_tokens"].as_u64().unwrap_or(4_000);
        let tokens = Encoding::O200kBase.count(&text);
        answers += 1;
        most_used = most_used.max(tokens as f64 / limit as f64);
        if tokens > limit {
            wrong.push(format!("{tool} {arguments} has {tokens} tokens"));
        }
    }
    if answers < CALLS / 2 {
        wrong.push(format!("only {answers} of {CALLS} calls were answered"));
    }
    wrong.truncate(5);
    Ok(report
        .judged(&format!("{answers} random answers, the fullest with {most_used:.3} of its limit"), &wrong))
}

fn call(random: &mut Random, ids: &[&str]) -> (&'static str, Value) {
    let (tool, names) = TOOLS[random.below(TOOLS.len())];
    let mut arguments = json!({});
    for name in names {
        // Most calls have few arguments.
        if random.below(4) == 0 {
            arguments[*name] = VALUES[random.below(VALUES.len())].into();
        }
    }
    let id = ids.get(random.below(ids.len().max(1))).copied().unwrap_or("none");
    match tool {
        "trace" => arguments["id"] = id.into(),
        "compare" => (arguments["a"], arguments["b"]) = (id.into(), "status:error".into()),
        "query" => arguments["from"] = ["calls", "tools", "spans", "failures"][random.below(4)].into(),
        _ => {}
    }
    if random.below(10) > 0 {
        // Small limits are the hard ones.
        let widest = [200, 1_000, 4_000, 50_000][random.below(4)];
        arguments["max_tokens"] = (100 + random.below(widest - 99)).into();
    }
    (tool, arguments)
}

/// Numbers that are the same in every run (xorshift, Marsaglia 2003).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit as u64).unwrap_or_default()
    }
}
