//! Tests: the identity of a call by ids, names, figures and tool calls, in any place.

use std::sync::Arc;

use quipu_core::{
    Kind, Meeting, Resource, Scope, Span, SpanId, Timestamp, ToldCall, ToldRuns, TraceId, Usage,
};

use crate::evidence::{Faults, MS, SCOPES, Truth, below, count, plain, record, run, runs, totals};

pub(crate) const NAMELESS: Faults = Faults { id: true, ..plain() };

pub(crate) fn truth(start: i64, input: u64, output: u64) -> Truth {
    Truth { start, millis: 500, input, output, failed: false }
}

/// The batches of spans in several orders: together, one by one, and reversed.
pub(crate) fn orders(spans: &[Span]) -> [Vec<Vec<Span>>; 3] {
    let single = |spans: &mut dyn Iterator<Item = &Span>| spans.map(|span| vec![span.clone()]).collect();
    [vec![spans.to_vec()], single(&mut spans.iter()), single(&mut spans.iter().rev())]
}

/// The totals, which are the same in each order and with any memory.
pub(crate) fn of(spans: &[Span]) -> (usize, u64, u64, u64) {
    let all = orders(spans).map(|batches| [1_000, 0].map(|memory| totals(&count(&batches, memory))));
    assert!(all.iter().flatten().all(|totals| *totals == all[0][0]), "{all:?}");
    all[0][0]
}

pub(crate) fn on(mut span: Span, attributes: &[(&str, &str)]) -> Span {
    let attributes = attributes.iter().copied().collect();
    span.resource = Arc::new(Resource { attributes, ..Resource::default() });
    span
}

fn scoped(mut span: Span, scope: &str) -> Span {
    span.scope = Arc::new(Scope { name: scope.into(), ..Scope::default() });
    span
}

fn named(mut span: Span, model: &str) -> Span {
    span.canonical.request_model = Some(model.into());
    span
}

fn identified(mut span: Span, id: &str) -> Span {
    span.canonical.response_id = Some(id.into());
    span.canonical.meeting = Some(Meeting::of_answer(id, span.start));
    span
}

#[test]
fn records_that_spell_a_model_differently_are_of_one_call() {
    let spellings = [
        ["claude-sonnet-4-5-20250929-v1:0", "us.anthropic.claude-sonnet-4-5-20250929-v1:0"],
        ["claude-sonnet-4-5", "us.anthropic.claude-sonnet-4-5-20250929-v1:0"],
        ["anthropic/claude-sonnet-4.5", "claude-sonnet-4-5-20250929"],
        ["models/gemini-2.5-flash", "gemini-2.5-flash"],
        ["azure/gpt-4o", "gpt-4o-2024-08-06"],
    ];
    for [one, other] in spellings {
        let pair = [0, 2].map(|scope| record(0, &truth(0, 10, 3), scope, NAMELESS));
        let [first, second] = pair;
        assert_eq!(of(&[named(first, one), named(second, other)]), (1, 10, 3, 5), "{one} and {other}");
    }
}

#[test]
fn a_unique_id_joins_records_whatever_their_models_are_called() {
    let pair = || {
        let [one, other] = [0, 2].map(|scope| record(0, &truth(0, 10, 3), scope, plain()));
        let id = "chatcmpl-9f8e7d6c5b4a";
        [identified(named(one, "fast"), id), identified(named(other, "azure/gpt-4o-eu"), id)]
    };
    assert_eq!(of(&pair()), (1, 10, 3, 5), "in two traces");
    assert_eq!(of(&pair().map(|span| below("app", span))), (1, 10, 3, 5), "beside each other");
    let unmet = pair().map(|mut span| {
        span.canonical.meeting = None;
        span
    });
    assert_eq!(of(&unmet), (1, 10, 3, 5), "in one process");
}

/// A request by the SDK below an application's span, and the span of the server, which runs elsewhere. The
/// server's clock is ahead.
fn of_client_and_server(start: i64, ahead: i64) -> [Span; 2] {
    let id = "msg_01XFDUDYJgAACzvnptvVoYEL";
    let client = below("app", record(0, &truth(start, 10, 3), 3, plain()));
    let client = on(client, &[("host.name", "laptop"), ("service.name", "app")]);
    let server = record(0, &Truth { start: start + ahead, millis: 440, ..truth(0, 10, 3) }, 2, plain());
    let server = scoped(server, "com.anthropic.claude-platform");
    let server = on(server, &[("host.name", "api"), ("service.name", "claude")]);
    [identified(client, id), identified(server, id)]
}

