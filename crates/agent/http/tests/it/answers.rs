//! Answers in the providers' formats, with their expected content.

use serde_json::{Value, json};

/// A call: request, answer, and the expected result.
pub struct Case {
    pub name: &'static str,
    pub path: &'static str,
    pub request: Value,
    pub content_type: &'static str,
    pub body: Vec<u8>,
    pub provider: &'static str,
    pub model: (&'static str, Option<&'static str>),
    pub id: Option<&'static str>,
    /// Input, cache read, cache write, output, reasoning.
    pub usage: [Option<i64>; 5],
    pub finish: &'static [&'static str],
    pub tool: Option<&'static str>,
    /// Output of the model, streamed or complete.
    pub says: Option<&'static str>,
}

impl Case {
    pub fn is_stream(&self) -> bool {
        self.content_type == "text/event-stream" || self.body.first() == Some(&b'[')
    }

    /// The same answer with other line endings.
    pub fn with_newlines(mut self, newline: &str) -> Self {
        self.body = String::from_utf8(self.body).unwrap().replace('\n', newline).into_bytes();
        self
    }
}

const JSON: &str = "application/json";
const SSE: &str = "text/event-stream";

fn sse(events: &[(&str, Value)]) -> Vec<u8> {
    let mut body = String::from(": a comment\n\n");
    for (name, data) in events {
        if !name.is_empty() {
            body += &format!("event: {name}\n");
        }
        // Data can have several lines, joined by line feeds; indented JSON uses that.
        let lines = if body.len() % 2 == 0 { data.to_string() } else { format!("{data:#}") };
        body.extend(lines.lines().map(|line| format!("data: {line}\n")));
        body += "\n";
    }
    body.into_bytes()
}

fn typed(events: Vec<Value>) -> Vec<u8> {
    let named: Vec<(String, Value)> =
        events.into_iter().map(|event| (event["type"].as_str().unwrap().to_owned(), event)).collect();
    sse(&named.iter().map(|(name, event)| (name.as_str(), event.clone())).collect::<Vec<_>>())
}

fn done(mut body: Vec<u8>) -> Vec<u8> {
    body.extend_from_slice(b"data: [DONE]\n\n");
    body
}

fn chat_request(stream: bool) -> Value {
    json!({"model": "gpt-4o", "temperature": 0.2, "max_tokens": 64, "stream": stream,
        "stream_options": {"include_usage": true}, "tools": [{"type": "function", "function": {"name": "weather"}}],
        "messages": [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "How is the weather in Paris?"}]})
}

fn chat_usage() -> Value {
    json!({"prompt_tokens": 120, "completion_tokens": 17, "total_tokens": 137,
        "prompt_tokens_details": {"cached_tokens": 64, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 5, "audio_tokens": 0}})
}

const CHAT_USAGE: [Option<i64>; 5] = [Some(120), Some(64), None, Some(17), Some(5)];

fn chat() -> Vec<Case> {
    let base = |object: &str, choices: Value, usage: Value| {
        json!({"id": "chatcmpl-1", "object": object, "created": 1_760_000_000, "model": "gpt-4o-2024-08-06",
            "service_tier": "default", "choices": choices, "usage": usage})
    };
    let chunk = |delta: Value, finish: Option<&str>| {
        let choice = json!([{"index": 0, "delta": delta, "finish_reason": finish}]);
        ("", base("chat.completion.chunk", choice, Value::Null))
    };
    let call = json!({"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": "{\"city\":\"Paris\"}"}});
    let said = json!([{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "It is sunny."}}]);
    let asked = json!([{"index": 0, "finish_reason": "tool_calls", "message": {"role": "assistant", "content": null, "tool_calls": [call]}}]);
    let stream = |deltas: Vec<Value>, finish: &str| {
        let mut events: Vec<(&str, Value)> = deltas.into_iter().map(|delta| chunk(delta, None)).collect();
        events.push(chunk(json!({}), Some(finish)));
        events.push(("", base("chat.completion.chunk", json!([]), chat_usage())));
        done(sse(&events))
    };
    let call_deltas = vec![
        json!({"role": "assistant", "content": null}),
        json!({"tool_calls": [{"index": 0, "id": "call_1", "type": "function", "function": {"name": "weather", "arguments": ""}}]}),
        json!({"tool_calls": [{"index": 0, "function": {"arguments": "{\"city\":"}}]}),
        json!({"tool_calls": [{"index": 0, "function": {"arguments": "\"Paris\"}"}}]}),
    ];
    let text_deltas = vec![
        json!({"role": "assistant", "content": ""}),
        json!({"content": "It is "}),
        json!({"content": "sunny."}),
    ];
    let case = |name, stream, body, finish, tool, says| Case {
        name,
        path: "/v1/chat/completions",
        request: chat_request(stream),
        content_type: if stream { SSE } else { JSON },
        body,
        provider: "openai",
        model: ("gpt-4o", Some("gpt-4o-2024-08-06")),
        id: Some("chatcmpl-1"),
        usage: CHAT_USAGE,
        finish,
        tool,
        says,
    };
    let json_body = |choices| base("chat.completion", choices, chat_usage()).to_string().into_bytes();
    vec![
        case("chat", false, json_body(said), &["stop"], None, Some("It is sunny.")),
        case("chat, tool", false, json_body(asked), &["tool_calls"], Some("weather"), None),
        case("chat stream", true, stream(text_deltas, "stop"), &["stop"], None, Some("It is sunny.")),
        case(
            "chat stream, tool",
            true,
            stream(call_deltas, "tool_calls"),
            &["tool_calls"],
            Some("weather"),
            None,
        ),
    ]
}

