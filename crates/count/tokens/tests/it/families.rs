//! Tests of the approximations against public vocabularies.

use quipu_tokens::tokens;

/// A model, and its vocabulary in the `tiktoken` crate.
const PUBLIC: &[(&str, &str)] = &[
    ("llama-3.3-70b-instruct", "llama3"),
    ("mistral-large-latest", "mistral_v3"),
    ("deepseek-chat", "deepseek_v3"),
    ("qwen3-235b-a22b", "qwen2"),
    ("kimi-k2-instruct", "kimi_k2"),
    ("glm-4.6", "glm4"),
    ("minimax-m2", "minimax_m2"),
];

/// Texts by their kind: languages, prose, code, data.
fn texts() -> Vec<(String, String)> {
    let languages: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(include_str!("../data/languages.json")).unwrap();
    let mut texts: Vec<(String, String)> = languages
        .into_iter()
        .filter(|(name, _)| name != "source")
        .map(|(name, text)| (name, text.as_str().unwrap().to_owned()))
        .collect();
    for (name, text) in [
        ("Markdown", include_str!("../../../../../docs/guide/library.md")),
        ("Rust", include_str!("../../src/images.rs")),
        ("Python", include_str!("../data/make_recorded.py")),
        ("TOML", include_str!("../../../../../Cargo.toml")),
        ("JSON", &include_str!("../data/recorded.json")[..60_000]),
    ] {
        texts.push((name.to_owned(), text.to_owned()));
    }
    texts
}

#[test]
fn every_kind_of_text_is_within_the_stated_bounds() {
    let mut outside = Vec::new();
    for (model, vocabulary) in PUBLIC {
        let truth = tiktoken::get_encoding(vocabulary).unwrap();
        for (kind, text) in texts() {
            let estimate = tokens(&text, model);
            assert!(!estimate.exact);
            let counted = truth.count(&text) as u64;
            let error = (estimate.expected as f64 / counted as f64 - 1.0) * 100.0;
            println!(
                "| {model} | {kind} | {counted} | {} | {} | {} | {error:+.0} % |",
                estimate.low, estimate.expected, estimate.high
            );
            if counted < estimate.low || counted > estimate.high {
                outside.push(format!("{model}, {kind}: {counted} is not within {estimate:?}"));
            }
        }
    }
    assert!(outside.is_empty(), "{}", outside.join("\n"));
}
