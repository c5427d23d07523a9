//! Tests of models, images, custom tokenizers, and money.

use std::sync::Arc;

use quipu_core::{
    Message, Part, PriceAnswer, PriceBook, PriceRef, PriceRequest, Role, Timestamp, Tokenizer, Unpriced, Usd,
    Value,
};
use quipu_tokens::{
    Ask, DEFAULT_OUTPUT, Detail, Encoding, Estimator, Input, Size, encoding_of, image_tokens, input, size_of,
    tokens,
};
use serde_json::json;

/// One cent per input token, two per output token.
struct Cents;

impl PriceBook for Cents {
    fn price(&self, request: &PriceRequest<'_>) -> Result<PriceAnswer, Unpriced> {
        if request.model == "nobody" {
            return Err(Unpriced::UnknownModel);
        }
        let input = Usd::cents(1).times(request.usage.input.unwrap_or(0));
        let output = Usd::cents(2).times(request.usage.output.unwrap_or(0));
        let rule = PriceRef { source: "cents".into(), version: "1".into(), id: request.model.into() };
        Ok(PriceAnswer {
            total: input + output,
            input,
            output,
            lines: Vec::new(),
            rule,
            fallbacks: Vec::new(),
        })
    }
}

/// One token per character, with an error of a tenth.
struct Characters;

impl Tokenizer for Characters {
    fn knows(&self, model: &str) -> bool {
        model.starts_with("house-")
    }

    fn count(&self, text: &str) -> usize {
        text.chars().count()
    }

    fn error_bound(&self) -> f64 {
        0.1
    }
}

#[test]
fn models_of_openai_by_all_of_their_names() {
    for (name, encoding) in [
        ("gpt-4o", "o200k_base"),
        ("openai/gpt-4o-mini", "o200k_base"),
        ("ft:gpt-4o-mini-2024-07-18:acme::abc", "o200k_base"),
        ("ft:gpt-4:acme::abc", "cl100k_base"),
        ("ft:gpt-3.5-turbo-0125:acme::abc", "cl100k_base"),
        ("azure/gpt-35-turbo-16k", "cl100k_base"),
        ("GPT-4-32k", "cl100k_base"),
        ("gpt-5.6-luna", "o200k_base"),
        ("o4-mini-2025-04-16", "o200k_base"),
        ("openai.gpt-oss-120b-1:0", "o200k_harmony"),
        ("text-embedding-3-large", "cl100k_base"),
        ("text-davinci-003", "p50k_base"),
        ("text-davinci-edit-001", "p50k_edit"),
        ("davinci", "r50k_base"),
        ("gpt2", "gpt2"),
    ] {
        assert_eq!(encoding_of(name).map(Encoding::name), Some(encoding), "{name}");
    }
    for name in ["claude-sonnet-4-5", "gemini-2.5-pro", "mistral-large", "", "o9", "house-1"] {
        assert_eq!(encoding_of(name), None, "{name}");
    }
}

#[test]
fn framing_is_that_of_the_cookbook() {
    // Example messages of https://cookbook.openai.com/examples/how_to_count_tokens_with_tiktoken, with the
    // counts of the API.
    let messages = json!({"messages": [
        {"role": "system", "content": "You are a helpful, pattern-following assistant that translates corporate jargon into plain English."},
        {"role": "system", "name": "example_user", "content": "New synergies will help drive top-line growth."},
        {"role": "system", "name": "example_assistant", "content": "Things working well together will increase revenue."},
        {"role": "system", "name": "example_user", "content": "Let's circle back when we have more bandwidth to touch base on opportunities for increased leverage."},
        {"role": "system", "name": "example_assistant", "content": "Let's talk later when we're less busy about how to do better."},
        {"role": "user", "content": "This late pivot means we don't have time to boil the ocean for the client deliverable."},
    ]});
    for (model, counted) in
        [("gpt-3.5-turbo", 129), ("gpt-4-0613", 129), ("gpt-4", 129), ("gpt-4o", 124), ("gpt-4o-mini", 124)]
    {
        assert_eq!(input(Input::Json(&messages), model).expected, counted, "{model}");
    }
}

#[test]
fn messages_and_bodies_come_to_the_same() {
    let text =
        |role, text: &str| Message { role, parts: vec![Part::Text(text.to_owned())], finish_reason: None };
    let messages = [text(Role::System, "Be brief."), text(Role::User, "What is the capital of France?")];
    let body = json!({"messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": [{"type": "text", "text": "What is the capital of France?"}]}]});
    for model in ["gpt-4o", "claude-sonnet-4-5", "gemini-2.5-flash", "nobody"] {
        assert_eq!(input(Input::Messages(&messages), model), input(Input::Json(&body), model), "{model}");
    }
}

#[test]
fn a_picture_in_a_message_is_no_text() {
    let uri = Value::Map(vec![
        ("modality".into(), "image".into()),
        ("uri".into(), "https://example.com/a.png".into()),
    ]);
    let message = Message {
        role: Role::User,
        parts: vec![Part::Other { kind: "uri".to_owned(), value: uri }],
        finish_reason: None,
    };
    let estimate = input(Input::Messages(&[message]), "gpt-4o");
    assert!(!estimate.exact && estimate.low >= 85 && estimate.high < 2_000, "{estimate:?}");
}

