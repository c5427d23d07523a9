//! `run`: `quipu run` on real programs, against the model server's log.
//!
//! Each program runs with the gateway as `quipu run` chooses, with the gateway always, under a budget, with
//! a failing model, and ended by signals. Calls, tokens and tool runs are those of the log. Exit codes are
//! those of the same program without `quipu run`.

mod attempt;
mod programs;

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow, bail};
use serde_json::Value;

use super::frameworks::environment::Unready;
use super::{Bench, Report};
use crate::{shell, table};
use attempt::{Attempt, Ended};
use programs::{Installed, Program};

/// How long a program may take until its first call. CrewAI imports its modules for a minute on two busy
/// cores.
const CALLS: Duration = Duration::from_secs(180);
/// Signals that are passed on.
const SIGNALS: [&str; 2] = ["INT", "TERM"];
/// How long a program may take to end after a signal. One that ignores it alone may do so observed.
const SIGNALLED: Duration = Duration::from_secs(20);
/// Milliseconds of an answer that does not come before a signal.
const NEVER: &str = "120000";

/// Runs every program in every way.
///
/// # Errors
/// The list cannot be read, or has no such program.
pub fn run(bench: &Bench) -> Result<Report> {
    let folder = shell::root().join("tests/trials/frameworks");
    let (mut report, mut rows) = (Report::new(), Vec::new());
    for program in Program::list(&folder, &bench.only)? {
        let installed = match program.prepare(bench, &folder) {
            Ok(installed) => installed,
            Err(Unready::Lacking(why)) => {
                report = report.skipped(&program.name, &why);
                continue;
            }
            Err(Unready::Failed(error)) => {
                report = report.skipped(&program.name, &format!("cannot be installed: {error:#}"));
                continue;
            }
        };
        let here = Here { binary: &bench.binary, program: &program, installed: &installed };
        let mut row = vec![program.name.clone()];
        for (way, judge) in WAYS {
            let begin = Instant::now();
            let found = judge(&here)
                .unwrap_or_else(|error| Found { wrong: vec![format!("{error:#}")], ..Found::default() });
            row.push(format!("{} {:.0} s", found.figure, begin.elapsed().as_secs_f64()));
            let case = format!("{} {way}", program.name);
            report = match program.open.get(way) {
                Some(why) if !found.wrong.is_empty() => {
                    report.open(&case, &format!("{} ({why})", found.wrong.join(", ")))
                }
                _ => report.judged(&case, &found.wrong),
            };
        }
        rows.push(row);
    }
    println!();
    table::print(&["program", "auto", "always", "budget", "failure", "signals"], &rows);
    Ok(report)
}

type Judge = fn(&Here<'_>) -> Result<Found>;

#[allow(clippy::redundant_closure_for_method_calls, reason = "a method has one lifetime too few")]
const WAYS: [(&str, Judge); 5] = [
    ("auto", |here| here.counted("auto")),
    ("always", |here| here.counted("always")),
    ("budget", |here| here.stopped()),
    ("failure", |here| here.failing()),
    ("signals", |here| here.ended()),
];

/// What a way showed: a figure for the table, and what is wrong.
#[derive(Debug, Default)]
struct Found {
    figure: String,
    wrong: Vec<String>,
}

struct Here<'a> {
    binary: &'a Path,
    program: &'a Program,
    installed: &'a Installed,
}

