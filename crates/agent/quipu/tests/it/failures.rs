//! Tests that errors of every recorded source have a class: rejected and interrupted calls, and failed tools.

use quipu::core::{ErrorClass, Kind, Signal, Span};

/// Spans of a recording that failed, as all adapters read them.
fn failed(name: &str) -> Vec<Span> {
    let mut spans = quipu_recordings::read(&quipu::adapters(), name);
    spans.retain(|span| span.error_class().is_some() && span.canonical.signal == Signal::Span);
    spans
}

/// Recordings with a failed call that has no sign of the server's answer, each with the reason.
const WITHOUT_ANSWER: [(&str, &str); 5] = [
    ("ai-sdk-v6--traceloop", "the outer span has the SDK's own exception only"),
    ("bedrock--botocore+openllmetry", "one record of a stream has the SDK's exception class only"),
    ("beeai--oi", "a module was missing, and nothing was sent"),
    ("mastra--otel-exporter-failing", "the span has a finish reason only"),
    ("ms-agent-framework--native", "the span has only the framework's own exception class"),
];

#[test]
fn recorded_failures_of_calls_and_tools_have_a_class() {
    let (mut calls, mut tools, mut wrong) = (0, 0, Vec::new());
    for name in quipu_recordings::names() {
        for span in failed(&name) {
            let class = span.error_class().unwrap();
            // The recorded model server rejects calls with 429 or 400, and fails with 500. Recorded tools
            // report that their backend is down.
            let expected = match span.canonical.kind {
                kind if kind.is_call() => {
                    calls += 1;
                    let is_without = WITHOUT_ANSWER.iter().any(|(recording, _)| *recording == name);
                    matches!(
                        class,
                        ErrorClass::RateLimit | ErrorClass::InvalidRequest | ErrorClass::Unavailable
                    ) || (is_without && class == ErrorClass::Other)
                }
                Kind::Tool => {
                    tools += 1;
                    class == ErrorClass::ToolError
                }
                _ => true,
            };
            if !expected {
                wrong.push(format!("{name}: {}: {class:?}: {}", span.name, span.status_message));
            }
        }
    }
    assert!(calls > 30 && tools > 10, "{calls} calls, {tools} tools");
    assert!(wrong.is_empty(), "{wrong:#?}");
}