#[test]
fn pictures_by_the_rules_of_providers() {
    let of = |model: &str, width, height, detail| image_tokens(model, Some(Size { width, height }), detail).1;
    // Examples of OpenAI's documentation.
    assert_eq!(of("gpt-4o", 1_024, 1_024, Detail::High), 765);
    assert_eq!(of("gpt-4o", 2_048, 4_096, Detail::High), 1_105);
    assert_eq!(of("gpt-4o", 4_096, 8_192, Detail::Low), 85);
    assert_eq!(of("gpt-4.1-mini", 1_024, 1_024, Detail::High), 1_659);
    assert_eq!(of("gpt-4.1-mini", 1_800, 2_400, Detail::High), 2_353);
    // Examples of Anthropic's documentation.
    assert_eq!(of("claude-sonnet-4-5", 200, 200, Detail::High), 54);
    assert_eq!(of("claude-sonnet-4-5", 1_000, 1_000, Detail::High), 1_334);
    assert_eq!(of("claude-sonnet-4-5", 8_000, 8_000, Detail::High), 1_600);
    // Examples of Google's documentation: 258 for a small image; 960 by 540 are six tiles.
    assert_eq!(of("gemini-2.5-flash", 384, 384, Detail::High), 258);
    assert_eq!(of("gemini-2.5-flash", 960, 540, Detail::High), 6 * 258);
}

#[test]
fn sizes_of_files() {
    let png =
        [&[0x89, b'P', b'N', b'G', 13, 10, 26, 10, 0, 0, 0, 13][..], b"IHDR", &[0, 0, 4, 0, 0, 0, 3, 0]]
            .concat();
    assert_eq!(size_of(&png), Some(Size { width: 1_024, height: 768 }));
    assert_eq!(size_of(b"GIF89a\x40\x01\xf0\x00"), Some(Size { width: 320, height: 240 }));
    let jpeg =
        [&[0xFF, 0xD8, 0xFF, 0xE0, 0, 4, 0, 0, 0xFF, 0xC0, 0, 11, 8, 2, 0, 3, 0][..], &[0; 8]].concat();
    assert_eq!(size_of(&jpeg), Some(Size { width: 768, height: 512 }));
    for broken in
        [&b""[..], b"\xFF\xD8", b"\xFF\xD8\xFF\xFF\xFF", b"\x89PNG", b"RIFF\0\0\0\0WEBPVP8X", b"GIF8"]
    {
        assert_eq!(size_of(broken), None);
    }
}

#[test]
fn a_tokenizer_of_ones_own_registers_in_one_line() {
    let estimator = Estimator::new(Arc::new(Cents)).tokenizer(Characters);
    let estimate = estimator.tokens("house-1", "twenty characters ok");
    assert_eq!((estimate.low, estimate.expected, estimate.high, estimate.exact), (18, 20, 22, false));
    assert!(estimator.tokens("gpt-4o", "hello world").exact);
}

#[test]
fn money_is_low_expected_and_high() {
    let estimator = Estimator::new(Arc::new(Cents));
    let at = Timestamp::from_nanos(0);
    let ask = Ask { at, ..Ask::new("gpt-4o", "hello world").expected_output(10).max_output(100) };
    let estimate = estimator.estimate(&ask);
    let spread = estimate.cost.unwrap();
    assert_eq!((spread.low, spread.expected, spread.high), (Usd::cents(12), Usd::cents(22), Usd::cents(202)));
    let unknown = estimator.estimate(&Ask::new("nobody", "hello"));
    assert_eq!(unknown.cost, Err(Unpriced::UnknownModel));
}

#[test]
fn output_is_what_is_known_of_it() {
    let estimator = Estimator::new(Arc::new(Cents));
    let of = |ask: Ask<'_>| {
        let output = estimator.estimate(&ask).output;
        (output.low, output.expected, output.high)
    };
    assert_eq!(of(Ask::new("gpt-4o", "x")), DEFAULT_OUTPUT);
    assert_eq!(of(Ask::new("gpt-4o", "x").expected_output(100)), (50, 100, 200));
    assert_eq!(of(Ask::new("gpt-4o", "x").expected_output(100).max_output(80)), (50, 80, 80));
    assert_eq!(of(Ask::new("gpt-4o", "x").max_output(1_000)), (50, 1_000, 1_000));
    assert_eq!(of(Ask::new("gpt-4o", &json!({"messages": [], "max_tokens": 30, "n": 2}))), (50, 60, 60));
    assert_eq!(of(Ask::new("text-embedding-3-small", "x")), (0, 0, 0));
}

#[test]
fn odd_bodies_are_no_trouble() {
    let deep = (0..100).fold(json!("deep"), |inner, _| json!({"content": [inner]}));
    for body in [
        json!(null),
        json!([]),
        json!("text"),
        json!({"messages": 5}),
        json!({"messages": [null, 1, [], {"role": 7, "content": {"x": 1}}]}),
        json!({"messages": [deep.clone()]}),
        json!({"input": [[1, 2, 3], [4]]}),
        json!({"tools": [1, {"function": null}, {"functionDeclarations": 3}]}),
        json!({"contents": {"parts": [{"inlineData": {"mimeType": "image/png", "data": "!!!"}}]}}),
    ] {
        for model in ["gpt-4o", "claude-3-opus", "text-embedding-3-small", "\u{0}"] {
            let estimate = input(Input::Json(&body), model);
            assert!(
                estimate.low <= estimate.expected && estimate.expected <= estimate.high,
                "{body} {estimate:?}"
            );
        }
    }
}

#[test]
fn nothing_that_is_approximated_is_called_exact() {
    for model in ["claude-opus-4-7", "gemini-3-pro", "llama-3.3-70b", "grok-4", "gpt-7"] {
        let estimate = tokens("The quick brown fox jumps over the lazy dog.", model);
        assert!(
            !estimate.exact && estimate.low < estimate.expected && estimate.expected < estimate.high,
            "{model} {estimate:?}"
        );
    }
}
