//! No record can change the state of the terminal.

use proptest::prelude::*;
use quipu_backend_console::{Config, Format};
use quipu_conformance::sample::{at, batch, draft, event};
use quipu_core::{Level, Value};

use crate::shared::shown;

/// The same hostile text in every field from outside.
fn hostile(text: &str) -> quipu_core::Batch {
    let span = draft(1, 1)
        .named(text)
        .agent(text)
        .llm(text, 1, 1)
        .failed(text)
        .with("gen_ai.input.messages", text)
        .with(text, Value::Map(vec![(text.into(), Value::Array(vec![text.into()]))]))
        .span();
    let mut all = batch([span], []);
    let mut note = event(at(1), Level::Error, text, text);
    note.attributes.push(text, text);
    all.events = vec![note];
    all
}

fn harmless(text: &str) -> bool {
    let turns =
        |c: char| matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    !text.chars().any(|c| (c.is_control() && c != '\n') || turns(c))
}

fn run(config: Config, text: &str) -> String {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(shown(config, hostile(text)))
}

#[test]
fn escapes_bells_and_turns_are_shown_not_obeyed() {
    let text = "\u{1b}[2J\u{1b}]0;title\u{7}\r\nforged line\u{9b}31m\u{202e}\u{200b}\u{7f}";
    let shown = run(Config { contents: true, ..Config::default() }, text);
    assert!(harmless(&shown), "{shown:?}");
    assert!(
        shown.contains(r"\u{1b}[2J\u{1b}]0;title\u{7}\r\nforged line\u{9b}31m\u{202e}\u{200b}\u{7f}"),
        "{shown}"
    );
    assert_eq!(shown.lines().count(), 3, "span, its content, event: {shown}");
}

#[test]
fn a_mebibyte_is_cut() {
    let text = "é".repeat(600_000);
    assert!(run(Config { contents: true, ..Config::default() }, &text).len() < 40_000);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn nothing_gets_through(text in "\\PC*|[\\x00-\\xff\u{2000}-\u{2070}]{0,40}") {
        for contents in [false, true] {
            let pretty = run(Config { contents, ..Config::default() }, &text);
            prop_assert!(harmless(&pretty), "{:?}", pretty);
            let json = run(Config { contents, format: Format::Json, ..Config::default() }, &text);
            prop_assert_eq!(json.lines().count(), 2);
            prop_assert!(!json.chars().any(|c| c.is_control() && c != '\n'), "{:?}", json);
        }
    }
}
