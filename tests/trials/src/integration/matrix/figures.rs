//! Comparison of the model server's log with Quipu's figures, in numbers.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Result;
use serde_json::Value;

use crate::integration::{Http, Server};

/// How long telemetry may take to arrive once the agent has ended.
const ARRIVE: Duration = Duration::from_secs(8);
/// How often in a row the figures must be right: what comes late may be too much.
const STAYS: u32 = 3;

/// Figures of one run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Figures {
    /// Requests to a model, failed ones included.
    pub calls: u64,
    /// Those that failed.
    pub errors: u64,
    /// Tokens: input, output, read from a cache, written to one.
    pub tokens: [u64; 4],
    /// Runs of tools that have a span.
    pub tools: u64,
}

/// Names of the tokens, as the log has them.
const TOKENS: [&str; 4] = ["input", "output", "cache_read", "cache_write"];

impl Figures {
    /// Adds up the model server's log. Tokens of streams whose client did not ask for usage were never sent.
    ///
    /// # Errors
    /// The log cannot be read.
    pub fn of_log(log: &Path, with_tools: bool) -> Result<Self> {
        let mut sum = Self::default();
        for line in std::fs::read_to_string(log)?.lines() {
            let line: Value = serde_json::from_str(line)?;
            sum.calls += 1;
            sum.errors += u64::from(line.get("failed").is_some());
            sum.tools += u64::from(with_tools && line["tool"].is_string());
            if line["usage_sent"] == true {
                for (sum, name) in sum.tokens.iter_mut().zip(TOKENS) {
                    *sum += line[name].as_u64().unwrap_or(0);
                }
            }
        }
        Ok(sum)
    }

    /// Asks until the figures of a service are those served and stay so, or no more can be expected; gives
    /// what is wrong.
    ///
    /// # Errors
    /// The server does not answer.
    pub fn wait(server: &Server, service: &str, want: &Self) -> Result<Vec<String>> {
        let http = Http::new(Duration::from_secs(30));
        let begin = Instant::now();
        let mut right = 0;
        loop {
            let wrong = Self::shown(&http, server, service)?.unlike(want);
            right = if wrong.is_empty() { right + 1 } else { 0 };
            if right == STAYS || begin.elapsed() > ARRIVE {
                return Ok(wrong);
            }
            std::thread::sleep(Duration::from_millis(200));
        }
    }

    fn shown(http: &Http, server: &Server, service: &str) -> Result<Self> {
        let total = http.json(&server.api(&format!("usage?service={service}")))?["total"].clone();
        let tools = http.json(&server.api(&format!("tools?service={service}")))?;
        let figure = |value: &Value| value.as_u64().unwrap_or(0);
        Ok(Self {
            calls: figure(&total["llm_calls"]),
            errors: figure(&total["errors"]),
            tokens: TOKENS.map(|name| figure(&total["tokens"][name])),
            tools: tools["tools"].as_array().into_iter().flatten().map(|tool| figure(&tool["calls"])).sum(),
        })
    }

    fn unlike(&self, want: &Self) -> Vec<String> {
        let counts = [
            ("calls", self.calls, want.calls),
            ("errors", self.errors, want.errors),
            ("tools", self.tools, want.tools),
        ];
        let tokens = (0..4).map(|at| (TOKENS[at], self.tokens[at], want.tokens[at]));
        let all = counts.into_iter().chain(tokens);
        all.filter(|(_, have, want)| have != want)
            .map(|(name, have, want)| format!("{name} {have} of {want}"))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failed_calls_count_and_unsent_usage_does_not() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log");
        let lines = concat!(
            r#"{"usage_sent": true, "input": 5, "output": 2, "cache_read": 1, "cache_write": 3, "tool": "t"}"#,
            "\n",
            r#"{"usage_sent": false, "input": 7, "output": 3, "tool": null}"#,
            "\n",
            r#"{"usage_sent": false, "failed": 429, "tool": null}"#,
            "\n"
        );
        std::fs::write(&log, lines).unwrap();
        let figures = Figures::of_log(&log, true).unwrap();
        assert_eq!(figures, Figures { calls: 3, errors: 1, tokens: [5, 2, 1, 3], tools: 1 });
        assert_eq!(Figures::of_log(&log, false).unwrap().tools, 0);
        let other = Figures { calls: 4, tokens: [5, 2, 0, 3], ..figures.clone() };
        assert_eq!(other.unlike(&figures), ["calls 4 of 3", "cache_read 0 of 1"]);
    }
}
