//! Tests of reading answers in chunks of any size.

use proptest::prelude::*;
use quipu_core::Usage;
use quipu_http::wire::{Answer, Bounds, Endpoint, Reader, Request};
use serde_json::{Value, json};

use crate::answers::{self, Case};

fn read(case: &Case, pieces: &[&[u8]], contents: bool) -> Answer {
    let endpoint = Endpoint::find("localhost", case.path).unwrap();
    let mut reader = Reader::new(endpoint.shape, contents);
    pieces.iter().for_each(|piece| reader.chunk(piece));
    assert_eq!(reader.is_stream(), case.is_stream(), "{}", case.name);
    reader.finish()
}

fn figures(usage: &Usage) -> [Option<i64>; 5] {
    [usage.input, usage.cache_read, usage.cache_write, usage.output, usage.reasoning]
        .map(|figure| figure.map(|figure| i64::try_from(figure).unwrap()))
}

#[test]
fn every_answer_is_read() {
    for case in answers::all() {
        let answer = read(&case, &[&case.body], false);
        let name = case.name;
        assert_eq!(answer.model.as_deref(), case.model.1, "{name}");
        assert_eq!(answer.id.as_deref(), case.id, "{name}");
        assert_eq!(figures(&answer.usage.unwrap()), case.usage, "{name}");
        assert_eq!(answer.finish_reasons, case.finish, "{name}");
        let tools: Vec<&str> = answer.tool_calls.iter().map(|call| call.name.as_str()).collect();
        assert_eq!(tools, case.tool.into_iter().collect::<Vec<_>>(), "{name}");
        assert!(answer.tool_calls.iter().all(|call| call.arguments.is_none()), "{name}");
        assert_eq!((answer.output, answer.failure, answer.is_cut), (None, None, false), "{name}");
    }
}

#[test]
fn contents_are_read_where_wanted() {
    for case in answers::all() {
        let answer = read(&case, &[&case.body], true);
        let name = case.name;
        if let Some(says) = case.says {
            let output = answer.output.clone().unwrap();
            let parts = output[0]["parts"].as_array().unwrap();
            let text = parts.iter().find(|part| part["type"] == "text").unwrap();
            assert_eq!(text["content"], says, "{name}");
            assert_eq!(
                (output[0]["role"].as_str(), parts.len() <= 2),
                (Some("assistant"), true),
                "{name}: {output}"
            );
        }
        if case.tool.is_some() {
            let arguments: Value =
                serde_json::from_str(answer.tool_calls[0].arguments.as_deref().unwrap()).unwrap();
            assert_eq!(arguments, json!({"city": "Paris"}), "{name}");
            let output = answer.output.unwrap();
            let call = output[0]["parts"].as_array().unwrap().iter().find(|part| part["type"] == "tool_call");
            assert_eq!(call.unwrap()["arguments"], json!({"city": "Paris"}), "{name}");
        }
    }
}

#[test]
fn anthropics_cache_is_told_by_its_lifetime() {
    for name in ["message", "message stream"] {
        let case = answers::named(name);
        let usage = read(&case, &[&case.body], false).usage.unwrap();
        assert_eq!((usage.cache_write_5m, usage.cache_write_1h), (Some(10), Some(20)));
    }
}

#[test]
fn one_byte_at_a_time_is_enough() {
    for case in answers::all() {
        let bytes: Vec<&[u8]> = case.body.chunks(1).collect();
        assert_eq!(read(&case, &bytes, true), read(&case, &[&case.body], true), "{}", case.name);
    }
}

#[test]
fn what_stands_before_an_answer_is_no_part_of_it_however_it_came() {
    for case in answers::all() {
        for before in [&b"\t"[..], b" \r\n ", b"\xEF\xBB\xBF"] {
            let sent = [before, &case.body].concat();
            let expected = read(&case, &[&case.body], true);
            assert_eq!(read(&case, &[&sent], true), expected, "{} at once", case.name);
            assert_eq!(read(&case, &[before, &case.body], true), expected, "{} apart", case.name);
        }
    }
}

