//! Tests of a recorded run: kinds, tokens, tools, agents, session, user, hand-offs, messages and events.

use std::collections::BTreeSet;

use quipu_adapter_quipu::Quipu;
use quipu_conformance::sample::draft;
use quipu_conformance::{Recording, run_adapter};
use quipu_core::{Adapter, Adapters, Canonical, Kind, Reading, Status};
use quipu_sdk::{Level, RecorderConfig};

use quipu_semconv::quipu::{
    CORRELATION_ID, DATA_PREFIX, FRAMEWORK, GUARDRAIL_TRIGGERED, KIND, KINDS, MEMORY_HIT, MEMORY_KEY,
    REPORTED_COST, RETRIEVAL_DOCUMENTS, TASK, TOOL_OK, USAGE_ESTIMATED, WORKFLOW,
};

use crate::recording::{named, run, with_contents};

fn read(name: &str) -> Canonical {
    let batch = run(RecorderConfig::default());
    Quipu.canonical(named(&batch, name))
}

#[test]
fn obeys_every_law() {
    let recordings = [
        Recording { name: "quipu".to_owned(), spans: run(RecorderConfig::default()).spans },
        Recording { name: "quipu--contents".to_owned(), spans: with_contents().spans },
    ];
    let report = run_adapter(&Quipu, &recordings);
    assert!(report.failed().is_empty(), "{report}");
}

#[test]
fn claims_its_own_only() {
    assert!(run(RecorderConfig::default()).spans.iter().all(|span| Quipu.claims(span)));
    assert!(!Quipu.claims(&draft(1, 1).with("quipu.kind", "llm").span()));
}

#[test]
fn a_call_has_all_that_was_said() {
    let read = read("chat gpt-5");
    assert_eq!((read.kind, read.convention.as_str()), (Kind::Llm, "quipu"));
    assert_eq!(read.operation.as_deref(), Some("chat"));
    assert_eq!(read.provider.as_deref(), Some("openai"));
    assert_eq!(read.request_model.as_deref(), Some("gpt-5"));
    assert_eq!(read.response_model.as_deref(), Some("gpt-5-2025-08-07"));
    assert_eq!(
        (read.response_id.as_deref(), read.service_tier.as_deref()),
        (Some("resp_1"), Some("priority"))
    );
    assert_eq!((read.params.temperature, read.params.stream), (Some(0.5), Some(true)));
    let usage = read.usage.unwrap();
    assert_eq!((usage.input, usage.output), (Some(900), Some(40)));
    assert_eq!((usage.cache_read, usage.reasoning, usage.reading), (Some(600), Some(10), Reading::Inclusive));
    assert_eq!(read.reported_cost.unwrap().to_string(), "0.0125");
    assert_eq!(read.finish_reasons, ["stop"]);
    assert!(read.time_to_first_token.is_some_and(|nanos| nanos < 1_000_000_000));
    assert_eq!((read.agent.as_deref(), read.workflow.as_deref()), (Some("planner"), Some("booking")));
    assert_eq!((read.session.as_deref(), read.user.as_deref()), (Some("s-1"), Some("u-1")));
    assert_eq!(read.framework.as_deref(), Some("quipu"));
    assert!(read.unknown_usage.is_empty() && read.notes.is_empty() && !read.never_count);
}

#[test]
fn an_estimate_is_no_count() {
    let guess = read("rerank-v3.5").usage.unwrap();
    assert_eq!((guess.input, guess.estimated), (Some(30), true));
    assert!(!read("chat gpt-5").usage.unwrap().estimated);
}

