//! `rust-frameworks`: agents on Rust frameworks, observed by the library, against the model server's log.
//!
//! The programs are those of `tests/rust-frameworks`, a workspace of its own. Each has an agent with one tool
//! and writes a store. The suite asks the store with `quipu sql` for calls, runs and their owner.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use super::frameworks::models::Models;
use super::{Bench, Report};
use crate::shell;

const CALLS: &str = "SELECT session, user, agent, provider, model, framework, sum(is_call), \
    sum(input_tokens), sum(output_tokens), sum(cache_read_tokens), usd_sum(cost_usd) \
    FROM calls GROUP BY 1, 2, 3, 4, 5, 6";
const TOOLS: &str = "SELECT tool, count(*) FROM tools GROUP BY tool";
const TRACES: &str = "SELECT count(*) FROM traces";

/// A program.
struct Program {
    /// The name of the binary; with hyphens that of the framework.
    name: &'static str,
    /// Whether the calls have the name of the framework. Spans of genai do not have it.
    is_named: bool,
    /// Whether the framework passes on the number of cached tokens.
    has_cached: bool,
}

const PROGRAMS: [Program; 5] = [
    Program { name: "rig", is_named: true, has_cached: true },
    Program { name: "genai", is_named: false, has_cached: true },
    Program { name: "async_openai", is_named: true, has_cached: true },
    Program { name: "swiftide", is_named: true, has_cached: false },
    Program { name: "rmcp", is_named: true, has_cached: true },
];

/// Prices of `gpt-4o-mini` in billionths of a dollar a token: input, cached input, output.
const PRICES: [u64; 3] = [150, 75, 600];

/// Builds the programs, runs each, and compares its store with the log.
///
/// # Errors
/// The programs do not build.
pub fn run(bench: &Bench) -> Result<Report> {
    let folder = built()?;
    let mut report = Report::new();
    for program in PROGRAMS.iter().filter(|program| bench.wants(program.name)) {
        report = match compared(program, &folder, &bench.binary) {
            Ok(wrong) => report.judged(program.name, &wrong),
            Err(error) => report.failed(program.name, &format!("{error:#}")),
        };
    }
    Ok(report)
}

/// The folder of the built programs.
fn built() -> Result<PathBuf> {
    let target = shell::target().join("rust-frameworks");
    let mut command = shell::cargo();
    command.args(["build", "--quiet", "--locked", "--bins"]);
    command.current_dir(shell::root().join("tests/rust-frameworks")).env("CARGO_TARGET_DIR", &target);
    shell::run(&mut command)?;
    Ok(target.join("debug"))
}

/// Runs a program; gives the differences between its store and the log of the model server.
fn compared(program: &Program, folder: &Path, quipu: &Path) -> Result<Vec<String>> {
    let scratch = tempfile::tempdir()?;
    let models =
        Models::start(&shell::root().join("tests/trials/frameworks/model_server.py"), scratch.path())?;
    let store = scratch.path().join("store");
    let mut agent = Command::new(folder.join(program.name));
    agent.current_dir(scratch.path()).env("QUIPU_DATA_DIR", &store);
    agent.env("OPENAI_BASE_URL", format!("{}/v1", models.url)).env("OPENAI_API_KEY", "none");
    let said = shell::capture(&mut agent)?;
    if !said.contains("18 degrees") {
        bail!("the agent has no answer: {said}");
    }
    let served = std::fs::read_to_string(&models.log).context("log of the model server")?;
    let served = served.lines().map(serde_json::from_str).collect::<Result<Vec<Value>, _>>()?;
    let ask = |statement: &str| -> Result<Value> {
        let mut command = Command::new(quipu);
        command.args(["sql", "--json", "--data-dir"]).arg(&store).arg(statement);
        let answer: Value = serde_json::from_str(&shell::capture(&mut command)?)?;
        Ok(answer["rows"].clone())
    };
    let found = [("calls", ask(CALLS)?), ("tools", ask(TOOLS)?), ("traces", ask(TRACES)?)];
    let wanted = [wanted_calls(program, &served), json!([["get_weather", 1]]), json!([[1]])];
    let pairs = found.into_iter().zip(wanted);
    Ok(pairs
        .filter(|((_, found), want)| found != want)
        .map(|((name, found), want)| format!("{name} {found}, expected {want}"))
        .collect())
}

/// The one row of calls that the log stands for.
fn wanted_calls(program: &Program, served: &[Value]) -> Value {
    let sum = |name: &str| served.iter().filter_map(|call| call[name].as_u64()).sum::<u64>();
    let (input, output) = (sum("input"), sum("output"));
    let cached = program.has_cached.then(|| sum("cache_read"));
    let framework = program.name.replace('_', "-");
    let owner = [format!("s-{framework}"), "u-1".into(), "forecaster".into(), "openai".into()];
    let cost = cost(input, cached.unwrap_or(0), output);
    let figures = json!([served.len(), input, output, cached, cost]);
    let mut row: Vec<Value> = owner.map(Value::from).into();
    row.extend(["gpt-4o-mini".into(), program.is_named.then_some(framework).into()]);
    row.extend(figures.as_array().cloned().unwrap_or_default());
    json!([row])
}

/// The price of tokens as a decimal without trailing zeros.
fn cost(input: u64, cached: u64, output: u64) -> String {
    let [full, reduced, written] = PRICES;
    let billionths = (input - cached) * full + cached * reduced + output * written;
    let text = format!("{}.{:09}", billionths / 1_000_000_000, billionths % 1_000_000_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_stands_for_one_row() {
        let call = |cached: u64| json!({"input": 1_000, "output": 100, "cache_read": cached});
        let row = |at: usize| wanted_calls(&PROGRAMS[at], &[call(0), call(400)])[0].clone();
        let owner = ["s-async-openai", "u-1", "forecaster", "openai", "gpt-4o-mini", "async-openai"];
        assert_eq!(row(2).as_array().unwrap()[..6], owner.map(Value::from));
        assert_eq!(
            row(2).as_array().unwrap()[6..],
            [2, 2_000, 200, 400].map(Value::from).into_iter().chain(["0.00039".into()]).collect::<Vec<_>>()
        );
        assert_eq!((&row(3)[9], &row(3)[10]), (&Value::Null, &json!("0.00042")), "no cached tokens");
    }
}