#[test]
fn requests_are_read_in_the_message_schema() {
    for case in answers::all().into_iter().filter(|case| !case.path.contains("mbed")) {
        let endpoint = Endpoint::find("localhost", case.path).unwrap();
        let body = case.request.to_string();
        let said = Request::read(&endpoint, body.as_bytes(), true).unwrap().said.unwrap();
        let messages = said.messages.unwrap();
        let last = messages.as_array().unwrap().last().unwrap();
        let expected =
            json!({"role": "user", "parts": [{"type": "text", "content": "How is the weather in Paris?"}]});
        assert_eq!(last, &expected, "{}", case.name);
        let system = said.system.unwrap_or_else(|| messages[0]["parts"].clone());
        assert_eq!(system, json!([{"type": "text", "content": "Be kind."}]), "{}", case.name);
        assert_eq!(said.tools.unwrap().as_array().unwrap().len(), 1, "{}", case.name);
        assert_eq!(Request::read(&endpoint, body.as_bytes(), false).unwrap().said, None);
    }
}

#[test]
fn tool_turns_are_read_in_the_message_schema() {
    let call = json!({"type": "tool_call", "id": "c1", "name": "weather", "arguments": {"city": "Paris"}});
    let answer = json!({"type": "tool_call_response", "id": "c1", "response": "sunny"});
    for (path, request) in [
        (
            "/v1/chat/completions",
            json!({"messages": [
                {"role": "assistant", "content": null, "tool_calls": [{"id": "c1", "type": "function",
                    "function": {"name": "weather", "arguments": "{\"city\":\"Paris\"}"}}]},
                {"role": "tool", "tool_call_id": "c1", "content": "sunny"}]}),
        ),
        (
            "/v1/responses",
            json!({"input": [
                {"type": "function_call", "call_id": "c1", "name": "weather", "arguments": "{\"city\":\"Paris\"}"},
                {"type": "function_call_output", "call_id": "c1", "output": "sunny"}]}),
        ),
        (
            "/v1/messages",
            json!({"messages": [
                {"role": "assistant", "content": [{"type": "tool_use", "id": "c1", "name": "weather", "input": {"city": "Paris"}}]},
                {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "c1", "content": [{"type": "text", "text": "sunny"}]}]}]}),
        ),
        (
            "/v1beta/models/g:generateContent",
            json!({"contents": [
                {"role": "model", "parts": [{"functionCall": {"id": "c1", "name": "weather", "args": {"city": "Paris"}}}]},
                {"role": "user", "parts": [{"functionResponse": {"id": "c1", "name": "weather", "response": "sunny"}}]}]}),
        ),
    ] {
        let endpoint = Endpoint::find("localhost", path).unwrap();
        let said = Request::read(&endpoint, request.to_string().as_bytes(), true).unwrap().said.unwrap();
        let expected = json!([{"role": "assistant", "parts": [call]}, {"role": "tool", "parts": [answer]}]);
        assert_eq!(said.messages, Some(expected), "{path}");
    }
}

#[test]
fn pictures_are_not_kept() {
    let endpoint = Endpoint::find("localhost", "/v1/chat/completions").unwrap();
    let request = json!({"messages": [{"role": "user", "content": [
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAABBBB"}},
        {"type": "image_url", "image_url": {"url": "https://example.com/a.png?signature=secret"}}]}]});
    let said = Request::read(&endpoint, request.to_string().as_bytes(), true).unwrap().said.unwrap();
    let text = said.messages.unwrap().to_string();
    assert!(
        !text.contains("AAAABBBB") && !text.contains("secret") && text.contains("https://example.com/a.png"),
        "{text}"
    );
}

