//! Tests of estimates against the counts of providers in public recordings.

use std::collections::BTreeMap;

use quipu_tokens::{Input, input};
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
struct Case {
    source: String,
    model: String,
    input_tokens: u64,
    request: Value,
}

/// Group of a case: its family, and whether it has tools.
fn group(case: &Case) -> String {
    let family = match case.model.as_str() {
        model if model.starts_with("text-embedding") => "OpenAI, embeddings",
        model if model.starts_with("gpt-4") => "GPT-4, GPT-4o",
        model if model.starts_with("gpt-5") => "GPT-5 to GPT-5.6",
        model if model.starts_with("gpt-") => "a newer GPT",
        model if model.starts_with("claude") => "Claude",
        _ => "Gemini",
    };
    let tools = if case.request.get("tools").is_some() { ", tools" } else { "" };
    format!("{family}{tools}")
}

#[derive(Default)]
struct Group {
    errors: Vec<f64>,
    within: usize,
}

/// Prints the table of `docs/guide/estimates.md`.
#[test]
fn the_error_table() {
    let cases: Vec<Case> = serde_json::from_str(include_str!("../data/recorded.json")).unwrap();
    let mut groups: BTreeMap<String, Group> = BTreeMap::new();
    let mut outside = Vec::new();
    for case in &cases {
        let estimate = input(Input::Json(&case.request), &case.model);
        let into = groups.entry(group(case)).or_default();
        into.errors.push((estimate.expected as f64 / case.input_tokens as f64 - 1.0).abs() * 100.0);
        if (estimate.low..=estimate.high).contains(&case.input_tokens) {
            into.within += 1;
        } else {
            outside.push(format!(
                "{} ({}): {} is not in {estimate:?}",
                case.source, case.model, case.input_tokens
            ));
        }
    }
    println!(
        "| model | requests | median error | 9 in 10 within | worst | within low and high |\n|---|---:|---:|---:|---:|---:|"
    );
    for (name, group) in &mut groups {
        group.errors.sort_by(f64::total_cmp);
        let at = |part: f64| group.errors[((group.errors.len() as f64 * part).ceil() as usize).max(1) - 1];
        let (count, within) = (group.errors.len(), group.within);
        println!("| {name} | {count} | {:.1} % | {:.1} % | {:.1} % | {within} |", at(0.5), at(0.9), at(1.0));
    }
    println!("outside:\n{}", outside.join("\n"));
    assert!(cases.len() > 120);
    assert!(outside.len() * 25 <= cases.len(), "{} of {} are outside", outside.len(), cases.len());
    assert_eq!(groups["OpenAI, embeddings"].errors.last(), Some(&0.0));
}
