//! Import of Claude Code transcripts in the documented format.

use quipu::core::{Attributes, Batch, Billing, Kind, Signal, Span, SpanId, Timestamp, Tokens, TraceId};
use serde_json::{Value, json};

use crate::house::House;

const SESSION: &str = "5d6d86eb-04d3-409a-9ef6-fc6d397eabe9";

/// A line of the session, `at` seconds after eight o'clock.
fn line(kind: &str, uuid: &str, at: u32, more: Value) -> String {
    let mut line = json!({
        "type": kind, "uuid": uuid, "sessionId": SESSION, "isSidechain": false, "cwd": "/src/demo", "gitBranch": "main",
        "version": "2.1.197", "timestamp": format!("2026-11-20T08:00:{at:02}.000Z"),
    });
    line.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    line.to_string()
}

fn prompt(uuid: &str, at: u32, text: &str) -> String {
    line("user", uuid, at, json!({"message": {"role": "user", "content": text}}))
}

/// A block of an answer; usage of (input, output, cache reads, cache writes).
fn block(uuid: &str, at: u32, request: &str, block: Value, usage: [u64; 4], stop: Value) -> String {
    let [input, output, read, written] = usage;
    line(
        "assistant",
        uuid,
        at,
        json!({"requestId": request, "message": {
            "id": format!("msg_{request}"), "role": "assistant", "model": "claude-sonnet-4-5", "content": [block], "stop_reason": stop,
            "usage": {"input_tokens": input, "output_tokens": output, "cache_read_input_tokens": read,
                "cache_creation_input_tokens": written, "service_tier": "standard",
                "cache_creation": {"ephemeral_5m_input_tokens": written, "ephemeral_1h_input_tokens": 0}},
        }}),
    )
}

fn result(uuid: &str, at: u32, tool: &str, text: &str, failed: bool) -> String {
    let block = json!({"type": "tool_result", "tool_use_id": tool, "content": text, "is_error": failed});
    line("user", uuid, at, json!({"message": {"role": "user", "content": [block]}}))
}

fn tool(id: &str, name: &str, input: Value) -> Value {
    json!({"type": "tool_use", "id": id, "name": name, "input": input})
}

fn text(text: &str) -> Value {
    json!({"type": "text", "text": text})
}

/// Two calls: the first is streamed in three blocks, with two tools, one of which fails.
fn session() -> Vec<String> {
    vec![
        json!({"type": "summary", "summary": "A demo", "leafUuid": "x"}).to_string(),
        json!({"type": "file-history-snapshot", "messageId": "m", "snapshot": {}}).to_string(),
        prompt("u1", 0, "Run echo"),
        block(
            "a1",
            2,
            "req_1",
            json!({"type": "thinking", "thinking": "I will run it", "signature": "s"}),
            [120, 1, 900, 30],
            Value::Null,
        ),
        block(
            "a2",
            3,
            "req_1",
            tool("toolu_1", "Bash", json!({"command": "echo hi"})),
            [120, 1, 900, 30],
            Value::Null,
        ),
        result("u2", 4, "toolu_1", "hi", false),
        block(
            "a3",
            5,
            "req_1",
            tool("toolu_2", "mcp__w__broken", json!({})),
            [120, 17, 900, 30],
            json!("tool_use"),
        ),
        result("u3", 6, "toolu_2", "backend down", true),
        block("a4", 8, "req_2", text("It said hi."), [10, 20, 1050, 0], json!("end_turn")),
        line("system", "s1", 9, json!({"subtype": "turn_duration"})),
    ]
}

fn tokens(input: u64, output: u64, cache_read: u64, cache_write: u64) -> Tokens {
    Tokens { input, output, cache_read, cache_write, reasoning: 0 }
}

/// Input includes cached tokens.
fn whole() -> Tokens {
    tokens(120 + 900 + 30 + 10 + 1050, 37, 1950, 30)
}

#[test]
fn blocks_of_one_answer_are_one_call() {
    let mut house = House::new();
    house.write(&format!("{SESSION}.jsonl"), &session().join("\n"));
    let reports = house.import();
    assert_eq!((reports[0].format.unwrap().as_str(), reports[0].bad), ("claude-code", 0));
    let usage = house.usage();
    assert_eq!((usage.llm_calls, usage.errors, usage.tokens), (2, 0, whole()));
    assert!(usage.cost.is_some(), "{usage:?}");
    let tools: Vec<_> =
        house.tools().into_iter().map(|tool| (tool.tool.to_string(), tool.calls, tool.errors)).collect();
    assert!(tools.contains(&("Bash".to_owned(), 1, 0)), "{tools:?}");
    assert_eq!(
        tools.iter().map(|(_, calls, errors)| (calls, errors)).fold((0, 0), |(c, e), (a, b)| (c + a, e + b)),
        (2, 1)
    );
    let [trace] = house.traces()[..] else { panic!("one turn is one trace") };
    let tree = house.tree(trace);
    assert_eq!(tree.len(), 5, "{tree:?}");
    assert!(tree.iter().all(|(name, parent)| name == "claude_code.interaction"
        || parent.as_deref() == Some("claude_code.interaction")));
    assert_eq!(house.sessions(), 1);
}

