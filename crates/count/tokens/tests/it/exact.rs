//! Tests of exact counts against OpenAI's own `tiktoken`.

use quipu_tokens::{Encoding, tokens};
use serde_json::Value;

fn cases() -> Value {
    serde_json::from_str(include_str!("../data/tiktoken.json")).unwrap()
}

#[test]
fn every_case_has_the_count_of_tiktoken() {
    let cases = cases();
    let names: Vec<&str> =
        cases["encodings"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
    let list = cases["cases"].as_array().unwrap();
    assert!(list.len() > 700);
    let mut wrong = Vec::new();
    for case in list {
        let text = case[0].as_str().unwrap();
        for (at, name) in names.iter().enumerate() {
            let counted = Encoding::by_name(name).unwrap().count(text);
            if Some(counted) != case[at + 1].as_u64() {
                wrong.push(format!("{name}: {text:?} has {} tokens, counted {counted}", case[at + 1]));
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn all_cases_in_one_text_are_counted_as_exactly() {
    // Longer than the limit of a run, so the text is searched for long runs; it has none.
    let cases = cases();
    let list = cases["cases"].as_array().unwrap();
    let separated: String = list.iter().map(|case| format!("{}\n0x0\n", case[0].as_str().unwrap())).collect();
    assert!(separated.len() > Encoding::RUN_LIMIT);
    let whole = tokens(&separated, "gpt-4o");
    assert!(whole.exact, "{whole:?}");
    assert_eq!((whole.low, whole.high), (whole.expected, whole.expected));
}

#[test]
fn encodings_that_differ_in_special_tokens_count_alike() {
    let text = "<|start|>user<|message|>hello<|end|>";
    assert_eq!(Encoding::O200kHarmony.count(text), Encoding::O200kBase.count(text));
    assert_eq!(Encoding::P50kEdit.count(text), Encoding::P50kBase.count(text));
    assert_eq!(Encoding::Gpt2.count(text), Encoding::R50kBase.count(text));
}

#[test]
fn a_special_token_is_text() {
    assert!(tokens("<|endoftext|>", "gpt-4o").expected > 1);
}
