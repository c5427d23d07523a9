//! The test writer: an agent that writes tests twice a day and sends its own counts, as Quipu's library does.

use std::sync::Arc;

use quipu::core::{
    Attributes, Batch, Bucket, Instrument, Metric, Point, PointValue, Resource, Scope, Temporality, Timestamp,
};
use serde_json::json;

use super::super::dice::Dice;
use super::run::{Call, Origin, Run, said};

const AGENT: &str = "test-writer";
/// Language, module, and coverage in percent at the start of the demo.
const MODULES: [(&str, &str, i64); 4] = [
    ("rust", "billing/src/invoice.rs", 71),
    ("typescript", "web/src/basket.ts", 64),
    ("python", "forecast/demand.py", 58),
    ("rust", "orders/src/refund.rs", 74),
];
const ORIGIN: Origin =
    Origin { service: "test-writer", environment: "staging", version: "1.3.0", scope: "quipu" };

/// One run that writes tests; `day` counts the days since the start of the demo.
pub(super) fn write(day: i64, at: Timestamp, dice: Dice) -> Batch {
    let mut dice = dice;
    let (language, module, coverage) = *dice.of(&MODULES);
    let written = dice.between(4, 14);
    let failed = dice.between(0, 2).min(written);
    let coverage = (coverage + day + dice.between(0, 3)).min(96) as f64 / 100.0;
    let mut run = Run::new(&ORIGIN, dice, vec![("user.id", "radia.perlman".to_owned())]);
    run.agent(AGENT, |run| {
        run.about_agent("quipu.tests.language", language);
        run.about_agent("quipu.tests.generated", written);
        run.about_agent("quipu.tests.passed", written - failed);
        run.about_agent("quipu.tests.failed", failed);
        run.about_agent("quipu.tests.coverage", coverage);
        let call = draft(run, language, module, written);
        run.call(&call);
        let result =
            format!("{} passed, {failed} failed; line coverage {:.0} %", written - failed, coverage * 100.0);
        let ms = run.dice.between(4_000, 19_000);
        run.tool("run_tests", &json!({"language": language, "module": module}), &result, ms);
    });
    let seconds = run.seconds();
    let mut batch = run.finish(at);
    batch.metrics = counts(language, [written, written - failed, failed], coverage, seconds, at);
    batch
}

fn draft(run: &mut Run, language: &str, module: &str, written: i64) -> Call {
    Call {
        provider: "anthropic",
        model: "claude-sonnet-4-5",
        input: run.dice.between(3_000, 9_000),
        cached: 0,
        output: written * run.dice.between(70, 120),
        ms: run.dice.between(6_000, 15_000),
        first_ms: None,
        asked: vec![
            said("system", "You write unit tests. Cover the error paths."),
            said("user", &format!("Write {language} tests for {module}.")),
        ],
        answer: said("assistant", &format!("I wrote {written} tests for {module}.")),
        finish: "stop",
    }
}

/// The metrics of a run: deltas of its counters, its coverage and its duration.
fn counts(
    language: &'static str,
    [written, passed, failed]: [i64; 3],
    coverage: f64,
    seconds: f64,
    at: Timestamp,
) -> Vec<Metric> {
    let agent = [("agent", AGENT)];
    let by_language = [("agent", AGENT), ("language", language)];
    let run = [("agent", AGENT), ("status", "ok")];
    let count = |value: i64| (Instrument::Counter, PointValue::Number(value as f64));
    let share = (Instrument::Gauge, PointValue::Number(coverage));
    vec![
        metric("quipu.test_generation.runs", "{run}", count(1), &run, at),
        metric("quipu.test_generation.generated", "{test}", count(written), &by_language, at),
        metric("quipu.test_generation.passed", "{test}", count(passed), &by_language, at),
        metric("quipu.test_generation.failed", "{test}", count(failed), &by_language, at),
        metric("quipu.test_generation.coverage", "1", share, &agent, at),
        metric("quipu.test_generation.duration", "s", (Instrument::Histogram, one(seconds)), &run, at),
    ]
}

/// A distribution of one duration.
fn one(seconds: f64) -> PointValue {
    let bounds = [5.0, 10.0, 20.0, 30.0, 60.0, f64::INFINITY];
    let mut below = 0.0;
    let buckets = bounds.map(|upper| {
        let count = u64::from(below < seconds && seconds <= upper);
        below = upper;
        Bucket { upper, count }
    });
    PointValue::Distribution {
        count: 1,
        sum: seconds,
        min: Some(seconds),
        max: Some(seconds),
        buckets: buckets.into(),
        quantiles: Vec::new(),
    }
}

fn metric(
    name: &str,
    unit: &str,
    (instrument, value): (Instrument, PointValue),
    labels: &[(&'static str, &'static str)],
    at: Timestamp,
) -> Metric {
    let mut attributes = Attributes::new();
    labels.iter().for_each(|(key, value)| attributes.push(*key, *value));
    let mut resource = Resource::default();
    resource.attributes.push("service.name", ORIGIN.service);
    Metric {
        name: name.into(),
        unit: unit.into(),
        description: String::new(),
        instrument,
        temporality: if instrument == Instrument::Gauge {
            Temporality::Unspecified
        } else {
            Temporality::Delta
        },
        points: vec![Point { time: at, start: None, attributes, value, exemplars: Vec::new(), wire: None }],
        resource: Arc::new(resource),
        scope: Arc::new(Scope { name: "quipu".into(), ..Scope::default() }),
    }
}