#[test]
fn spans_say_when_and_what() {
    let mut house = House::new();
    house.write("s.jsonl", &session().join("\n"));
    house.import();
    let call = house.spans.iter().find(|span| span.attributes.text("request_id") == Some("req_1")).unwrap();
    let at = |seconds: &str| format!("2026-11-20T08:00:{seconds}Z").parse::<Timestamp>().unwrap();
    assert_eq!((call.start, call.end), (at("00"), Some(at("05"))));
    let read = &call.canonical;
    assert_eq!(
        (read.kind, read.signal, read.session.as_deref()),
        (Kind::Llm, Signal::Transcript, Some(SESSION))
    );
    assert_eq!(read.response_id.as_deref(), Some("req_1"));
    assert!(read.meeting.is_some());
    let said = house.said("claude_code.llm_request").join("\n");
    for words in ["Run echo", "I will run it", "echo hi", "backend down", "It said hi."] {
        assert!(said.contains(words), "{words}: {said}");
    }
    let tools = house.said("claude_code.tool").join("\n");
    assert!(tools.contains("echo hi") && tools.contains("backend down"), "{tools}");
}

#[test]
fn the_same_file_again_changes_nothing() {
    let mut house = House::new();
    house.write("s.jsonl", &session().join("\n"));
    house.import();
    let (usage, stored, tools) = (house.usage(), house.stored(), house.tools());
    house.import();
    assert_eq!((house.usage(), house.stored(), house.tools()), (usage, stored, tools));
}

#[test]
fn a_session_that_goes_on_with_a_copy_of_another_tells_only_what_is_new() {
    let mut house = House::new();
    let first = session();
    let mut second: Vec<_> =
        first.iter().map(|line| line.replace(SESSION, "11111111-04d3-409a-9ef6-fc6d397eabe9")).collect();
    second.push(prompt("u9", 20, "And now?"));
    second.push(block("a9", 22, "req_9", text("Nothing."), [5, 6, 0, 0], json!("end_turn")));
    house.write("a.jsonl", &first.join("\n"));
    house.write("b.jsonl", &second.join("\n"));
    house.import();
    let usage = house.usage();
    let mut want = whole();
    (want.input, want.output) = (want.input + 5, want.output + 6);
    assert_eq!((usage.llm_calls, usage.tokens), (3, want));
}