#[test]
fn errors_are_told_by_the_providers_word() {
    for (path, body, kind) in [
        (
            "/v1/chat/completions",
            r#"{"error":{"message":"no","type":"requests","code":"rate_limit_exceeded"}}"#,
            "rate_limit_exceeded",
        ),
        (
            "/v1/chat/completions",
            r#"{"error":{"message":"no","type":"server_error","code":null}}"#,
            "server_error",
        ),
        (
            "/v1/chat/completions",
            "data: {\"error\":{\"message\":\"no\",\"type\":\"server_error\"}}\n\n",
            "server_error",
        ),
        (
            "/v1/responses",
            r#"{"status":"failed","error":{"code":"server_error","message":"no"}}"#,
            "server_error",
        ),
        (
            "/v1/responses",
            "data: {\"type\":\"response.failed\",\"response\":{\"error\":{\"code\":\"server_error\",\"message\":\"no\"}}}\n\n",
            "server_error",
        ),
        (
            "/v1/responses",
            "data: {\"type\":\"error\",\"code\":\"overloaded\",\"message\":\"no\"}\n\n",
            "overloaded",
        ),
        (
            "/v1/messages",
            r#"{"type":"error","error":{"type":"overloaded_error","message":"no"}}"#,
            "overloaded_error",
        ),
        (
            "/v1/messages",
            "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"no\"}}\n\n",
            "overloaded_error",
        ),
        (
            "/v1beta/models/g:generateContent",
            r#"{"error":{"code":429,"message":"no","status":"RESOURCE_EXHAUSTED"}}"#,
            "RESOURCE_EXHAUSTED",
        ),
        (
            "/v1beta/models/g:streamGenerateContent",
            r#"[{"error":{"code":429,"message":"no","status":"RESOURCE_EXHAUSTED"}}]"#,
            "RESOURCE_EXHAUSTED",
        ),
    ] {
        let shape = Endpoint::find("localhost", path).unwrap().shape;
        for (contents, message) in [(false, None), (true, Some("no"))] {
            let mut reader = Reader::new(shape, contents);
            reader.chunk(body.as_bytes());
            let failure = reader.finish().failure.unwrap();
            assert_eq!(
                (failure.kind.as_deref(), failure.message.as_deref()),
                (Some(kind), message),
                "{body}"
            );
        }
    }
}

#[test]
fn a_word_that_is_a_sentence_is_none() {
    let mut reader = Reader::new(Endpoint::find("localhost", "/v1/messages").unwrap().shape, false);
    reader.chunk(br#"{"error":{"type":"you said: my password is 123"}}"#);
    assert_eq!(reader.finish().failure.unwrap().kind, None);
}

#[test]
fn what_is_too_long_is_passed_over() {
    let shape = Endpoint::find("localhost", "/v1/chat/completions").unwrap().shape;
    let bounds = Bounds { event: 200, member: 200 };
    let long = "x".repeat(1000);
    let body = format!(
        r#"{{"model":"m","choices":[{{"message":{{"content":"{long}"}}}}],"usage":{{"prompt_tokens":3,"completion_tokens":4}}}}"#
    );
    let events = format!(
        "data: {{\"choices\":[{{\"delta\":{{\"content\":\"{long}\"}}}}]}}\n\ndata: {{\"model\":\"m\",\"usage\":{{\"prompt_tokens\":3,\"completion_tokens\":4}}}}\n\n"
    );
    for text in [body, events] {
        let mut reader = Reader::new(shape, true).bounds(bounds);
        reader.chunk(text.as_bytes());
        let answer = reader.finish();
        assert_eq!(
            (answer.model.as_deref(), answer.usage, answer.is_cut),
            (Some("m"), Some(Usage::of(3, 4)), true)
        );
    }
}

#[test]
fn a_list_that_breaks_off_says_what_it_said() {
    let case = answers::named("generated list");
    let half = &case.body[..case.body.len() - 20];
    let answer = read(&case, &[half], false);
    assert_eq!(answer.usage.unwrap().output, Some(8));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn cut_anywhere_it_reads_the_same(
        at in 0..19_usize,
        newline in prop::sample::select(vec!["\n", "\r\n", "\r"]),
        cuts in prop::collection::vec(0..6000_usize, 0..40),
    ) {
        let case = answers::all().into_iter().nth(at).unwrap().with_newlines(newline);
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(case.body.len())).chain([0, case.body.len()]).collect();
        cuts.sort_unstable();
        let pieces: Vec<&[u8]> = cuts.windows(2).map(|pair| &case.body[pair[0]..pair[1]]).filter(|piece| !piece.is_empty()).collect();
        let answer = read(&case, &pieces, true);
        prop_assert_eq!(&answer, &read(&case, &[&case.body], true));
        prop_assert_eq!(figures(&answer.usage.unwrap()), case.usage);
    }

    #[test]
    fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..300), at in 0..19_usize, cut in 0..3000_usize) {
        let case = answers::all().into_iter().nth(at).unwrap();
        let shape = Endpoint::find("localhost", case.path).unwrap().shape;
        let mut reader = Reader::new(shape, true);
        reader.chunk(&case.body[..cut.min(case.body.len())]);
        reader.chunk(&bytes);
        reader.finish();
        let mut reader = Reader::new(shape, true);
        reader.chunk(&bytes);
        reader.finish();
    }
}