fn responses() -> Vec<Case> {
    let usage = json!({"input_tokens": 120, "input_tokens_details": {"cached_tokens": 64, "cache_write_tokens": 8},
        "output_tokens": 17, "output_tokens_details": {"reasoning_tokens": 5}, "total_tokens": 137});
    let text = json!({"type": "message", "id": "msg_1", "role": "assistant", "status": "completed",
        "content": [{"type": "output_text", "text": "It is sunny.", "annotations": []}]});
    let call = json!({"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "weather",
        "arguments": "{\"city\":\"Paris\"}", "status": "completed"});
    let response = |status: &str, output: Value, usage: &Value| {
        json!({"id": "resp_1", "object": "response", "status": status, "model": "gpt-5-2025-08-07", "output": output,
            "service_tier": "default", "error": null, "incomplete_details": null, "usage": usage})
    };
    let begin = || {
        vec![
            json!({"type": "response.created", "sequence_number": 0, "response": response("in_progress", json!([]), &Value::Null)}),
            json!({"type": "response.in_progress", "sequence_number": 1, "response": response("in_progress", json!([]), &Value::Null)}),
        ]
    };
    let mut said = begin();
    said.extend([
        json!({"type": "response.output_item.added", "output_index": 0, "item": {"type": "message", "content": []}}),
        json!({"type": "response.output_text.delta", "output_index": 0, "content_index": 0, "delta": "It is "}),
        json!({"type": "response.output_text.delta", "output_index": 0, "content_index": 0, "delta": "sunny."}),
        json!({"type": "response.output_item.done", "output_index": 0, "item": text}),
        json!({"type": "response.completed", "response": response("completed", json!([text]), &usage)}),
    ]);
    let mut asked = begin();
    asked.extend([
        json!({"type": "response.output_item.added", "output_index": 0, "item": {"type": "function_call", "call_id": "call_1", "name": "weather", "arguments": ""}}),
        json!({"type": "response.function_call_arguments.delta", "output_index": 0, "delta": "{\"city\":\"Paris\"}"}),
        json!({"type": "response.output_item.done", "output_index": 0, "item": call}),
        json!({"type": "response.completed", "response": response("completed", json!([call]), &usage)}),
    ]);
    let case = |name, stream: bool, body, finish, tool, says| Case {
        name,
        path: "/v1/responses",
        request: json!({"model": "gpt-5", "stream": stream, "max_output_tokens": 64, "reasoning": {"effort": "low"},
            "instructions": "Be kind.", "input": "How is the weather in Paris?", "tools": [{"type": "function", "name": "weather"}]}),
        content_type: if stream { SSE } else { JSON },
        body,
        provider: "openai",
        model: ("gpt-5", Some("gpt-5-2025-08-07")),
        id: Some("resp_1"),
        usage: [Some(120), Some(64), Some(8), Some(17), Some(5)],
        finish,
        tool,
        says,
    };
    let whole = |output| response("completed", output, &usage).to_string().into_bytes();
    vec![
        case("response", false, whole(json!([text])), &["stop"], None, Some("It is sunny.")),
        case("response, tool", false, whole(json!([call])), &["tool_calls"], Some("weather"), None),
        case("response stream", true, typed(said), &["stop"], None, Some("It is sunny.")),
        case("response stream, tool", true, typed(asked), &["tool_calls"], Some("weather"), None),
    ]
}