#[test]
fn every_guard_has_its_kind() {
    let batch = run(RecorderConfig::default());
    for (name, kind, operation) in [
        ("invoke_workflow booking", Kind::Workflow, Some("invoke_workflow")),
        ("find a flight", Kind::Task, None),
        ("invoke_agent planner", Kind::Agent, Some("invoke_agent")),
        ("execute_tool weather", Kind::Tool, Some("execute_tool")),
        ("embeddings text-embedding-3-small", Kind::Embedding, Some("embeddings")),
        ("rerank-v3.5", Kind::Rerank, Some("rerank")),
        ("flights", Kind::Retrieval, Some("retrieval")),
        ("no-secrets", Kind::Guardrail, None),
        ("helpful", Kind::Evaluator, None),
        ("react", Kind::Planning, Some("plan")),
        ("session", Kind::Other, Some("session")),
        ("window", Kind::Other, Some("context_assembly")),
        ("ls", Kind::Other, Some("shell_command")),
        ("commit", Kind::Other, Some("vcs")),
        ("anything", Kind::Other, None),
    ] {
        let read = Quipu.canonical(named(&batch, name));
        assert_eq!((read.kind, read.operation.as_deref()), (kind, operation), "{name}");
    }
    // Two operations may have one name.
    let reads: Vec<_> =
        batch.spans.iter().filter(|span| span.name == "read").map(|span| Quipu.canonical(span)).collect();
    let seen: Vec<_> = reads.iter().map(|read| (read.kind, read.operation.as_deref())).collect();
    assert_eq!(seen, [(Kind::Memory, None), (Kind::Other, Some("file_operation"))]);
}

#[test]
fn steps_tools_and_hand_offs() {
    let batch = run(RecorderConfig::default());
    let read = |name: &str| Quipu.canonical(named(&batch, name));
    let step = read("find a flight");
    assert_eq!((step.step.as_deref(), step.workflow.as_deref()), (Some("find a flight"), Some("booking")));
    let planner = read("invoke_agent planner");
    assert_eq!((planner.agent.as_deref(), planner.agent_id.as_deref()), (Some("planner"), Some("a-1")));
    assert_eq!(
        (planner.handoff_from.as_deref(), planner.handoff_to.as_deref()),
        (Some("planner"), Some("booker"))
    );
    let tool = read("execute_tool weather");
    assert_eq!((tool.tool.as_deref(), tool.tool_call_id.as_deref()), (Some("weather"), Some("call_1")));
    let transfer = read("transfer_to_billing");
    assert_eq!(transfer.handoff_to.as_deref(), Some("billing"));
    assert_eq!(
        (transfer.handoff_from.as_deref(), transfer.error_type.as_deref()),
        (Some("booker"), Some("timeout"))
    );
    assert_eq!(transfer.framework.as_deref(), Some("langgraph"));
    assert_eq!(read("no-secrets").guardrail_triggered, Some(true));
    assert_eq!(read("given up").error_type.as_deref(), Some("cancelled"));
    assert_eq!(named(&batch, "ls").status, Status::Error);
    assert_eq!(read("ls").error_type.as_deref(), Some("exit_code"));
    assert_eq!(read("session").session.as_deref(), Some("s-2"));
}

#[test]
fn spans_make_one_trace() {
    let batch = run(RecorderConfig::default());
    let root = named(&batch, "invoke_workflow booking");
    assert!(batch.spans.iter().all(|span| span.trace_id == root.trace_id));
    let parent = |name: &str| named(&batch, name).parent_id;
    assert_eq!(root.parent_id, None);
    assert_eq!(parent("find a flight"), Some(root.span_id));
    assert_eq!(parent("chat gpt-5"), Some(named(&batch, "invoke_agent planner").span_id));
    assert_eq!(parent("given up"), Some(named(&batch, "invoke_agent booker").span_id));
}

#[test]
fn what_was_said_needs_full_prompts() {
    let batch = run(RecorderConfig::default());
    assert_eq!(Quipu.messages(named(&batch, "chat gpt-5")), quipu_core::Messages::default());
    assert!(!format!("{batch:?}").contains("Lima."));
    let batch = with_contents();
    let said = Quipu.messages(named(&batch, "chat gpt-5"));
    assert_eq!((said.input.len(), said.output.len()), (1, 1));
    let tool = Quipu.messages(named(&batch, "execute_tool weather"));
    assert!(tool.tool_arguments.is_some() && tool.tool_result.is_some());
}

