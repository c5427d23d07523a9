//! Tests against the answers of the genai-prices package, exact to the last digit.

use std::collections::BTreeMap;
use std::path::PathBuf;

use compact_str::CompactString;
use quipu_core::{PriceBook, PriceRequest, Usage, Usd};
use quipu_prices::Books;
use serde::Deserialize;

#[derive(Deserialize)]
struct Case {
    provider: Option<String>,
    model: String,
    at: String,
    context: BTreeMap<CompactString, CompactString>,
    usage: BTreeMap<String, u64>,
    expect: Expect,
}

#[derive(Deserialize)]
struct Expect {
    total_usd: String,
    input_usd: String,
    output_usd: String,
    matched_model: String,
}

fn check(case: &Case) -> Result<(), String> {
    let part = |name: &str| case.usage.get(name).copied();
    let usage = Usage {
        input: part("input_tokens"),
        output: part("output_tokens"),
        cache_read: part("cache_read_tokens"),
        cache_write: part("cache_write_tokens"),
        cache_write_1h: part("cache_write_1h_tokens"),
        input_audio: part("input_audio_tokens"),
        output_audio: part("output_audio_tokens"),
        reasoning: part("reasoning_tokens"),
        ..Usage::default()
    };
    let own = ["input_tokens", "output_tokens", "reasoning_tokens"];
    let others = case.usage.iter().filter(|(name, _)| !own.contains(&name.as_str()));
    let answer = Books::vendored()
        .price(&PriceRequest {
            provider: case.provider.as_deref(),
            model: &case.model,
            at: case.at.parse().map_err(|error| format!("{error}"))?,
            context: case.context.clone(),
            usage: &usage,
            units: others.map(|(name, count)| (name.as_str().into(), *count)).collect(),
            duration: None,
        })
        .map_err(|why| format!("{why:?}"))?;
    let money = |text: &str| text.parse::<Usd>().map_err(|error| format!("{error}"));
    let expected =
        (money(&case.expect.total_usd)?, money(&case.expect.input_usd)?, money(&case.expect.output_usd)?);
    let given = (answer.total, answer.input, answer.output);
    if given != expected {
        return Err(format!("{given:?} where {expected:?} is right: {answer:?}"));
    }
    if !answer.rule.id.ends_with(&case.expect.matched_model) || answer.rule.source != "genai-prices" {
        return Err(format!("rule {} where {} is right", answer.rule.id, case.expect.matched_model));
    }
    Ok(())
}

/// `QUIPU_PRICE_CASES` names another file of cases.
#[test]
fn every_case_is_exact() {
    let fixtures = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../tests/fixtures/price-cases.json");
    let file = std::env::var_os("QUIPU_PRICE_CASES").map_or(fixtures, PathBuf::from);
    let cases: Vec<Case> = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    let wrong: Vec<String> = cases
        .iter()
        .filter_map(|case| {
            let error = check(case).err()?;
            Some(format!("{:?} {} {} {:?}: {error}", case.provider, case.model, case.at, case.usage))
        })
        .collect();
    assert!(cases.len() > 1_000);
    assert!(
        wrong.is_empty(),
        "{} of {}:\n{}",
        wrong.len(),
        cases.len(),
        wrong[..wrong.len().min(20)].join("\n")
    );
}