fn anthropic() -> Vec<Case> {
    let usage = json!({"input_tokens": 120, "cache_creation_input_tokens": 30, "cache_read_input_tokens": 900,
        "cache_creation": {"ephemeral_5m_input_tokens": 10, "ephemeral_1h_input_tokens": 20},
        "output_tokens": 17, "service_tier": "standard"});
    let message = |content: Value, stop: Option<&str>, usage: Value| {
        json!({"id": "msg_1", "type": "message", "role": "assistant", "model": "claude-sonnet-4-5-20250929",
            "content": content, "stop_reason": stop, "stop_sequence": null, "usage": usage})
    };
    let mut early = usage.clone();
    early["output_tokens"] = json!(1);
    let stream = |blocks: Vec<(Value, Vec<Value>)>, stop: &str| {
        let mut events = vec![
            json!({"type": "message_start", "message": message(json!([]), None, early.clone())}),
            json!({"type": "ping"}),
        ];
        for (index, (start, deltas)) in blocks.into_iter().enumerate() {
            events.push(json!({"type": "content_block_start", "index": index, "content_block": start}));
            events.extend(
                deltas
                    .into_iter()
                    .map(|delta| json!({"type": "content_block_delta", "index": index, "delta": delta})),
            );
            events.push(json!({"type": "content_block_stop", "index": index}));
        }
        // The older form: only the output is reported at the end.
        events.push(
            json!({"type": "message_delta", "delta": {"stop_reason": stop}, "usage": {"output_tokens": 17}}),
        );
        events.push(json!({"type": "message_stop"}));
        typed(events)
    };
    let text = |piece: &str| json!({"type": "text_delta", "text": piece});
    let input = |piece: &str| json!({"type": "input_json_delta", "partial_json": piece});
    let use_tool =
        json!({"type": "tool_use", "id": "toolu_1", "name": "weather", "input": {"city": "Paris"}});
    let case = |name, stream: bool, body, finish, tool, says| Case {
        name,
        path: "/v1/messages",
        request: json!({"model": "claude-sonnet-4-5", "max_tokens": 64, "stream": stream, "system": "Be kind.",
            "temperature": 0.2, "tools": [{"name": "weather", "input_schema": {}}],
            "messages": [{"role": "user", "content": "How is the weather in Paris?"}]}),
        content_type: if stream { SSE } else { JSON },
        body,
        provider: "anthropic",
        model: ("claude-sonnet-4-5", Some("claude-sonnet-4-5-20250929")),
        id: Some("msg_1"),
        usage: [Some(1050), Some(900), Some(30), Some(17), None],
        finish,
        tool,
        says,
    };
    let whole = |content, stop| message(content, Some(stop), usage.clone()).to_string().into_bytes();
    vec![
        case(
            "message",
            false,
            whole(json!([{"type": "text", "text": "It is sunny."}]), "end_turn"),
            &["end_turn"],
            None,
            Some("It is sunny."),
        ),
        case(
            "message, tool",
            false,
            whole(json!([{"type": "text", "text": "Wait."}, use_tool]), "tool_use"),
            &["tool_use"],
            Some("weather"),
            None,
        ),
        case(
            "message stream",
            true,
            stream(
                vec![(json!({"type": "text", "text": ""}), vec![text("It is "), text("sunny.")])],
                "end_turn",
            ),
            &["end_turn"],
            None,
            Some("It is sunny."),
        ),
        case(
            "message stream, tool",
            true,
            stream(
                vec![
                    (
                        json!({"type": "thinking", "thinking": ""}),
                        vec![json!({"type": "thinking_delta", "thinking": "Hm."})],
                    ),
                    (
                        json!({"type": "tool_use", "id": "toolu_1", "name": "weather", "input": {}}),
                        vec![input("{\"city\":"), input("\"Paris\"}")],
                    ),
                ],
                "tool_use",
            ),
            &["tool_use"],
            Some("weather"),
            None,
        ),
    ]
}

