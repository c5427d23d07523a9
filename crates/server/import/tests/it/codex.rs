//! Import of Codex rollouts in the documented format.

use quipu::core::{Billing, Kind, Signal, Tokens};
use serde_json::{Value, json};

use crate::house::House;

const SESSION: &str = "01a1fd3c-a80f-79b1-826d-923017cf7039";

fn line(at: u32, kind: &str, payload: Value) -> String {
    json!({"timestamp": format!("2026-11-21T08:32:{at:02}.000Z"), "type": kind, "payload": payload})
        .to_string()
}

fn item(at: u32, payload: Value) -> String {
    line(at, "response_item", payload)
}

fn usage(input: u64, cached: u64, output: u64, reasoning: u64) -> Value {
    json!({"input_tokens": input, "cached_input_tokens": cached, "cache_write_input_tokens": 0, "output_tokens": output,
        "reasoning_output_tokens": reasoning, "total_tokens": input + output})
}

fn count(at: u32, last: Value, total: Value) -> String {
    line(
        at,
        "event_msg",
        json!({"type": "token_count", "info": {"last_token_usage": last, "total_token_usage": total}, "rate_limits": null}),
    )
}

fn meta(at: u32, more: Value) -> String {
    let mut payload = json!({"id": SESSION, "timestamp": format!("2026-11-21T08:32:{at:02}.000Z"), "cwd": "/src/demo",
        "originator": "codex_exec", "cli_version": "0.169.0", "source": "exec", "model_provider": "openai"});
    payload.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    line(at, "session_meta", payload)
}

fn said(role: &str, text: &str) -> Value {
    json!({"type": "message", "role": role, "content": [{"type": if role == "assistant" { "output_text" } else { "input_text" }, "text": text}]})
}

/// Two calls and a tool; one count is repeated, as Codex does.
fn session() -> Vec<String> {
    vec![
        meta(0, json!({})),
        item(0, said("user", "<environment_context>here</environment_context>")),
        line(1, "turn_context", json!({"model": "gpt-5-codex", "effort": "high", "cwd": "/src/demo"})),
        item(1, said("user", "Run echo")),
        line(1, "event_msg", json!({"type": "user_message", "message": "Run echo"})),
        count(1, Value::Null, Value::Null)
            .replace("\"last_token_usage\":null,\"total_token_usage\":null", ""),
        item(3, json!({"type": "reasoning", "summary": [{"type": "summary_text", "text": "I will run it"}]})),
        item(
            4,
            json!({"type": "function_call", "name": "exec_command", "arguments": "{\"cmd\":\"echo hi\"}", "call_id": "call_1"}),
        ),
        count(5, usage(120, 64, 17, 5), usage(120, 64, 17, 5)),
        item(
            6,
            json!({"type": "function_call_output", "call_id": "call_1", "output": "Chunk ID: 1\nProcess exited with code 0\nOutput:\nhi\n"}),
        ),
        count(6, usage(120, 64, 17, 5), usage(120, 64, 17, 5)),
        item(8, said("assistant", "It said hi.")),
        count(9, usage(140, 100, 20, 0), usage(260, 164, 37, 5)),
    ]
}

fn whole() -> Tokens {
    Tokens { input: 260, output: 37, cache_read: 164, cache_write: 0, reasoning: 5 }
}

#[test]
fn calls_are_counted_by_the_last_usage_and_never_by_totals() {
    let mut house = House::new();
    house.write("rollout-1.jsonl", &session().join("\n"));
    let report = house.import().remove(0);
    assert_eq!((report.format.unwrap().as_str(), report.bad), ("codex", 0), "{report:?}");
    let usage = house.usage();
    assert_eq!((usage.llm_calls, usage.tokens), (2, whole()));
    assert!(usage.cost.is_some(), "{usage:?}");
    let tools: Vec<_> =
        house.tools().into_iter().map(|tool| (tool.tool.to_string(), tool.calls, tool.errors)).collect();
    assert_eq!(tools, [("exec_command".to_owned(), 1, 0)]);
    let [trace] = house.traces()[..] else { panic!("one turn is one trace") };
    assert_eq!(house.tree(trace).len(), 4);
    let call = house.spans.iter().find(|span| span.canonical.kind == Kind::Llm).unwrap();
    assert_eq!(
        (call.canonical.signal, call.canonical.session.as_deref()),
        (Signal::Transcript, Some(SESSION))
    );
    let said = house.said("codex.response").join("\n");
    for words in ["Run echo", "I will run it", "echo hi", "It said hi."] {
        assert!(said.contains(words), "{words}: {said}");
    }
    house.import();
    assert_eq!(house.usage(), usage);
}

