//! One line for the status line of Claude Code.

use std::io::{Read as _, Write as _};
use std::time::Duration;

use anyhow::Result;
use jiff::tz::TimeZone;
use quipu_tui::figure::{rounded, short};
use serde_json::Value;

use super::period;
use crate::args::Statusline;
use crate::ask::{OpenSource, Question};
use crate::table::clean;

/// Bytes of the input that are read.
const INPUT: u64 = 1 << 20;
/// How long a server may take. A status line that comes later is worth nothing.
const PATIENCE: Duration = Duration::from_millis(500);

/// Prints the line. Any error shortens the line.
///
/// # Errors
/// Standard output is closed.
pub fn run(ask: &Statusline) -> Result<()> {
    let mut input = Vec::new();
    // A short or invalid input leaves the figures of today.
    let _ = std::io::stdin().lock().take(INPUT).read_to_end(&mut input);
    let told: Value = serde_json::from_slice(&input).unwrap_or_default();
    let figures = figures(ask, &told).unwrap_or_default();
    writeln!(std::io::stdout().lock(), "{}", line(&told, &figures))?;
    Ok(())
}

/// Figures of the store; each is null if it is unknown.
#[derive(Debug, Default)]
struct Figures {
    session: Value,
    today: Value,
    budgets: Value,
}

fn figures(ask: &Statusline, told: &Value) -> Result<Figures> {
    let source = OpenSource::open_with_budgets(&ask.source)?;
    let ask = |question: &Question| source.ask_within(question, PATIENCE).unwrap_or_default();
    let since = Some(period::today(&TimeZone::system())?);
    let usage = || Question::get("/api/v1/usage");
    let session = told["session_id"].as_str().filter(|id| !id.is_empty()).map(str::to_owned);
    Ok(Figures {
        session: if session.is_some() { ask(&usage().with("session", &session)) } else { Value::Null },
        today: ask(&usage().with("since", &since)),
        budgets: ask(&Question::get("/api/v1/budgets")),
    })
}

fn line(told: &Value, figures: &Figures) -> String {
    let model = told["model"]["display_name"].as_str().or_else(|| told["model"]["id"].as_str());
    let session = &figures.session["total"];
    let spent = rounded(&session["cost_usd"]).or_else(|| rounded(&session["subscription_usd"]));
    // The tool's own figure, until the store has the session.
    let spent = spent.or_else(|| told["cost"]["total_cost_usd"].as_f64().map(|usd| format!("${usd:.2}")));
    let tokens = session["tokens"]["total"].as_u64().filter(|tokens| *tokens > 0);
    let today = &figures.today["total"];
    let today = rounded(&today["cost_usd"]).or_else(|| rounded(&today["subscription_usd"]));
    let parts = [
        model.map(clean),
        spent.map(|usd| format!("session {usd}")),
        tokens.map(|tokens| format!("{} tokens", short(tokens))),
        today.map(|usd| format!("today {usd}")),
        tightest(&figures.budgets),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    if parts.is_empty() { "quipu: no figures".to_owned() } else { parts.join(" · ") }
}

/// The budget with the largest spent share.
fn tightest(budgets: &Value) -> Option<String> {
    let accounts = budgets["budgets"].as_array()?.iter().flat_map(|budget| {
        let accounts = budget["accounts"].as_array().into_iter().flatten();
        accounts.filter_map(|account| Some((account["share"].as_f64()?, budget["name"].as_str()?)))
    });
    let (share, name) = accounts.max_by(|a, b| a.0.total_cmp(&b.0))?;
    Some(format!("budget {} {:.0} %", clean(name), share * 100.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_line_has_what_is_known_and_no_control_bytes() {
        let told = json!({"model": {"display_name": "Opus\u{1b}[31m"}, "cost": {"total_cost_usd": 0.5}});
        assert_eq!(line(&told, &Figures::default()), "Opus [31m · session $0.50");
        assert_eq!(line(&Value::Null, &Figures::default()), "quipu: no figures");
        let account = |share: f64| json!({"share": share});
        let figures = Figures {
            session: json!({"total": {"cost_usd": "1.239", "tokens": {"total": 12_345}}}),
            today: json!({"total": {"cost_usd": "3"}}),
            budgets: json!({"budgets": [{"name": "daily", "accounts": [account(0.1), account(0.314)]}]}),
        };
        assert_eq!(
            line(&Value::Null, &figures),
            "session $1.24 · 12.3k tokens · today $3.00 · budget daily 31 %"
        );
    }
}
