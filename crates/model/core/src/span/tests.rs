//! Tests of spans and their fields.

use super::*;

fn is_of_sdk(name: &str) -> bool {
    Scope { name: name.into(), ..Scope::default() }.mark().is_of_sdk()
}

#[test]
fn a_providers_sdk_has_the_providers_name_first() {
    let own = [
        "com.anthropic.sdk.python",
        "com.anthropic.claude-platform",
        "@anthropic-ai/sdk",
        "OpenAI.ChatClient",
        "Azure.AI.Inference.ChatCompletionsClient",
        "@google/genai",
    ];
    let others = [
        "",
        "openai",
        "@traceloop/node-server-sdk",
        "@acme/observability-sdk",
        "com.acme.sdk",
        "com.arize.openinference",
        "opentelemetry.instrumentation.openai.v1",
        "@openai/agents",
        "openai-agents",
        "azure.core.tracing",
        "langsmith-sdk",
    ];
    assert_eq!(own.map(is_of_sdk), [true; 6]);
    assert_eq!(others.map(is_of_sdk), [false; 11]);
}

#[test]
fn tracer_providers_of_one_process_are_of_one_process() {
    let of = |attributes: &[(&str, Value)]| {
        let attributes = attributes.iter().map(|(key, value)| (*key, value.clone())).collect();
        Resource { attributes, ..Resource::default() }.process()
    };
    let host = ("host.name", Value::from("pod-7"));
    let pid = ("process.pid", Value::Int(41));
    let instance = |id: &str| ("service.instance.id", Value::from(id));
    let service = |name: &str| ("service.name", Value::from(name));
    let one = of(&[host.clone(), pid.clone(), instance("a"), service("langfuse")]);
    assert_eq!(one, of(&[host.clone(), pid.clone(), instance("b"), service("logfire")]));
    assert_eq!(one, of(&[host.clone(), pid.clone()]));
    assert_ne!(one, of(&[host.clone(), ("process.pid", Value::Int(42)), instance("a")]));
    // A process id says nothing without its host.
    assert_ne!(of(&[pid.clone(), service("a")]), of(&[pid.clone(), service("b")]));
    assert_eq!(of(&[pid, instance("a")]), of(&[instance("a")]));
}

#[test]
fn all_processes_of_a_run_are_one() {
    let process = |pairs: &[(&'static str, &'static str)]| {
        Resource { attributes: pairs.iter().copied().collect(), ..Resource::default() }.process()
    };
    let run = ("quipu.run", "00ff");
    assert_eq!(
        process(&[run, ("service.name", "a")]),
        process(&[run, ("host.name", "h"), ("process.pid", "1")])
    );
    assert_ne!(process(&[run]), process(&[("quipu.run", "00fe")]));
    assert_ne!(process(&[run]), process(&[]));
}