#[test]
fn a_servers_span_is_of_the_call_that_the_sdk_tells_in_any_trace() {
    for (start, ahead) in [(0, 20), (-1, 20), (-600_000, 20), (0, 5_000)] {
        let [client, server] = of_client_and_server(start, ahead);
        assert_eq!(of(&[client.clone(), server.clone()]), (1, 10, 3, 5), "a root of its own");
        let within = below("gateway", server.clone());
        assert_eq!(of(&[client.clone(), within]), (1, 10, 3, 5), "within a trace of its own");
        let mut child = server.clone();
        (child.trace_id, child.parent_id) = (client.trace_id, Some(client.span_id));
        assert_eq!(of(&[client.clone(), child]), (1, 10, 3, 5), "below the request");
        let beside = below("app", server);
        assert_eq!(of(&[client, beside]), (1, 10, 3, 5), "beside the request");
    }
}

#[test]
fn a_session_above_a_call_comes_before_its_answer() {
    let [client, _] = of_client_and_server(0, 0);
    let session = Meeting::of("agent", "session-1");
    let mut root = Span::new(client.trace_id, client.parent_id.unwrap(), "run", client.start, client.start);
    root.canonical.meeting = Some(session);
    let mut log = record(7, &truth(1, 10, 3), 1, NAMELESS);
    log.canonical.signal = quipu_core::Signal::Log;
    log.canonical.meeting = Some(session);
    assert_eq!(of(&[root, client, log]).0, 1);
}

#[test]
fn records_of_a_stream_without_ids_that_differ_by_a_first_event_are_one_call() {
    let told = |outputs: [u64; 2], inputs: [u64; 2]| {
        let pair = [0, 1].map(|at| {
            record(0, &truth(0, inputs[at], outputs[at]), [0, 2][at], Faults { cached: true, ..NAMELESS })
        });
        of(&pair)
    };
    assert_eq!(told([29, 30], [10, 10]), (1, 10, 29, 0));
    assert_eq!(told([37, 29], [10, 10]), (1, 10, 29, 0));
    assert_eq!(told([38, 29], [10, 10]).0, 2, "more than an event");
    assert_eq!(told([30, 29], [10, 11]).0, 2, "another input");
    let one_has_an_id = [record(0, &truth(0, 10, 29), 0, NAMELESS), record(0, &truth(0, 10, 30), 2, plain())];
    assert_eq!(of(&one_has_an_id), (1, 10, 29, 5));
}

#[test]
fn streams_at_once_with_one_input_and_nearly_one_output_stay_as_many_as_they_are() {
    let spans: Vec<Span> = (0..6)
        .flat_map(|number| {
            let start = number as i64 * 2;
            let output = 20 + number as u64;
            [
                record(number, &truth(start, 10, output), 0, NAMELESS),
                record(number, &truth(start, 10, output + 1), 2, NAMELESS),
            ]
        })
        .collect();
    let (calls, input, output, _) = of(&spans);
    assert_eq!((calls, input), (6, 60));
    assert!((135..=141).contains(&output), "{output}");
}

#[test]
fn an_output_without_its_reasoning_is_of_the_same_call() {
    let told = |bare: u64, whole: u64, reasoning: u64| {
        let bare = record(0, &truth(0, 10, bare), 0, NAMELESS);
        let mut full = record(0, &truth(0, 10, whole), 2, NAMELESS);
        full.canonical.usage.as_mut().unwrap().reasoning = Some(reasoning);
        of(&[bare, full])
    };
    assert_eq!(told(43, 161, 118), (1, 10, 161, 5));
    assert_eq!(told(200, 206, 6), (1, 10, 206, 5));
    assert_eq!(told(43, 160, 118).0, 2);
}

#[test]
fn tracer_providers_of_one_process_meet() {
    let host = [("host.name", "pod-7"), ("process.pid", "41")];
    let pair = |pids: [&str; 2], failed: bool| {
        let [one, other] =
            [0, 2].map(|scope| record(0, &Truth { failed, ..truth(0, 10, 3) }, scope, NAMELESS));
        let with = |instance, pid| [host[0], ("process.pid", pid), ("service.instance.id", instance)];
        [on(one, &with("a", pids[0])), on(other, &with("b", pids[1]))]
    };
    assert_eq!(of(&pair(["41", "41"], false)), (1, 10, 3, 5));
    assert_eq!(of(&pair(["41", "41"], true)).0, 1);
    assert_eq!(of(&pair(["41", "42"], false)).0, 2);
    let alone = on(record(0, &truth(0, 10, 3), 1, NAMELESS), &host);
    let [one, other] = pair(["41", "41"], false);
    assert_eq!(of(&[one, alone, other]).0, 1);
}

