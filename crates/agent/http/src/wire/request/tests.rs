//! Tests of requests to models.

use super::*;

#[test]
fn parameters_are_read_in_every_shape() {
    let chat = Endpoint::find("api.openai.com", "/v1/chat/completions").unwrap();
    let body =
        br#"{"model":"gpt-5","stream":true,"temperature":0.5,"max_completion_tokens":100,"n":2,"seed":-7,
        "reasoning_effort":"low","tools":[{},{}],"messages":[{"role":"user","content":"hi"}]}"#;
    let request = Request::read(&chat, body, false).unwrap();
    assert_eq!((request.model.as_deref(), request.stream), (Some("gpt-5"), true));
    assert_eq!((request.temperature, request.max_tokens, request.tools), (Some(0.5), Some(100), Some(2)));
    assert_eq!((request.choices, request.seed), (Some(2), Some(-7)));
    assert_eq!(request.reasoning_level.as_deref(), Some("low"));
    assert!(request.has("messages") && request.said.is_none());

    let gemini = Endpoint::find("localhost", "/v1beta/models/gemini-3:streamGenerateContent").unwrap();
    let body = br#"{"contents":[],"generationConfig":{"temperature":1,"maxOutputTokens":5,"topK":40},
        "tools":[{"functionDeclarations":[{},{},{}]},{"googleSearch":{}}]}"#;
    let request = Request::read(&gemini, body, false).unwrap();
    assert_eq!((request.model.as_deref(), request.stream), (Some("gemini-3"), true));
    assert_eq!((request.temperature, request.max_tokens, request.top_k), (Some(1.0), Some(5), Some(40.0)));
    assert_eq!(request.tools, Some(4));
    assert_eq!(Request::read(&gemini, b"[]", false), None);
    assert_eq!(Request::read(&gemini, b"\xff", false), None);
}

fn chat(body: &str) -> Request {
    let chat = Endpoint::find("localhost", "/v1/chat/completions").unwrap();
    Request::read(&chat, body.as_bytes(), false).unwrap()
}

#[test]
fn the_largest_limit_counts_for_each_answer_to_each_prompt() {
    for (body, most, answers) in [
        (r#"{"max_tokens":5,"max_completion_tokens":70}"#, Some(70), 1),
        (r#"{"max_tokens":"70","n":2}"#, Some(140), 2),
        (r#"{"max_tokens":70.0,"n":2,"best_of":3}"#, Some(210), 3),
        (r#"{"max_tokens":-1}"#, Some(128_000), 1),
        (r#"{"max_tokens":1.5}"#, Some(128_000), 1),
        (r#"{"max_tokens":[]}"#, Some(128_000), 1),
        (r#"{"max_tokens":99999999999999999999}"#, Some(128_000), 1),
        (r#"{"max_tokens":10,"n":"x"}"#, Some(1_280), 128),
        (r#"{"prompt":["a","b","c"],"max_tokens":10}"#, Some(30), 3),
        (r#"{"prompt":[1,2,3],"max_tokens":10}"#, Some(10), 1),
        (r#"{"max_tokens":null}"#, None, 1),
        ("{}", None, 1),
    ] {
        let request = chat(body);
        assert_eq!((request.most_output, request.most_answers), (most, answers), "{body}");
    }
}

#[test]
fn escaped_names_and_any_number_of_members_before_them_are_read() {
    let before: String = (0..3_000).map(|at| format!("\"x{at}\":0,")).collect();
    let request = chat(&format!(r#"{{{before}"mess\u0061ges":[],"m\u006fdel":"gpt-5"}}"#));
    assert_eq!((request.model.as_deref(), request.has("messages")), (Some("gpt-5"), true));
    assert_eq!(chat("\u{feff}{\"model\":\"m\"}").model.as_deref(), Some("m"));
}

#[test]
fn google_goes_by_the_path_and_others_by_the_body() {
    let body = br#"{"model":"cheap"}"#;
    for (path, model) in [
        ("/v1beta/models/dear:generateContent", "dear"),
        ("/openai/deployments/dear/chat/completions", "cheap"),
    ] {
        let endpoint = Endpoint::find("localhost", path).unwrap();
        let request = Request::read(&endpoint, body, false).unwrap();
        assert_eq!(request.model.as_deref(), Some(model), "{path}");
    }
}

#[test]
fn contents_of_any_size_take_bounded_memory() {
    let many = format!(r#"{{"messages":[{}{{}}]}}"#, "{\"\":0},".repeat(60_000));
    let chat = Endpoint::find("localhost", "/v1/chat/completions").unwrap();
    let request = Request::read(&chat, many.as_bytes(), true).unwrap();
    assert!(request.has("messages") && request.said.unwrap().messages.is_none());
    let few = br#"{"messages":[{"role":"user","content":"hi"}]}"#;
    assert!(Request::read(&chat, few, true).unwrap().said.unwrap().messages.is_some());
}