#[test]
fn events_say_whose_they_are() {
    let mut batch = run(RecorderConfig::default());
    let all = Adapters::new(vec![std::sync::Arc::new(Quipu)]);
    batch.events.iter_mut().for_each(|event| all.read_event(event));
    let [call, order] = &batch.events[..] else { panic!("{:?}", batch.events) };
    assert_eq!((call.name.as_str(), call.level), ("tool.call", Level::Info));
    assert_eq!((call.session.as_deref(), call.agent.as_deref()), (Some("s-1"), Some("planner")));
    assert_eq!((call.framework.as_deref(), order.framework.as_deref()), (Some("quipu"), Some("langgraph")));
    assert_eq!(call.span_id, Some(named(&batch, "invoke_agent planner").span_id));
}

#[test]
fn an_exported_event_is_read_from_its_attributes() {
    let mut event = run(RecorderConfig::default()).events.remove(1);
    (event.session, event.agent, event.framework) = (None, None, None);
    let sent = event.attributes.clone();
    Quipu.event(&mut event);
    assert_eq!((event.session.as_deref(), event.agent.as_deref()), (Some("s-1"), Some("booker")));
    assert_eq!((event.framework.as_deref(), event.attributes), (Some("langgraph"), sent));
}

#[test]
fn the_lens_explains_every_line() {
    let batch = run(RecorderConfig::default());
    let all = Adapters::new(vec![std::sync::Arc::new(Quipu)]);
    for (name, field, key) in [
        ("chat gpt-5", "kind", "quipu.kind"),
        ("chat gpt-5", "reported_cost", "quipu.reported_cost_usd"),
        ("execute_tool transfer_to_billing", "framework", "quipu.framework"),
        ("window", "operation", "quipu.kind"),
        ("invoke_agent planner", "handoff_to", "gen_ai.handoff.to_agent"),
        ("no-secrets", "guardrail_triggered", "quipu.guardrail.triggered"),
    ] {
        let lens = all.lens(named(&batch, name));
        assert_eq!(lens.adapter, "quipu");
        let line = lens.lines.iter().find(|line| line.field == field);
        let line = line.unwrap_or_else(|| panic!("no line {field} of {name}: {:#?}", lens.lines));
        assert_eq!(line.key.as_deref(), Some(key), "{line:?}");
    }
    assert!(all.lens(named(&batch, "chat gpt-5")).unread.is_empty());
}

#[test]
fn unsampled_spans_still_count() {
    let (recorder, mut drain) = quipu_sdk::Recorder::new(RecorderConfig::default());
    let parent = recorder
        .context()
        .extract(&[("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00")]);
    parent.llm("openai", "gpt-5").usage((9, 4)).attribute("note", "left out").end();
    let batch = drain.collect(std::time::Duration::from_millis(200));
    let read = Quipu.canonical(&batch.spans[0]);
    assert_eq!((read.kind, read.request_model.as_deref()), (Kind::Llm, Some("gpt-5")));
    assert_eq!(read.usage.map(|usage| (usage.input, usage.output)), Some((Some(9), Some(4))));
}

#[test]
fn both_sides_know_the_same_words() {
    let batch = with_contents();
    let known = [
        KIND,
        FRAMEWORK,
        CORRELATION_ID,
        REPORTED_COST,
        USAGE_ESTIMATED,
        GUARDRAIL_TRIGGERED,
        RETRIEVAL_DOCUMENTS,
        MEMORY_KEY,
        MEMORY_HIT,
        TASK,
        TOOL_OK,
        WORKFLOW,
    ];
    let on_spans = batch.spans.iter().flat_map(|span| &span.attributes);
    let on_events = batch.events.iter().flat_map(|event| &event.attributes);
    let ours = on_spans.chain(on_events).map(|(key, _)| key.as_str()).filter(|key| key.starts_with("quipu."));
    let seen: BTreeSet<_> = ours.filter(|key| !key.starts_with(DATA_PREFIX)).collect();
    assert!(seen.iter().all(|key| known.contains(key)), "{seen:?}");
    assert!(seen.len() >= known.len() - 2, "{seen:?}");
    let words: BTreeSet<_> = batch.spans.iter().filter_map(|span| span.attributes.text(KIND)).collect();
    assert_eq!(words, KINDS.iter().map(|(word, _)| *word).collect());
}