impl Here<'_> {
    fn attempt(&self, variables: &[(&str, &str)]) -> Result<Attempt<'_>> {
        Attempt::with(self.program, self.installed, variables)
    }

    /// The figures of a run are those of the model server.
    fn counted(&self, gateway: &str) -> Result<Found> {
        let attempt = self.attempt(&[])?;
        let ended = attempt.run(Some((self.binary, &["--gateway", gateway])))?;
        let served = attempt.served();
        if served.is_empty() {
            bail!("the program did not call the model: {}", shell::tail(&ended.said, 8));
        }
        let mut wrong = differences(&served, &ended.figures);
        if ended.code != 0 {
            wrong.push(format!("exit code {}: {}", ended.code, shell::tail(&ended.said, 4)));
        }
        if !heard(&served) && self.hears_alone()? {
            wrong.push("the question did not arrive as it was given".to_owned());
        }
        Ok(Found { figure: format!("{} calls", served.len()), wrong })
    }

    /// Whether the model gets the question as it was given from the program alone. Some programs change it.
    fn hears_alone(&self) -> Result<bool> {
        let attempt = self.attempt(&[])?;
        attempt.run(None)?;
        Ok(heard(&attempt.served()))
    }

    /// A budget ends a program that would call for ever, within one call over it.
    fn stopped(&self) -> Result<Found> {
        let attempt = self.attempt(&[("ENDLESS", "1"), ("INPUT_SCALE", "100"), ("OUTPUT_SCALE", "1000")])?;
        let budget = self.program.budget.as_str();
        let ended = attempt.run(Some((self.binary, &["--budget", budget])))?;
        let served = attempt.served();
        let mut wrong = differences(&served, &ended.figures);
        wrong.retain(|text| !text.starts_with("tools") && !text.starts_with("calls"));
        // The program's telemetry reports the refused call, as one that failed.
        let figure = |name: &str| ended.figures[name].as_u64().unwrap_or(0);
        let (calls, most) = (figure("calls"), served.len() as u64 + figure("errors"));
        if calls < served.len() as u64 || calls > most {
            wrong.push(format!("{calls} calls of {} and {} refused ones", served.len(), figure("errors")));
        }
        let money =
            |value: &Value| value.as_str().and_then(|usd| usd.parse::<f64>().ok()).unwrap_or(f64::NAN);
        let (spent, limit) = (money(&ended.figures["cost_usd"]), budget.parse::<f64>()?);
        let dearest = dearest_share(&served) * spent;
        if ended.code != 3 || ended.figures["exit_code"] != 3 {
            wrong.push(format!("exit code {}: {}", ended.code, shell::tail(&ended.said, 6)));
        }
        let is_within = spent < limit + dearest;
        if !is_within {
            wrong.push(format!("{spent} of {limit} is more than one call over the budget"));
        }
        if served.len() < 2 {
            wrong.push(format!("stopped after {} calls: {}", served.len(), shell::tail(&ended.said, 6)));
        }
        Ok(Found { figure: format!("{} calls ${spent:.2} of ${limit}", served.len()), wrong })
    }

    /// A program that fails keeps its exit code.
    fn failing(&self) -> Result<Found> {
        let attempt = self.attempt(&[("FAIL_STATUS", "400")])?;
        let alone = attempt.run(None)?;
        let observed = attempt.run(Some((self.binary, &[])))?;
        Ok(Found { figure: format!("exit {}", alone.code), wrong: same_end("a failure", &alone, &observed) })
    }

    /// Signals arrive at the program, and end it as without `quipu run`.
    fn ended(&self) -> Result<Found> {
        let (mut figures, mut wrong) = (Vec::new(), Vec::new());
        for signal in SIGNALS {
            let alone = self.signalled(signal, None)?;
            let observed = self.signalled(signal, Some((self.binary, &[])))?;
            wrong.extend(same_end(signal, &alone, &observed));
            figures.push(format!("{signal} {}", alone.code));
        }
        Ok(Found { figure: figures.join(" "), wrong })
    }

    fn signalled(&self, signal: &str, quipu: Option<(&Path, &[&str])>) -> Result<Ended> {
        let attempt = self.attempt(&[("LATENCY_MS", NEVER), ("SAY_FIRST", "1")])?;
        let (mut child, files) = attempt.start(quipu)?;
        let called = shell::poll(CALLS, || {
            let is_over = child.try_wait().ok().flatten().is_some();
            (is_over || !attempt.served().is_empty()).then_some(!is_over)
        });
        if called != Some(true) {
            let ended = attempt.end(child, &files, SIGNALLED);
            return Err(anyhow!("no call before the signal: {ended:?}"));
        }
        // To this process alone, as a supervisor does.
        shell::signal(signal, &[child.id().to_string()])?;
        Ok(attempt.end(child, &files, SIGNALLED))
    }
}

fn heard(served: &[Value]) -> bool {
    served.iter().any(|call| call["heard"] == true)
}

fn same_end(what: &str, alone: &Ended, observed: &Ended) -> Vec<String> {
    if alone.code == observed.code {
        return Vec::new();
    }
    let said = shell::tail(&observed.said, 4);
    vec![format!("after {what} exit code {} of {}: {said}", observed.code, alone.code)]
}

/// Tokens by their names in the log and in the figures.
const TOKENS: [&str; 4] = ["input", "output", "cache_read", "cache_write"];

/// Figures of a run that are not those of the log.
fn differences(served: &[Value], figures: &Value) -> Vec<String> {
    let sum = |name: &str| -> u64 {
        let sent = served.iter().filter(|call| call["usage_sent"] == true);
        sent.filter_map(|call| call[name].as_u64()).sum()
    };
    let tools = served.iter().filter(|call| call["tool"].is_string()).count() as u64;
    let counts = [("calls", served.len() as u64, &figures["calls"]), ("tools", tools, &figures["tools"])];
    let tokens = TOKENS.map(|name| (name, sum(name), &figures["tokens"][name]));
    let all = counts.into_iter().chain(tokens);
    all.filter(|(_, want, have)| have.as_u64().unwrap_or(0) != *want)
        .map(|(name, want, have)| format!("{name} {have} of {want}"))
        .collect()
}

/// The share of the dearest call in all tokens.
fn dearest_share(served: &[Value]) -> f64 {
    let size = |call: &Value| ["input", "output"].iter().filter_map(|name| call[name].as_f64()).sum::<f64>();
    let (all, most) =
        served.iter().map(size).fold((0.0, 0.0_f64), |(all, most), one| (all + one, most.max(one)));
    if all > 0.0 { most / all } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn each_figure_is_compared() {
        let served = [
            json!({"usage_sent": true, "input": 5, "output": 2, "cache_read": 1, "cache_write": 0, "tool": "t"}),
            json!({"usage_sent": true, "input": 7, "output": 3, "tool": null}),
        ];
        let figures = json!({"calls": 2, "tools": 1, "tokens": {"input": 12, "output": 5, "cache_read": 1}});
        assert!(differences(&served, &figures).is_empty());
        assert_eq!(differences(&served[..1], &figures).len(), 3);
        assert_eq!(differences(&served, &Value::Null).len(), 5);
        assert!((dearest_share(&served) - 10.0 / 17.0).abs() < 1e-9);
    }
}
