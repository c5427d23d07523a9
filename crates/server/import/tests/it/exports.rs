//! Exports of Phoenix and Langfuse, in the forms of their APIs and clients.

use quipu::core::Tokens;
use serde_json::{Value, json};

use crate::house::House;

fn phoenix(id: &str, parent: Value, kind: &str, attributes: Value) -> Value {
    json!({
        "id": "U3Bhbjox", "name": "step", "context": {"trace_id": "0af7651916cd43dd8448eb211c80319c", "span_id": id},
        "span_kind": kind, "parent_id": parent, "start_time": "2026-11-20T08:00:00.000000+00:00",
        "end_time": "2026-11-20T08:00:01.500000+00:00", "status_code": "OK", "status_message": "", "attributes": attributes, "events": [],
    })
}

fn llm() -> Value {
    json!({"llm.model_name": "gpt-4o", "llm.token_count.prompt": 100, "llm.token_count.completion": 20, "llm.token_count.prompt_details.cache_read": 40,
        "llm.input_messages": [{"message.role": "user", "message.content": "Hello there"}]})
}

const WANT: Tokens = Tokens { input: 100, output: 20, cache_read: 40, cache_write: 0, reasoning: 0 };

#[test]
fn phoenix_as_its_api_gives_it() {
    let spans = [
        phoenix("b7ad6b7169203331", Value::Null, "CHAIN", json!({})),
        phoenix("b7ad6b7169203332", json!("b7ad6b7169203331"), "LLM", llm()),
    ];
    let page = json!({"data": spans, "next_cursor": null});
    let files = [
        ("lines.jsonl", spans.iter().map(|span| format!("{span}\n")).collect::<String>()),
        ("page.json", page.to_string()),
        ("pretty.json", serde_json::to_string_pretty(&page).unwrap()),
        ("array.json", serde_json::to_string_pretty(&spans).unwrap()),
    ];
    for (name, text) in files {
        let mut house = House::new();
        house.write(name, &text);
        let report = house.import().remove(0);
        assert_eq!(
            (report.format.map(|format| format.as_str()), report.bad, report.items),
            (Some("phoenix"), 0, 2),
            "{name}: {report:?}"
        );
        assert_eq!((house.usage().llm_calls, house.usage().tokens), (1, WANT), "{name}");
        assert!(house.said("step").concat().contains("Hello there"), "{name}");
    }
}

#[test]
fn phoenix_as_its_dataframe_writes_it() {
    let row = json!({
        "name": "call", "span_kind": "LLM", "parent_id": null, "start_time": 1_795_248_000_000_u64, "end_time": 1_795_248_001_000_u64,
        "status_code": "UNSET", "status_message": "", "context.span_id": "b7ad6b7169203332", "context.trace_id": "0af7651916cd43dd8448eb211c80319c",
        "attributes.llm.model_name": "gpt-4o", "attributes.llm.token_count.prompt": 100.0, "attributes.llm.token_count.completion": 20.0,
        "attributes.llm.token_count": {"prompt_details": {"cache_read": 40}}, "attributes.input.value": null,
    });
    let mut house = House::new();
    house.write(
        "spans.jsonl",
        &format!(
            "{row}\n{}\n",
            json!({"context.trace_id": "no", "context.span_id": "b7ad6b7169203332", "start_time": 1})
        ),
    );
    let report = house.import().remove(0);
    assert_eq!((report.bad, report.items), (1, 1), "{report:?}");
    assert_eq!(report.troubles[0].line, Some(2));
    assert_eq!((house.usage().llm_calls, house.usage().tokens), (1, WANT));
}

fn generation() -> Value {
    json!({
        "id": "b7ad6b7169203332", "traceId": "0af7651916cd43dd8448eb211c80319c", "type": "GENERATION", "name": "plan", "parentObservationId": "root-1",
        "startTime": "2026-11-20T08:00:00.000Z", "endTime": "2026-11-20T08:00:01.000Z", "completionStartTime": "2026-11-20T08:00:00.200Z",
        "model": "gpt-4o", "modelParameters": {"temperature": 1}, "input": [{"role": "user", "content": "Hello there"}], "output": "Hi",
        "usageDetails": {"input": 60, "output": 20, "input_cached_tokens": 40, "total": 120}, "costDetails": {"total": 0.0012}, "level": "DEFAULT",
    })
}

fn root() -> Value {
    json!({"id": "root-1", "traceId": "0af7651916cd43dd8448eb211c80319c", "type": "SPAN", "name": "run", "startTime": "2026-11-20T08:00:00.000Z", "endTime": "2026-11-20T08:00:02.000Z"})
}

#[test]
fn langfuse_as_its_api_gives_it() {
    let trace = json!({"id": "0af76519-16cd-43dd-8448-eb211c80319c", "timestamp": "2026-11-20T08:00:00.000Z", "name": "weather", "sessionId": "s-7", "userId": "u-42",
        "observations": [root(), generation()]});
    let page = json!({"data": [root(), generation()], "meta": {"page": 1}});
    for (text, session) in [(trace.to_string(), true), (page.to_string(), false)] {
        let mut house = House::new();
        house.write("export.json", &text);
        let report = house.import().remove(0);
        assert_eq!(
            (report.format.map(|format| format.as_str()), report.bad, report.items),
            (Some("langfuse"), 0, 2),
            "{report:?}"
        );
        let usage = house.usage();
        assert_eq!((usage.llm_calls, usage.tokens), (1, WANT));
        assert!(usage.reported.is_some());
        assert_eq!(house.sessions() == 1, session);
    }
}

#[test]
fn langfuse_as_its_exports_write_it_with_traces_beside() {
    let mut house = House::new();
    let row = json!({
        "id": "b7ad6b7169203332", "trace_id": "0af7651916cd43dd8448eb211c80319c", "type": "GENERATION", "name": "plan", "parent_observation_id": "",
        "start_time": "2026-11-20 08:00:00.000000", "end_time": "2026-11-20 08:00:01.000000", "provided_model_name": "gpt-4o", "input": "[]", "output": "Hi",
        "usage_details": {"input": 60, "output": 20, "input_cached_tokens": 40}, "cost_details": {}, "level": "DEFAULT",
    });
    let trace = json!({"id": "0af7651916cd43dd8448eb211c80319c", "timestamp": "2026-11-20 08:00:00.000000", "session_id": "s-7", "user_id": "u-42", "name": "weather"});
    house.write("observations/1.jsonl", &format!("{row}\n"));
    house.write("traces/1.jsonl", &format!("{trace}\n"));
    let reports = house.import();
    assert!(reports.iter().all(|report| report.bad == 0), "{reports:?}");
    assert_eq!((house.usage().tokens, house.sessions()), (WANT, 1));
    let span = &house.spans[0];
    assert_eq!(
        (span.canonical.session.as_deref(), span.canonical.user.as_deref()),
        (Some("s-7"), Some("u-42"))
    );
}

#[test]
fn what_is_not_known_is_named() {
    let mut house = House::new();
    house.write("a.json", "{\"hello\": 1}");
    house.write("b.json", "PAR1\u{0}\u{1}");
    house.write("c.jsonl", "");
    let reports = house.import();
    let why =
        |nth: usize| reports[nth].troubles.first().map(|trouble| trouble.why.clone()).unwrap_or_default();
    assert!(why(0).contains("format is not known") && reports[0].failed(), "{reports:?}");
    assert!(why(1).contains("Parquet"), "{reports:?}");
    assert!(!reports[2].failed() && reports[2].troubles.is_empty());
}
