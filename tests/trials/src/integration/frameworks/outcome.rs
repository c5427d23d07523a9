//! Comparison of the model server's log with Quipu's figures.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde_json::Value;

use super::pins::Case;
use crate::integration::{Http, Server};

/// How long telemetry may take to arrive once the agent has ended.
const ARRIVE: Duration = Duration::from_secs(10);

/// How often in a row they must be right: what comes late may be too much.
const STAYS: u32 = 3;

/// Figures of one run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Truth {
    /// Answers of the model.
    pub calls: u64,
    /// Input tokens.
    pub input: u64,
    /// Output tokens.
    pub output: u64,
    /// Input tokens from a cache.
    pub cached: u64,
    /// Tools that the model called, without hand-overs and final answers.
    pub tools: u64,
}

/// How names of tools begin that hand over to another agent, or end an agent's run.
const NO_TOOLS: [&str; 2] = ["transfer_to_", "final_answer"];

impl Truth {
    /// Adds up the model server's log. Tokens of streams whose client did not ask for usage were never sent.
    ///
    /// # Errors
    /// The log cannot be read.
    pub fn read(log: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(log).context("log of the model server")?;
        let lines = text.lines().map(serde_json::from_str::<Value>).collect::<Result<Vec<_>, _>>()?;
        Ok(lines.iter().fold(Self::default(), |sum, line| {
            let sent = line["usage_sent"] == true;
            let tool = line["tool"].as_str().filter(|tool| !NO_TOOLS.iter().any(|no| tool.starts_with(no)));
            let figure = |name: &str| line[name].as_u64().filter(|_| sent).unwrap_or(0);
            Self {
                calls: sum.calls + 1,
                input: sum.input + figure("input"),
                output: sum.output + figure("output"),
                cached: sum.cached + figure("cache_read"),
                tools: sum.tools + u64::from(tool.is_some()),
            }
        }))
    }
}

/// Truth and finding.
#[derive(Debug, Clone, Copy)]
pub struct Outcome {
    want: Truth,
    have: Truth,
}

impl Outcome {
    /// Asks until the figures are those served and stay so, or no more can be expected.
    ///
    /// # Errors
    /// The server does not answer.
    pub fn wait(server: &Server, want: Truth) -> Result<Self> {
        let http = Http::new(Duration::from_secs(30));
        let begin = Instant::now();
        let mut right = 0;
        loop {
            let outcome = Self { want, have: shown(&http, server)? };
            right = if outcome.wrong().is_empty() { right + 1 } else { 0 };
            if right == STAYS || begin.elapsed() > ARRIVE {
                return Ok(outcome);
            }
            std::thread::sleep(Duration::from_millis(200));
        }
    }

    /// The wrong figures: name, found value, expected value.
    fn wrong(&self) -> Vec<(&'static str, u64, u64)> {
        let (have, want) = (&self.have, &self.want);
        let mut all = vec![
            ("input", have.input, want.input),
            ("output", have.output, want.output),
            ("calls", have.calls, want.calls),
            ("tools", have.tools, want.tools),
        ];
        // Not every framework hands on what was cached.
        all.push(("cached", have.cached.max(want.cached), want.cached));
        all.retain(|(_, have, want)| have != want);
        all
    }

    /// Errors, and shortfalls that the framework explains because it does not send the data. An excuse for a
    /// correct figure is also an error.
    pub fn judged(&self, case: &Case) -> (Vec<String>, Vec<String>) {
        let (mut wrong, mut lacking) = (Vec::new(), Vec::new());
        for (name, have, want) in self.wrong() {
            let excuse = case.lacks.iter().find(|lack| lack.figure == name && have < want);
            match excuse {
                Some(lack) => lacking.push(format!("{name} {have} of {want} ({})", lack.why)),
                None => wrong.push(format!("{name} {have} of {want}")),
            }
        }
        for lack in &case.lacks {
            if !lacking.iter().any(|found| found.starts_with(&lack.figure)) {
                wrong.push(format!("{} is excused ({}) but complete", lack.figure, lack.why));
            }
        }
        (wrong, lacking)
    }

    /// The line of the table.
    pub fn row(&self, case: &Case, took: Duration) -> Vec<String> {
        let (have, want) = (&self.have, &self.want);
        let pairs = [
            (have.input, want.input),
            (have.output, want.output),
            (have.cached, want.cached),
            (have.calls, want.calls),
            (have.tools, want.tools),
        ];
        let figures = pairs.into_iter().flat_map(|(have, want)| [have.to_string(), want.to_string()]);
        let mut row = vec![case.name.clone(), case.version().to_owned()];
        row.extend(figures);
        row.push(format!("{:.1}", took.as_secs_f64()));
        row
    }
}

fn shown(http: &Http, server: &Server) -> Result<Truth> {
    let total = http.json(&server.api("usage"))?["total"].clone();
    let tools = http.json(&server.api("tools"))?;
    let figure = |value: &Value| value.as_u64().unwrap_or(0);
    Ok(Truth {
        calls: figure(&total["llm_calls"]),
        input: figure(&total["tokens"]["input"]),
        output: figure(&total["tokens"]["output"]),
        cached: figure(&total["tokens"]["cache_read"]),
        tools: tools["tools"].as_array().into_iter().flatten().map(|tool| figure(&tool["calls"])).sum(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::integration::frameworks::pins::Lack;

    fn case(lacks: Vec<Lack>) -> Case {
        Case { name: "x".into(), script: "x.py".into(), packages: vec!["x[y]==1.2".into()], lacks }
    }

    #[test]
    fn a_shortfall_needs_an_excuse_and_an_excuse_a_shortfall() {
        let want = Truth { calls: 2, input: 10, output: 4, cached: 3, tools: 1 };
        let short = Outcome { want, have: Truth { tools: 0, cached: 0, ..want } };
        let excuse = || Lack { figure: "tools".into(), why: "no span".into() };
        assert_eq!(short.judged(&case(Vec::new())).0, ["tools 0 of 1"]);
        assert!(short.judged(&case(vec![excuse()])).0.is_empty());
        let right = Outcome { want, have: want };
        assert!(right.judged(&case(Vec::new())).0.is_empty());
        assert_eq!(right.judged(&case(vec![excuse()])).0.len(), 1);
        let over = Outcome { want, have: Truth { tools: 2, ..want } };
        assert_eq!(over.judged(&case(vec![excuse()])).0.len(), 2);
    }

    #[test]
    fn streams_without_usage_are_calls_without_tokens() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log");
        let lines = concat!(
            r#"{"usage_sent": true, "input": 5, "output": 2, "cache_read": 1, "tool": "t"}"#,
            "\n",
            r#"{"usage_sent": false, "input": 7, "output": 3, "cache_read": 0, "tool": null}"#,
            "\n",
            r#"{"usage_sent": false, "tool": "transfer_to_x"}"#,
            "\n"
        );
        std::fs::write(&log, lines).unwrap();
        let truth = Truth::read(&log).unwrap();
        assert_eq!(truth, Truth { calls: 3, input: 5, output: 2, cached: 1, tools: 1 });
    }
}
