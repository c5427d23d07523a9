//! JSON lines for programs.

use quipu_backend_console::{Config, Format};
use quipu_conformance::sample::{at, batch, counter, draft, event, priced};
use quipu_core::{Batch, Level};
use serde_json::{Value, json};

use crate::shared::shown;

fn parsed(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn config() -> Config {
    Config { format: Format::Json, ..Config::default() }
}

#[tokio::test]
async fn one_object_a_line_in_the_words_of_the_http_interface() {
    let call = draft(1, 2).below(1).llm("gpt-5", 120, 22).with("gen_ai.input.messages", "SECRET").span();
    let earlier = draft(9, 9).llm("gpt-5", 1, 1).span();
    let mut batch = batch([call.clone()], [priced(&call, "0.0042"), priced(&earlier, "0.1")]);
    batch.events =
        vec![event(at(1), Level::Info, "a", "b\u{9b}31m"), event(at(1), Level::Debug, "below", "the level")];
    batch.metrics = vec![counter("calls", "a", &[(at(1), 1.0)])];
    let text = shown(config(), batch.clone()).await;
    assert!(!text.contains("SECRET") && !text.chars().any(|c| c.is_control() && c != '\n'), "{text}");
    let lines = parsed(&text);
    assert_eq!(lines.len(), 3);
    let of = |number: usize, key: &str| lines[number][key].clone();
    assert_eq!(
        (of(0, "record"), of(0, "kind"), of(0, "cost_usd")),
        (json!("span"), json!("llm"), json!("0.0042"))
    );
    assert_eq!((of(0, "tokens")["input"].clone(), of(0, "counted")), (json!(120), json!(true)));
    assert_eq!((of(1, "record"), of(1, "body")), (json!("event"), json!("b\u{9b}31m")));
    assert_eq!(
        (of(2, "record"), of(2, "cost_usd")),
        (json!("cost"), json!("0.1")),
        "a correction of an earlier span"
    );

    let text = shown(Config { contents: true, metrics: true, ..config() }, batch).await;
    assert!(text.contains("SECRET"));
    assert_eq!(parsed(&text).len(), 4);
}

#[tokio::test]
async fn nothing_shows_of_an_empty_batch() {
    assert_eq!(shown(config(), Batch::default()).await, "");
}