#[test]
fn sub_agents_count_in_files_of_their_own_and_among_the_lines_of_older_versions() {
    let mut house = House::new();
    let task = tool("toolu_7", "Task", json!({"subagent_type": "explorer", "prompt": "Look around"}));
    let side = |line: String| line.replace("\"isSidechain\":false", "\"isSidechain\":true");
    let lines = [
        prompt("u1", 0, "Explore"),
        block("a1", 2, "req_1", task, [10, 5, 0, 0], json!("tool_use")),
        side(prompt("v1", 3, "Look around")),
        side(block("v2", 5, "req_2", text("A desert."), [7, 3, 0, 0], json!("end_turn")))
            .replace("\"uuid\":\"v2\"", "\"uuid\":\"v2\",\"parentUuid\":\"v1\""),
        result("u2", 6, "toolu_7", "A desert.", false),
        block("a2", 8, "req_3", text("It is a desert."), [11, 4, 0, 0], json!("end_turn")),
    ];
    house.write(&format!("{SESSION}.jsonl"), &lines.join("\n"));
    let own = [
        side(prompt("w1", 30, "Dig")),
        side(block("w2", 32, "req_4", text("Sand."), [100, 50, 0, 0], json!("end_turn"))),
    ];
    let own = own.map(|line| line.replace("\"isSidechain\"", "\"agentId\":\"abc\",\"isSidechain\""));
    house.write(&format!("{SESSION}/subagents/agent-abc.jsonl"), &own.join("\n"));
    house.write(&format!("{SESSION}/subagents/agent-abc.meta.json"), r#"{"agentType": "digger"}"#);
    let reports = house.import();
    assert_eq!(reports.len(), 2, "{reports:?}");
    let usage = house.usage();
    assert_eq!((usage.llm_calls, usage.tokens), (4, tokens(128, 62, 0, 0)));
    let agents: Vec<_> = house.spans.iter().filter_map(|span| span.canonical.agent.clone()).collect();
    assert!(
        agents.iter().any(|agent| agent == "explorer") && agents.iter().any(|agent| agent == "digger"),
        "{agents:?}"
    );
    let side = house.spans.iter().find(|span| span.attributes.text("request_id") == Some("req_2")).unwrap();
    let task =
        house.spans.iter().find(|span| span.attributes.text("tool_use_id") == Some("toolu_7")).unwrap();
    assert_eq!(side.trace_id, task.trace_id);
    assert_eq!(house.sessions(), 1);
}

#[test]
fn bad_lines_are_reported_and_skipped_and_a_half_line_waits() {
    let mut house = House::new();
    let mut lines = session();
    lines.insert(3, "{\"type\": \"user\", secret words".to_owned());
    lines.insert(4, line("user", "u", 1, json!({"timestamp": "soon"})));
    lines.push("{\"type\":\"assistant\",\"uuid\":\"h".to_owned());
    let path = house.write("s.jsonl", &lines.join("\n"));
    let report = house.import().remove(0);
    assert_eq!(report.bad, 2, "{report:?}");
    assert_eq!(report.troubles.iter().map(|trouble| trouble.line).collect::<Vec<_>>(), [Some(4), Some(5)]);
    let words = report.troubles.iter().map(ToString::to_string).collect::<String>();
    assert!(words.contains(&format!("{}:4: not JSON", path.display())), "{words}");
    assert!(!words.contains("secret") && !words.contains("soon"), "{words}");
    assert_eq!(house.usage().tokens, whole());
}

#[test]
fn failed_requests_and_notes_of_the_client_hold_no_tokens() {
    let mut house = House::new();
    let synthetic = |line: String| line.replace("claude-sonnet-4-5", "<synthetic>");
    let failed = synthetic(block("a1", 2, "req_1", text("API Error"), [0, 0, 0, 0], json!("stop_sequence")));
    let lines = [
        prompt("u1", 0, "Hello"),
        failed.replace("\"isSidechain\"", "\"isApiErrorMessage\":true,\"isSidechain\""),
        synthetic(block("a2", 3, "req_2", text("No response requested."), [0, 0, 0, 0], Value::Null)),
        block("a3", 5, "req_3", text("Hi"), [3, 4, 0, 0], json!("end_turn")),
    ];
    house.write("s.jsonl", &lines.join("\n"));
    house.import();
    let usage = house.usage();
    assert_eq!((usage.errors, usage.tokens), (1, tokens(3, 4, 0, 0)));
}

/// A span as Claude Code sends it for the same call.
fn telemetry(request: &str, from: u32, to: u32, usage: [i64; 4]) -> Span {
    let at = |seconds: u32| format!("2026-11-20T08:00:{seconds:02}.100Z").parse::<Timestamp>().unwrap();
    let (trace, id) = (TraceId::made_of(&["sent"]), SpanId::made_of(&["sent", request]));
    let mut span = Span::new(trace, id, "claude_code.llm_request", at(from), at(to));
    let [input, output, read, written] = usage;
    let texts = [
        ("span.type", "llm_request"),
        ("session.id", SESSION),
        ("model", "claude-sonnet-4-5"),
        ("request_id", request),
    ];
    let mut attributes: Attributes = texts.into_iter().collect();
    attributes.push("input_tokens", input);
    attributes.push("output_tokens", output);
    attributes.push("cache_read_tokens", read);
    attributes.push("cache_creation_tokens", written);
    span.attributes = attributes;
    span
}

#[test]
fn what_telemetry_told_is_not_counted_again() {
    for transcript_first in [false, true] {
        let mut house = House::new();
        house.write("s.jsonl", &session().join("\n"));
        let sent =
            vec![telemetry("req_1", 1, 4, [120, 17, 900, 30]), telemetry("req_2", 6, 8, [10, 20, 1050, 0])];
        if transcript_first {
            house.import();
        }
        house.receive(Batch { spans: sent, ..Batch::default() });
        if !transcript_first {
            house.import();
        }
        let usage = house.usage();
        assert_eq!((usage.llm_calls, usage.tokens), (2, whole()), "transcript first: {transcript_first}");
    }
}

#[test]
fn folder_branch_and_searches_are_read_and_who_pays_may_be_said() {
    let mut house = House::new();
    let usage = json!({"input_tokens": 10, "output_tokens": 5, "service_tier": "standard",
        "server_tool_use": {"web_search_requests": 2, "web_fetch_requests": 0}});
    let answer = json!({"requestId": "req_9", "message": {"id": "msg_9", "role": "assistant",
        "model": "claude-sonnet-4-5", "content": [text("Found it.")], "stop_reason": "end_turn", "usage": usage}});
    let lines = [prompt("u1", 0, "Search"), line("assistant", "a1", 2, answer)];
    house.write("s.jsonl", &lines.join("\n"));
    house.import();
    let call = house.spans.iter().find(|span| span.canonical.kind == Kind::Llm).unwrap();
    let read = &call.canonical;
    assert_eq!((read.project.as_deref(), read.branch.as_deref()), (Some("demo"), Some("main")));
    assert_eq!(read.usage.as_ref().unwrap().units.get("web_searches"), Some(&2));
    assert_eq!(read.billing, None, "a transcript says nothing of plans");
    let mut house = House::new();
    house.bounds.billing = Some(Billing::Subscription);
    house.write("s.jsonl", &lines.join("\n"));
    house.import();
    let usage = house.usage();
    assert_eq!((usage.llm_calls, usage.cost), (1, None));
    assert!(usage.subscription.is_some(), "{usage:?}");
}
