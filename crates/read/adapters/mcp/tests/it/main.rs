//! Tests on Model Context Protocol spans of clients, servers and their frameworks.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "a test fails by panicking; its modules have no readers"
)]

use std::sync::Arc;

use quipu_adapter_genai::GenAi;
use quipu_adapter_mcp::Mcp;
use quipu_adapter_openinference::OpenInference;
use quipu_conformance::{run_adapter, sample::draft};
use quipu_core::{Adapter, Adapters, Canonical, Kind, Span, Value};
use quipu_recordings::load;

const NAME: &str = "mcp--openinference";
const CLAUDE: &str = "claude-agent-sdk--openinference";

fn adapters() -> Adapters {
    Adapters::new(vec![Arc::new(Mcp), Arc::new(OpenInference), Arc::new(GenAi)])
}

fn read_one(name: &str, attributes: &[(&str, Value)]) -> Canonical {
    let mut draft = draft(1, 1);
    for (key, value) in attributes {
        draft = draft.with(key, value.clone());
    }
    let mut span = draft.span();
    span.name = name.into();
    adapters().read(&mut span);
    *span.canonical
}

#[test]
fn obeys_every_law() {
    let report = run_adapter(&Mcp, &[load(NAME), load(CLAUDE)]);
    assert!(report.failed().is_empty(), "{report}");
}

#[test]
fn claims_its_own_only() {
    let claimed = |name: &str| load(name).spans.iter().filter(|span| Mcp.claims(span)).count();
    assert_eq!((claimed(NAME), claimed(CLAUDE)), (9, 12));
    assert!(!Mcp.claims(&draft(1, 2).with("gen_ai.operation.name", "execute_tool").span()));
}

fn tools(spans: &[Span], scope: &str) -> Vec<(String, bool)> {
    let of_scope =
        spans.iter().filter(|span| span.scope.name.starts_with(scope) && span.canonical.kind == Kind::Tool);
    let mut tools: Vec<_> = of_scope
        .map(|span| (span.canonical.tool.clone().unwrap().to_string(), span.canonical.error_type.is_some()))
        .collect();
    tools.sort();
    tools
}

#[test]
fn a_client_and_a_server_name_the_same_tool() {
    let spans = quipu_recordings::read(&adapters(), NAME);
    let (clients, servers): (Vec<_>, Vec<_>) =
        spans.into_iter().partition(|span| span.name.starts_with("MCP send"));
    assert_eq!(
        tools(&clients, "mcp"),
        [("broken_tool".to_owned(), false), ("get_weather".to_owned(), false)]
    );
    assert_eq!(tools(&servers, "mcp"), [("broken_tool".to_owned(), true), ("get_weather".to_owned(), false)]);
    for client in clients.iter().filter(|span| span.canonical.kind == Kind::Tool) {
        let server = servers.iter().find(|span| span.parent_id == Some(client.span_id)).unwrap();
        assert_eq!(server.canonical.tool, client.canonical.tool);
    }
}

#[test]
fn a_framework_tells_of_the_same_runs() {
    let spans = quipu_recordings::read(&adapters(), CLAUDE);
    let expected = [
        ("broken_tool".to_owned(), true),
        ("get_weather".to_owned(), false),
        ("get_weather".to_owned(), false),
    ];
    assert_eq!(tools(&spans, "mcp-python-sdk"), expected);
    let prefixed: Vec<_> = tools(&spans, "openinference")
        .into_iter()
        .filter_map(|(name, _)| Some(name.strip_prefix("mcp__w__")?.to_owned()))
        .collect();
    assert_eq!(prefixed, ["broken_tool", "get_weather", "get_weather"]);
    let conventions: Vec<_> = spans.iter().map(|span| span.canonical.convention.as_str()).collect();
    assert!(conventions.contains(&"mcp") && conventions.contains(&"openinference"));
}

#[test]
fn only_a_tools_call_is_a_tool_run() {
    for (method, kind) in [
        ("tools/call", Kind::Tool),
        ("tools/list", Kind::Other),
        ("initialize", Kind::Other),
        ("notifications/tools/list_changed", Kind::Other),
        ("prompts/get", Kind::Other),
        ("resources/read", Kind::Retrieval),
        ("sampling/createMessage", Kind::Task),
    ] {
        let read = read_one(method, &[("mcp.method.name", method.into()), ("gen_ai.tool.name", "t".into())]);
        assert_eq!((read.kind, read.tool.is_some()), (kind, kind == Kind::Tool), "{method}");
        assert_eq!((read.operation.as_deref(), read.framework.as_deref()), (Some(method), Some("mcp")));
    }
}

#[test]
fn failures_are_told_in_three_ways() {
    let call = |key: &'static str, value: Value| {
        read_one("tools/call t", &[("mcp.method.name", "tools/call".into()), (key, value)]).error_type
    };
    assert_eq!(call("error.type", "tool_error".into()).as_deref(), Some("tool_error"));
    assert_eq!(call("mcp.tool.isError", true.into()).as_deref(), Some("tool_error"));
    assert_eq!(call("rpc.response.status_code", "-32602".into()).as_deref(), Some("-32602"));
    assert_eq!(call("rpc.jsonrpc.error_code", (-32601).into()).as_deref(), Some("-32601"));
    for fine in [Value::from("0"), "OK".into(), 200.into(), "".into()] {
        assert_eq!(call("rpc.response.status_code", fine.clone()), None, "{fine:?}");
    }
}

#[test]
fn a_connection_is_a_session_at_the_root_only() {
    let attributes = [("mcp.method.name", "tools/call".into()), ("mcp.session.id", "m".into())];
    assert_eq!(read_one("tools/call t", &attributes).session.as_deref(), Some("m"));
    let mut span =
        draft(1, 2).below(1).with("mcp.method.name", "tools/call").with("mcp.session.id", "m").span();
    adapters().read(&mut span);
    assert_eq!(span.canonical.session, None);
    let own = [("mcp.method.name", "x".into()), ("mcp.session.id", "m".into()), ("session.id", "s".into())];
    assert_eq!(read_one("x", &own).session.as_deref(), Some("s"));
}
