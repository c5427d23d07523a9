//! Burn rates: 1,000 random histories against a reference in Python, and months at the objective.

use std::path::Path;
use std::process::Command;

use anyhow::Result;
use serde_json::{Value, json};

use super::figures;
use super::trial::{self, Trial};
use crate::bench::words::Random;
use crate::integration::{Bench, Report, tools};
use crate::shell;

const REFERENCE: &str = include_str!("../../../suites/alerts/burn.py");
const HISTORIES: usize = 1_000;
const DAY: i64 = 86_400;
const NOW: i64 = 100 * DAY;

/// Equal to the reference, and calm at the objective.
///
/// # Errors
/// `trial` does not build, or a program does not run.
pub fn run(_: &Bench, folder: &Path, report: Report) -> Result<Report> {
    let mut random = Random::new(0xb0b0);
    let histories: Vec<Value> = (0..HISTORIES).map(|_| history(&mut random)).collect();
    let ours = Trial::build()?.ask("objectives", &histories)?;
    let script = folder.join("burn.py");
    std::fs::write(&script, REFERENCE)?;
    let theirs = trial::fed(Command::new(tools::python()?).arg(&script), &histories)?;
    let mut wrong = Vec::new();
    for (number, (one, other)) in ours.iter().zip(&theirs).enumerate() {
        if one["error"].is_string() != other["refused"].as_bool().unwrap_or(false) {
            wrong.push(format!("history {number}: {one}, expected {other}"));
        }
        for (name, found) in [
            ("severity", &one["severity"]),
            ("burn_1h", &one["state"]["burn_1h"]),
            ("burn_6h", &one["state"]["burn_6h"]),
            ("burn_3d", &one["state"]["burn_3d"]),
            ("budget_left", &one["state"]["budget_left"]),
        ] {
            if !same(found, &other[name]) {
                wrong.push(format!("history {number}: {name} {found}, expected {}", other[name]));
            }
        }
    }
    let above = ours.iter().filter(|one| one["severity"].as_f64().is_some_and(|value| value > 1.0)).count();
    println!("        {above} of {HISTORIES} histories burn too fast");
    if !(HISTORIES / 10..HISTORIES * 9 / 10).contains(&above) {
        wrong.push(format!("{above} of {HISTORIES} histories burn too fast, which proves little"));
    }
    wrong.truncate(8);
    let report = report.judged(&format!("{HISTORIES} burn rates as the reference"), &wrong);
    let mut tests = shell::cargo();
    tests.args(["test", "--quiet", "-p", "quipu-alert", "--lib", "slo"]).env("QUIPU_CASES", "1000");
    Ok(report.judged("1,000 months at the objective, 1,000 trickles", &figures::tested(&mut tests)?))
}

/// Calls at a random rate with a random share of failures, which changes once.
fn history(random: &mut Random) -> Value {
    let objective = *random.pick(&[0.3, 0.5, 0.8, 0.9, 0.95, 0.99, 0.995, 0.999]);
    let period = *random.pick(&["1d", "7d", "30d", "90d"]);
    let budget: f64 = 1.0 - objective;
    let count = random.range(0, 400);
    let span = *random.pick(&[600, 3_600, 6 * 3_600, DAY, 5 * DAY]);
    let turn = NOW - random.range(0, span as u64 + 1) as i64;
    let shares = [budget * random.unit(), (budget * 30.0 * random.unit()).min(1.0)];
    let mut calls: Vec<(i64, bool)> = (0..count)
        .map(|_| {
            let at = NOW - 1 - random.range(0, span as u64) as i64;
            (at, random.chance(shares[usize::from(at >= turn)]))
        })
        .collect();
    calls.sort_unstable();
    json!({"objective": objective, "period": period, "now": NOW, "calls": calls})
}

fn same(one: &Value, other: &Value) -> bool {
    match (one.as_f64(), other.as_f64()) {
        (Some(one), Some(other)) => (one - other).abs() <= 1e-6 * (1.0 + one.abs()),
        (None, None) => true,
        _ => false,
    }
}