#[test]
fn a_record_of_usage_and_the_count_after_it_are_one_call() {
    let mut house = House::new();
    let record = |at, response: &str, last: Value, total: Value| {
        line(
            at,
            "token_usage_record",
            json!({"thread_id": SESSION, "response_id": response, "usage": last, "thread_token_usage": total}),
        )
    };
    let mut lines = session();
    lines.insert(8, record(5, "resp_1", usage(120, 64, 17, 5), usage(120, 64, 17, 5)));
    lines.insert(13, record(9, "resp_2", usage(140, 100, 20, 0), usage(260, 164, 37, 5)));
    house.write("rollout-1.jsonl", &lines.join("\n"));
    house.import();
    let usage = house.usage();
    assert_eq!((usage.llm_calls, usage.tokens), (2, whole()));
    let ids: Vec<_> = house.spans.iter().filter_map(|span| span.canonical.response_id.clone()).collect();
    assert!(ids.iter().any(|id| id == "resp_1") && ids.iter().any(|id| id == "resp_2"), "{ids:?}");
}

/// The file of a fork: its own meta, then the parent's lines with the given times, then one own call.
fn fork(id: &str, replayed_at: Option<u32>) -> Vec<String> {
    let own = json!({"id": id, "forked_from_id": SESSION});
    let mut lines = vec![meta(30, own)];
    lines.extend(session().into_iter().map(|line| match replayed_at {
        Some(at) => {
            let mut json: Value = serde_json::from_str(&line).unwrap();
            json["timestamp"] = format!("2026-11-21T08:32:{at:02}.010Z").into();
            json.to_string()
        }
        None => line,
    }));
    lines.push(item(31, said("user", "Go on")));
    lines.push(line(31, "turn_context", json!({"model": "gpt-5-codex"})));
    lines.push(line(32, "event_msg", json!({"type": "user_message", "message": "Go on"})));
    lines.push(count(35, usage(200, 150, 30, 10), usage(460, 314, 67, 15)));
    lines
}

#[test]
fn what_a_fork_copied_from_its_parent_is_the_parents() {
    for replayed_at in [None, Some(30)] {
        let mut house = House::new();
        house.write("a/rollout-parent.jsonl", &session().join("\n"));
        // Ids of version 4 contain no time.
        house.write(
            "b/rollout-fork.jsonl",
            &fork("7a1b86eb-04d3-409a-9ef6-fc6d397eabe9", replayed_at).join("\n"),
        );
        house.import();
        let usage = house.usage();
        let want = Tokens { input: 460, output: 67, cache_read: 314, cache_write: 0, reasoning: 15 };
        assert_eq!((usage.llm_calls, usage.tokens), (3, want), "replayed at {replayed_at:?}");
    }
}

#[test]
fn older_rollouts_without_counts_are_named() {
    let mut house = House::new();
    house.write(
        "rollout-old.jsonl",
        "{\"id\":\"x\",\"timestamp\":\"2025-06-01T00:00:00Z\",\"instructions\":null}\n",
    );
    let report = house.import_as(Some(quipu_import::Format::Codex)).remove(0);
    assert!(report.failed() && report.troubles[0].why.contains("no token counts"), "{report:?}");
}

#[test]
fn source_code_and_the_plan_are_read() {
    let mut house = House::new();
    let git = json!({"commit_hash": "9d59409a", "branch": "next", "repository_url": "https://example.com/demo.git"});
    let mut lines = session();
    lines[0] = meta(0, json!({"git": git}));
    house.write("rollout-1.jsonl", &lines.join("\n"));
    house.import();
    let call = house.spans.iter().find(|span| span.canonical.kind == Kind::Llm).unwrap();
    let read = &call.canonical;
    let told = [read.project.as_deref(), read.commit.as_deref(), read.branch.as_deref()];
    assert_eq!((told, read.billing), ([Some("demo"), Some("9d59409a"), Some("next")], None));
    // With a plan each count reports the used share of its windows.
    let limits = r#""rate_limits":{"plan_type":"plus","primary":{"used_percent":3.0,"window_minutes":300},"secondary":null}"#;
    let mut house = House::new();
    let lines = lines.join("\n").replace("\"rate_limits\":null", limits);
    house.write("rollout-1.jsonl", &lines);
    house.import();
    let calls = house.spans.iter().filter(|span| span.canonical.kind == Kind::Llm);
    assert!(calls.into_iter().all(|call| call.canonical.billing == Some(Billing::Subscription)));
    let usage = house.usage();
    assert_eq!((usage.llm_calls, usage.cost), (2, None));
    assert!(usage.subscription.is_some(), "{usage:?}");
}
