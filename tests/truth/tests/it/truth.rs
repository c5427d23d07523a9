//! Tests of recordings: each gives the served totals for every delivery, alone and among the others.

use quipu_core::Tokens;

use crate::compare::{differences, reachable, runs};
use crate::cuts::{apart, hours, moved, shuffled};
use crate::found::Found;
use crate::recording::{ALL, Recording};
use crate::store::Fed;
use crate::unsent::excused;

const SEEDS: [u64; 3] = [1, 2, 3];
/// Number of spans of a recording that a full hour is moved into, one at a time.
const HOURS: usize = 4;

/// Differences of a recording: from the truth, and between ways to deliver it.
fn judge(recording: &Recording) -> (Found, Vec<String>, Vec<String>) {
    let fed = Fed::with(recording.batches());
    let found = Found::of(&fed);
    let (lacking, mut wrong) = excused(&recording.name, differences(&recording.want, &found));
    let ledger = fed.ledger();
    fed.feed(recording.batches());
    if Found::of(&fed) != found || fed.ledger() != ledger {
        wrong.push(format!("sent twice it comes to something else: {}", told(&Found::of(&fed))));
    }
    let backwards = Fed::with(apart(&recording.batches()).into_iter().rev());
    if Found::of(&backwards) != found {
        wrong.push(format!("one by one, backwards: {}", told(&Found::of(&backwards))));
    }
    for shift in hours(&recording.batches(), HOURS) {
        let later = Found::of(&Fed::with(moved(recording.batches(), shift)));
        if later != found {
            wrong.push(format!("{shift} ns later, over a full hour: {}", told(&later)));
        }
    }
    for seed in SEEDS {
        let requests = Fed::with(shuffled(recording.batches(), seed));
        if Found::of(&requests) != found {
            wrong.push(format!("requests shuffled by {seed}: {}", told(&Found::of(&requests))));
        }
        let parts = Fed::with(shuffled(apart(&recording.batches()), seed));
        if Found::of(&parts) != found {
            wrong.push(format!("one by one, shuffled by {seed}: {}", told(&Found::of(&parts))));
        }
    }
    (found, lacking, wrong)
}

fn told(found: &Found) -> String {
    let Tokens { input, output, cache_read, cache_write, reasoning } = found.tokens;
    format!(
        "{input}/{output} ({cache_read} {cache_write} {reasoning}), {} calls, {} runs, {:?} {:?} {:?}",
        found.calls,
        found.runs(),
        found.agents,
        found.sessions,
        found.users
    )
}

fn row(recording: &Recording, found: &Found, lacking: &[String], wrong: &[String]) -> String {
    let want = &recording.want;
    let of =
        |have: u64, best: Option<u64>| format!("{have}/{}", best.map_or("?".to_owned(), |n| n.to_string()));
    let calls = |name: &str| want[name].as_u64().unwrap();
    let verdict = match (wrong.is_empty(), lacking.is_empty()) {
        (true, true) => "exact".to_owned(),
        (true, false) => format!("exact but for what is not sent: {}", lacking.join("; ")),
        (false, _) => format!("WRONG {}", wrong.join("; ")),
    };
    format!(
        "{:<32} {:>11} {:>9} {:>9} {:>7} {:>7} {:>10} {:>6}  {verdict}",
        recording.name,
        of(found.tokens.input, reachable(want, "input")),
        of(found.tokens.output, reachable(want, "output")),
        of(found.tokens.cache_read, want["tokens"]["cache_read"].as_u64()),
        of(found.tokens.cache_write, want["tokens"]["cache_write"].as_u64()),
        of(found.tokens.reasoning, want["tokens"]["reasoning"].as_u64()),
        format!("{}/{}+{}f", found.calls, calls("llm_calls_ok"), calls("llm_calls_failed")),
        of(found.runs(), Some(runs(want))),
    )
}

#[test]
fn recordings_come_to_what_was_served() {
    println!(
        "{:<32} {:>11} {:>9} {:>9} {:>7} {:>7} {:>10} {:>6}",
        "recording (have/want)", "input", "output", "cached", "written", "reason", "calls", "tools"
    );
    let mut failures = Vec::new();
    for recording in &*ALL {
        let (found, lacking, wrong) = judge(recording);
        println!("{}", row(recording, &found, &lacking, &wrong));
        if !wrong.is_empty() {
            failures.push(format!("{}: {}", recording.name, wrong.join("; ")));
        }
    }
    assert!(failures.is_empty(), "{} of {} are off\n{}", failures.len(), ALL.len(), failures.join("\n"));
}

#[test]
fn all_in_one_store_add_up() {
    let mut sum = (Tokens::default(), 0, 0);
    for recording in &*ALL {
        let found = Found::of(&Fed::with(recording.batches()));
        sum = (sum.0.plus(&found.tokens), sum.1 + found.calls, sum.2 + found.runs());
    }
    let everything: Vec<_> = ALL.iter().flat_map(Recording::batches).collect();
    let totals = |fed: &Fed| {
        let found = Found::of(fed);
        (found.tokens, found.calls, found.runs())
    };
    assert_eq!(totals(&Fed::with(everything.clone())), sum, "in the order of names");
    assert_eq!(totals(&Fed::with(shuffled(apart(&everything), 4))), sum, "one by one, shuffled");
}
