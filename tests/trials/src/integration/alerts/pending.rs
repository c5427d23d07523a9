//! `for` and `keep_firing_for`: 100 random series through the rules of Prometheus.
//!
//! Ours holds a firing group from its last wrong value on, and Prometheus from its first right one. So a rule
//! of ours with one evaluation more has the states of Prometheus.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::Result;
use serde_json::{Value, json};

use super::trial::Trial;
use crate::bench::words::Random;
use crate::integration::prometheus::{self, Tools};
use crate::integration::{Bench, Report};

const SERIES: usize = 100;
/// Evaluations, one a second.
const STEPS: usize = 40;

struct Case {
    hold: u64,
    keep: u64,
    /// Value of each second; `None` without a sample.
    values: Vec<Option<f64>>,
}

impl Case {
    fn random(random: &mut Random) -> Self {
        let (hold, keep) = (random.range(0, 6), random.range(0, 6));
        // Runs of equal values make states last; single values make them flap.
        let steady = random.unit();
        let mut values = Vec::with_capacity(STEPS);
        let mut value = None;
        for _ in 0..STEPS {
            if !random.chance(steady) {
                value = *random.pick(&[None, Some(0.0), Some(1.0), Some(1.0)]);
            }
            values.push(value);
        }
        Self { hold, keep, values }
    }

    fn script(&self) -> Value {
        let keep = if self.keep == 0 { 0 } else { self.keep + 1 };
        let config = format!(
            "[alerts]\nevery = \"1s\"\n[alert.r]\nkind = \"metric\"\nmetric = \"r\"\ngroup_by = [\"instance\"]\n\
             window = \"1m\"\nabove = 0.5\nfor = \"{}s\"\nkeep_firing_for = \"{keep}s\"\n",
            self.hold
        );
        let values: Vec<Value> =
            self.values.iter().enumerate().map(|(second, value)| json!([second, "r", "a", value])).collect();
        json!({"config": config, "until_s": STEPS - 1, "values": values, "states": true})
    }
}

/// The alerts that fire at each second are those of Prometheus.
///
/// # Errors
/// `trial` does not build.
pub fn run(bench: &Bench, folder: &Path, report: Report) -> Result<Report> {
    let tools = match Tools::find(&bench.cache) {
        Ok(tools) => tools,
        Err(error) => return Ok(report.skipped("Prometheus", &format!("{error:#}"))),
    };
    let mut random = Random::new(0x9e4d);
    let cases: Vec<Case> = (0..SERIES).map(|_| Case::random(&mut random)).collect();
    let scripts: Vec<Value> = cases.iter().map(Case::script).collect();
    let answers = Trial::build()?.ask("scripts", &scripts)?;
    let (mut rules, mut tests, mut fired) = (String::new(), Vec::new(), 0);
    for (number, (case, answer)) in cases.iter().zip(&answers).enumerate() {
        let keep = if case.keep == 0 { String::new() } else { format!("keep_firing_for: {}s, ", case.keep) };
        let _ = writeln!(
            rules,
            "    - {{alert: r{number}, expr: 'v{{case=\"{number}\"}} > 0.5', for: {}s, {keep}labels: {{}}}}",
            case.hold
        );
        let value = |value: &Option<f64>| value.map_or("stale".to_owned(), |value| value.to_string());
        let values: Vec<String> = case.values.iter().map(value).collect();
        let fires = |second: usize| {
            answer["states"]
                .as_array()
                .into_iter()
                .flatten()
                .any(|row| row[0] == second && row[3] == "firing")
        };
        let labels = json!({"case": number.to_string()});
        let seconds: Vec<Value> = (0..STEPS)
            .map(|second| {
                let expected = if fires(second) { vec![json!({"exp_labels": labels})] } else { Vec::new() };
                fired += expected.len();
                json!({"eval_time": format!("{second}s"), "alertname": format!("r{number}"), "exp_alerts": expected})
            })
            .collect();
        let series = format!("v{{case=\"{number}\"}}");
        let input = json!([{"series": series, "values": values.join(" ")}]);
        tests.push(json!({"interval": "1s", "input_series": input, "alert_rule_test": seconds}));
    }
    fs::write(
        folder.join("rules.yml"),
        format!("groups:\n- name: trial\n  interval: 1s\n  rules:\n{rules}"),
    )?;
    let file = json!({"rule_files": ["rules.yml"], "evaluation_interval": "1s", "tests": tests});
    fs::write(folder.join("tests.yml"), file.to_string())?;
    let mut command = Command::new(&tools.promtool);
    let (good, words) =
        prometheus::fed(command.args(["test", "rules", "tests.yml"]).current_dir(folder), b"")?;
    println!("        {SERIES} series, {fired} of {} seconds firing", SERIES * STEPS);
    let few = fired < SERIES * STEPS / 10;
    let mut wrong = Vec::new();
    if !good {
        wrong.push(words.chars().take(1_000).collect());
    }
    if few {
        wrong.push("too few seconds fire to prove something".to_owned());
    }
    Ok(report.judged("for and keep_firing_for as Prometheus", &wrong))
}
