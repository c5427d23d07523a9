//! Figures at the end of a run.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use quipu::core::Usd;
use serde_json::{Value, json};

use super::watch::Watch;
use crate::table::{cost, millis, text};

/// Between two looks at the figures.
const LOOK: Duration = Duration::from_millis(400);
/// Longest wait for records that are still on their way.
const SETTLE: Duration = Duration::from_secs(6);

/// Figures of a run.
pub struct Report {
    usage: Value,
    tools: Value,
    traces: Value,
    slowest: Value,
    code: u8,
}

impl Report {
    /// Reads the figures once they no longer change.
    ///
    /// # Errors
    /// The server gives no answer.
    pub fn read(watch: &Watch, code: u8) -> Result<Self> {
        let began = Instant::now();
        let mut usage = watch.ask("/api/v1/usage", &[("group_by", "model")])?;
        let mut same = 0;
        while same < 2 && began.elapsed() < SETTLE {
            std::thread::sleep(LOOK);
            let next = watch.ask("/api/v1/usage", &[("group_by", "model")])?;
            same = if next["total"] == usage["total"] { same + 1 } else { 0 };
            usage = next;
        }
        Ok(Self {
            tools: watch.ask("/api/v1/tools", &[])?["tools"].take(),
            traces: watch.ask("/api/v1/traces", &[("limit", "500")])?["traces"].take(),
            slowest: watch.ask("/api/v1/calls", &[("sort", "-duration"), ("limit", "1")])?["calls"]
                .get(0)
                .cloned()
                .unwrap_or_default(),
            usage,
            code,
        })
    }

    fn json(&self) -> Value {
        let total = &self.usage["total"];
        let runs = |field: &str| {
            self.tools.as_array().into_iter().flatten().filter_map(|tool| tool[field].as_u64()).sum::<u64>()
        };
        let traces = self.traces.as_array().into_iter().flatten();
        json!({
            "calls": total["llm_calls"],
            "tokens": total["tokens"],
            "cost_usd": total["cost_usd"],
            "unpriced_calls": total["unpriced_calls"],
            "errors": total["errors"],
            "tools": runs("calls") + runs("inferred"),
            "models": self.usage["groups"],
            "traces": traces.map(|trace| trace["trace_id"].clone()).collect::<Vec<_>>(),
            "exit_code": self.code,
        })
    }

    /// Writes the figures as JSON, if a file is wanted.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write(&self, file: Option<&Path>) -> Result<()> {
        let Some(file) = file else { return Ok(()) };
        std::fs::write(file, format!("{:#}\n", self.json()))
            .with_context(|| format!("cannot write {}", file.display()))
    }

    /// The figures as text.
    pub fn text(&self, budget: Option<Usd>, stopped: bool) -> String {
        let all = self.json();
        let total = &self.usage["total"];
        let budget = budget.map_or_else(String::new, |limit| {
            format!(" of ${limit}{}", if stopped { ", stopped by the budget" } else { "" })
        });
        let mut lines = vec![format!(
            "quipu: {} calls · {} tokens · {}{budget} · {} tools · {} errors",
            text(&all["calls"]),
            text(&all["tokens"]["total"]),
            cost(total),
            text(&all["tools"]),
            text(&all["errors"]),
        )];
        if self.slowest.is_object() {
            let (duration, model) = (millis(&self.slowest["duration_ms"]), text(&self.slowest["model"]));
            lines.push(format!(
                "slowest call: {duration}, {model}, trace {}",
                text(&self.slowest["trace_id"])
            ));
        }
        if let Some(first) = all["traces"][0].as_str() {
            let more = all["traces"].as_array().map_or(0, Vec::len);
            lines.push(format!("{more} traces: `quipu trace {first}`"));
        }
        lines.join("\n") + "\n"
    }
}