#[test]
fn a_local_servers_ids_never_join_what_one_scope_tells() {
    let told = |id: &str, scopes: [usize; 2]| {
        [0, 1].map(|at| {
            let span = record(at, &truth(at as i64, 10, 3), scopes[at], plain());
            below("app", identified(span, id))
        })
    };
    assert_eq!(of(&told("chatcmpl-123", [2, 2])), (2, 20, 6, 10), "two calls at once");
    assert_eq!(of(&told("chatcmpl-123", [0, 2])), (1, 10, 3, 5), "two scopes");
    assert_eq!(of(&told("chatcmpl-9f8e7d6c5b4a", [2, 2])), (1, 10, 3, 5), "sent again with another span id");
    let mut other = told("chatcmpl-9f8e7d6c5b4a", [2, 2]);
    other[1].canonical.usage.as_mut().unwrap().output = Some(4);
    assert_eq!(of(&other).0, 2, "one scope tells two answers");
    let mut grown = told("chatcmpl-B4xk9TqLmZ2vWc7RnY5sHd", [2, 2]);
    grown[1].canonical.usage.as_mut().unwrap().output = Some(40);
    assert_eq!(of(&grown), (1, 10, 40, 5), "one answer whose output grows");
    let apart = told("chatcmpl-123", [2, 2]).map(|mut span| {
        span.trace_id = TraceId::made_of(&["apart", &span.span_id.to_string()]);
        span
    });
    let [one, mut other] = apart;
    other.canonical.framework = Some("langchain".into());
    assert_eq!(of(&[one, other]).0, 2, "in two traces, by one scope for two frameworks");
}

fn asking(mut span: Span, ids: &[&str]) -> Span {
    let asked = ids.iter().map(|id| {
        let id = quipu_core::hash_of_id(id);
        ToldCall { key: id, id, name: "search".into() }
    });
    span.canonical.told = Some(Box::new(ToldRuns { asked: asked.collect(), answered: Vec::new() }));
    span
}

#[test]
fn records_that_ask_for_the_same_tool_call_are_of_one_answer() {
    let pair = |ids: [&str; 2]| {
        let one = record(0, &truth(0, 10, 3), 0, NAMELESS);
        let other = record(0, &truth(0, 14, 30), 2, NAMELESS);
        of(&[asking(one, &[ids[0]]), asking(other, &[ids[1]])]).0
    };
    assert_eq!(pair(["call_9f8e7d6c5b4a", "call_9f8e7d6c5b4a"]), 1);
    assert_eq!(pair(["call_9f8e7d6c5b4a", "call_0123456789ab"]), 2);
}

#[test]
fn calls_of_one_instrumentation_that_ask_for_one_tool_call_are_as_many_as_they_are() {
    let calls = (0..3).map(|number| {
        asking(record(number, &truth(number as i64, 10, 3), 2, NAMELESS), &["call_9f8e7d6c5b4a"])
    });
    assert_eq!(of(&calls.collect::<Vec<_>>()).0, 3);
}

#[test]
fn runs_that_overlap_for_a_short_time_are_two() {
    let pair = |[start, end]: [i64; 2]| {
        let spans = [run(0, 0, "search", 0, 100_000), run(0, 1, "search", start, end)];
        let beside = spans.clone().map(|span| below("app", span));
        let [apart, beside] = [spans, beside].map(|spans| runs(&[spans.to_vec()], 1_000));
        assert_eq!(apart, beside, "in two traces and in one");
        apart
    };
    assert_eq!(pair([90_000, 300_000]), 2, "the next run");
    assert_eq!(pair([50_000, 400_000]), 2, "another, longer run");
    assert_eq!(pair([20_000, 70_000]), 1, "the tool's own server");
    assert_eq!(pair([9_000, 109_000]), 1, "a handler that is called second");
    assert_eq!(pair([60_000, 165_000]), 1, "a handler on a busy machine");
    assert_eq!(pair([30_000, 110_000]), 1, "most of the shorter run");
}

#[test]
fn a_child_of_an_unknown_parent_joins_the_record_of_another_process() {
    let [client, server] = of_client_and_server(0, 10);
    let mut litellm = scoped(below("proxy", server.clone()), "litellm");
    litellm.span_id = SpanId::made_of(&["litellm"]);
    litellm.canonical.request_model = Some("fast".into());
    let litellm = on(litellm, &[("service.name", "gateway")]);
    assert_eq!(of(&[client, litellm, server]), (1, 10, 3, 5));
}

#[test]
fn figures_of_a_server_and_an_sdk_that_differ_are_still_of_one_answer() {
    let [client, mut server] = of_client_and_server(0, 10);
    server.canonical.usage = Some(Usage { input: Some(12), output: Some(9), ..Usage::default() });
    assert_eq!(of(&[client, server]).0, 1);
}

#[test]
fn scopes_and_kinds_are_as_the_tests_need_them() {
    let span = record(0, &truth(0, 10, 3), 3, plain());
    assert!(span.scope.mark().is_of_sdk() && span.canonical.kind == Kind::Llm);
    assert_eq!(span.end, Some(Timestamp::from_nanos(span.start.nanos() + (500 + 2) * MS)));
    assert_eq!(SCOPES.len(), 4);
}
