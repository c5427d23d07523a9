//! Times every contender in turns, and prints one JSON document of figures.

use std::collections::BTreeMap;
use std::io::{Write, stdout};

use quipu_hot::{Contender, call, clock, contenders, metric, quipu, scale};
use serde_json::json;

/// Rounds in which each contender has one burst.
const ROUNDS: usize = 80;
/// Calls a burst: they fit in every contender's queue.
const BURST: usize = 1_000;

/// Nanoseconds a call at the middle and at the lower tenth of all bursts.
fn summary(times: &mut [f64]) -> serde_json::Value {
    times.sort_by(f64::total_cmp);
    let at = |part: usize| times.get(times.len() * part / 100).copied().unwrap_or_default();
    json!({ "p10": at(10), "median": at(50) })
}

/// CPU nanoseconds a call of one burst.
fn burst(contender: &mut dyn Contender, calls: &[call::Call]) -> f64 {
    let start = clock::thread();
    contender.burst(calls);
    (clock::thread() - start).as_nanos() as f64 / calls.len() as f64
}

fn main() -> std::io::Result<()> {
    let calls = call::calls(BURST);
    // Before there is any recorder, as where the library is switched off.
    let mut disabled: Vec<f64> = (0..ROUNDS).map(|_| burst(&mut quipu::Disabled, &calls)).collect();
    let mut spans = contenders();
    let mut pairs = metric::contenders();
    let mut times: BTreeMap<&'static str, Vec<f64>> = BTreeMap::new();
    // The first round warms caches, pools and queues and is not counted.
    for round in 0..=ROUNDS {
        let mut note = |name, each: f64| {
            if round > 0 {
                times.entry(name).or_default().push(each);
            }
        };
        for contender in &mut spans {
            note(contender.name(), burst(contender.as_mut(), &calls));
            contender.settle();
        }
        for pair in &mut pairs {
            let start = clock::thread();
            pair.burst(BURST);
            note(pair.name(), (clock::thread() - start).as_nanos() as f64 / BURST as f64);
        }
    }
    let mut figures: BTreeMap<_, _> =
        times.into_iter().map(|(name, mut times)| (name, summary(&mut times))).collect();
    figures.insert("quipu, disabled", summary(&mut disabled));
    figures.insert("dropped", json!(spans.iter().map(|contender| contender.dropped()).sum::<u64>()));
    figures.insert("threads", scale::figures());
    writeln!(stdout(), "{}", json!(figures))
}
