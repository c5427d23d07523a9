//! Commands for the terminal: figures of a period, health, calls as lines, exports, the live monitor.

mod export;
mod feed;
mod period;
mod statusline;
mod summary;
mod tail;
mod top;

pub use period::{Span, since, today};

use anyhow::Result;
use serde_json::Value;

use crate::args::TerminalCommand;
use crate::check;

/// Runs a command; `false` when a check says no.
pub fn run(command: &TerminalCommand) -> Result<bool> {
    match command {
        TerminalCommand::Today(ask) => period::run(ask, Span::Day)?,
        TerminalCommand::Week(ask) => period::run(ask, Span::Week)?,
        TerminalCommand::Month(ask) => period::run(ask, Span::Month)?,
        TerminalCommand::Summary(ask) => summary::run(ask)?,
        TerminalCommand::Tail(ask) => tail::run(ask)?,
        TerminalCommand::Statusline(ask) => statusline::run(ask)?,
        TerminalCommand::Top(ask) => top::run(ask)?,
        TerminalCommand::Export(ask) => export::run(ask)?,
        TerminalCommand::GrafanaCheck(scraper) => return check::grafana_verdict(scraper),
    }
    Ok(true)
}

/// The groups of an answer, most expensive first, then most calls first.
fn most_expensive(answer: &Value) -> Vec<Value> {
    let mut groups = answer["groups"].as_array().cloned().unwrap_or_default();
    let cost = |group: &Value| group["cost_usd"].as_str().and_then(|text| text.parse::<f64>().ok());
    let calls = |group: &Value| group["llm_calls"].as_u64().unwrap_or_default();
    groups.sort_by(|a, b| {
        let by_cost = cost(b).unwrap_or(-1.0).total_cmp(&cost(a).unwrap_or(-1.0));
        by_cost.then_with(|| calls(b).cmp(&calls(a)))
    });
    groups
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_most_expensive_group_is_first_and_unpriced_ones_are_last() {
        let group = |cost: Value, calls: u64| json!({"cost_usd": cost, "llm_calls": calls});
        let groups =
            [group(json!("9"), 1), group(Value::Null, 3), group(json!("10"), 1), group(Value::Null, 5)];
        let sorted = most_expensive(&json!({"groups": groups}));
        let calls: Vec<_> = sorted.iter().map(|group| (&group["cost_usd"], &group["llm_calls"])).collect();
        assert_eq!(json!(calls), json!([["10", 1], ["9", 1], [null, 5], [null, 3]]));
    }
}