fn gemini() -> Vec<Case> {
    let piece = |parts: Value, finish: Option<&str>, output: u64| {
        let mut body = json!({"candidates": [{"content": {"role": "model", "parts": parts}, "index": 0}],
            "usageMetadata": {"promptTokenCount": 120, "candidatesTokenCount": output, "cachedContentTokenCount": 64,
                "thoughtsTokenCount": 5, "totalTokenCount": 125 + output},
            "modelVersion": "gemini-2.5-flash-001", "responseId": "gem_1"});
        if let Some(finish) = finish {
            body["candidates"][0]["finishReason"] = json!(finish);
        }
        body
    };
    let pieces = [
        piece(json!([{"text": "Hm.", "thought": true}]), None, 0),
        piece(json!([{"text": "It is "}]), None, 3),
        piece(json!([{"text": "sunny."}]), Some("STOP"), 17),
    ];
    let call = json!([{"functionCall": {"id": "fc_1", "name": "weather", "args": {"city": "Paris"}}}]);
    let case = |name, path, content_type, body, tool, says| Case {
        name,
        path,
        request: json!({"contents": [{"role": "user", "parts": [{"text": "How is the weather in Paris?"}]}],
            "systemInstruction": {"parts": [{"text": "Be kind."}]},
            "generationConfig": {"temperature": 0.2, "maxOutputTokens": 64},
            "tools": [{"functionDeclarations": [{"name": "weather"}]}]}),
        content_type,
        body,
        provider: "gcp.gemini",
        model: ("gemini-2.5-flash", Some("gemini-2.5-flash-001")),
        id: Some("gem_1"),
        usage: [Some(120), Some(64), None, Some(22), Some(5)],
        finish: &["STOP"],
        tool,
        says,
    };
    let plain = "/v1beta/models/gemini-2.5-flash:generateContent";
    let stream = "/v1beta/models/gemini-2.5-flash:streamGenerateContent";
    let list =
        format!("[{}]\n", pieces.iter().map(|piece| format!("{piece:#}")).collect::<Vec<_>>().join(",\r\n"));
    let events: Vec<(&str, Value)> = pieces.iter().map(|piece| ("", piece.clone())).collect();
    vec![
        case(
            "generated",
            plain,
            JSON,
            format!("{:#}", piece(json!([{"text": "It is sunny."}]), Some("STOP"), 17)).into_bytes(),
            None,
            Some("It is sunny."),
        ),
        case(
            "generated, tool",
            plain,
            JSON,
            piece(call.clone(), Some("STOP"), 17).to_string().into_bytes(),
            Some("weather"),
            None,
        ),
        case("generated stream", stream, SSE, sse(&events), None, Some("It is sunny.")),
        case(
            "generated stream, tool",
            stream,
            SSE,
            sse(&[("", piece(call, Some("STOP"), 17))]),
            Some("weather"),
            None,
        ),
        case("generated list", stream, JSON, list.into_bytes(), None, Some("It is sunny.")),
    ]
}

fn embeddings() -> Vec<Case> {
    let vector: Vec<f64> = (0..64).map(|at| f64::from(at) / 7.0).collect();
    let openai = json!({"object": "list", "data": [{"object": "embedding", "index": 0, "embedding": vector}],
        "model": "text-embedding-3-small", "usage": {"prompt_tokens": 8, "total_tokens": 8}});
    let gemini = json!({"embedding": {"values": vector}, "usageMetadata": {"promptTokenCount": 8}});
    vec![
        Case {
            name: "embeddings",
            path: "/v1/embeddings",
            request: json!({"model": "text-embedding-3-small", "input": ["one", "two"], "dimensions": 64}),
            content_type: JSON,
            body: openai.to_string().into_bytes(),
            provider: "openai",
            model: ("text-embedding-3-small", Some("text-embedding-3-small")),
            id: None,
            usage: [Some(8), None, None, None, None],
            finish: &[],
            tool: None,
            says: None,
        },
        Case {
            name: "embedded",
            path: "/v1beta/models/gemini-embedding-001:embedContent",
            request: json!({"content": {"parts": [{"text": "one"}]}}),
            content_type: JSON,
            body: gemini.to_string().into_bytes(),
            provider: "gcp.gemini",
            model: ("gemini-embedding-001", None),
            id: None,
            usage: [Some(8), None, None, None, None],
            finish: &[],
            tool: None,
            says: None,
        },
    ]
}

/// Every case.
pub fn all() -> Vec<Case> {
    [chat(), responses(), anthropic(), gemini(), embeddings()].into_iter().flatten().collect()
}

/// The case with this name.
pub fn named(name: &str) -> Case {
    all().into_iter().find(|case| case.name == name).unwrap()
}
