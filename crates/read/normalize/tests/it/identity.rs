//! Tests of identity: providers, owners, errors, tiers.

use std::sync::Arc;

use quipu_core::{Resource, SpanEvent, Status, Value};
use quipu_normalize::{Slots, canonical};

use crate::{read, span};

#[test]
fn a_framework_is_no_provider() {
    let read =
        read("", &[("gen_ai.system", "strands-agents".into()), ("gen_ai.request.model", "gpt-4o".into())]);
    assert_eq!((read.provider.as_deref(), read.framework.as_deref()), (Some("openai"), Some("strands")));
}

#[test]
fn a_providers_name_is_no_model_unless_another_provider_runs_it() {
    let model = |provider: &'static str, name: &'static str| {
        let read =
            read("", &[("gen_ai.provider.name", provider.into()), ("gen_ai.request.model", name.into())]);
        read.request_model.map(|name| name.to_string())
    };
    assert_eq!(model("anthropic", "anthropic"), None);
    assert_eq!(model("openai", "unknown"), None);
    assert_eq!(model("ollama", "mistral").as_deref(), Some("mistral"));
    assert_eq!(model("anthropic", "claude-sonnet-4-5").as_deref(), Some("claude-sonnet-4-5"));
}

#[test]
fn a_host_tells_more_than_a_models_name() {
    let attributes =
        [("gen_ai.request.model", "gpt-4o".into()), ("server.address", "x.openai.azure.com".into())];
    assert_eq!(read("", &attributes).provider.as_deref(), Some("azure.ai.openai"));
}

#[test]
fn owners_may_be_in_metadata_or_on_the_resource() {
    for metadata in [r#"{"session_id": "s", "user_id": 7}"#, "{'session_id': 's', 'user_id': 7, 'x': None}"] {
        let read = read("", &[("metadata", metadata.into())]);
        assert_eq!((read.session.as_deref(), read.user.as_deref()), (Some("s"), Some("7")), "{metadata}");
    }
    let mut span = span("", &[("user.id", "own".into())]);
    let attributes = [("session.id", "everyone's"), ("user.id", "everyone's")].into_iter().collect();
    span.resource = Arc::new(Resource { attributes, ..Resource::default() });
    let read = canonical(&Slots::of(&span), "genai");
    assert_eq!((read.session.as_deref(), read.user.as_deref()), (Some("everyone's"), Some("own")));
}

#[test]
fn a_run_of_the_resource_is_a_tag() {
    let mut span = span("", &[("tag.tags", "mine".into())]);
    let attributes = [("quipu.run", "00ff")].into_iter().collect();
    span.resource = Arc::new(Resource { attributes, ..Resource::default() });
    assert_eq!(canonical(&Slots::of(&span), "genai").tags, ["mine", "run-00ff"]);
    span.attributes.push("langfuse.trace.tags", "run-00ff");
    let tags = canonical(&Slots::of(&span), "genai").tags;
    assert_eq!(tags.iter().filter(|tag| *tag == "run-00ff").count(), 1, "{tags:?}");
}

#[test]
fn only_failures_have_an_error_type() {
    let exception = |status| {
        let mut span = span("", &[("http.response.status_code", 429.into())]);
        span.status = status;
        let attributes = [("exception.type", "<class 'x.Broken'>")].into_iter().collect();
        span.events.push(SpanEvent { time: span.start, name: "exception".into(), attributes });
        span
    };
    assert_eq!(canonical(&Slots::of(&exception(Status::Unset)), "genai").error_type, None);
    assert_eq!(
        canonical(&Slots::of(&exception(Status::Error)), "genai").error_type.as_deref(),
        Some("x.Broken")
    );
    let mut bare = span("", &[("http.response.status_code", 429.into())]);
    bare.status = Status::Error;
    assert_eq!(canonical(&Slots::of(&bare), "genai").error_type.as_deref(), Some("429"));
}

#[test]
fn a_tier_that_was_only_asked_for_automatically_is_none() {
    let tier = |text: &str| read("", &[("openai.response.service_tier", Value::from(text))]).service_tier;
    assert_eq!(tier("Priority").as_deref(), Some("priority"));
    assert_eq!(tier("auto"), None);
    let both = [
        ("openai.request.service_tier", Value::from("flex")),
        ("openai.response.service_tier", "default".into()),
    ];
    assert_eq!(read("", &both).service_tier.as_deref(), Some("default"));
}

#[test]
fn one_json_text_holds_all_parameters() {
    let json = r#"{"model": "m", "temperature": 0.5, "max_completion_tokens": 9, "stop": ["a"], "stream": true, "n": 2, "tools": [1]}"#;
    let read =
        read("", &[("llm.invocation_parameters", json.into()), ("gen_ai.request.temperature", 0.1.into())]);
    assert_eq!(read.request_model.as_deref(), Some("m"));
    assert_eq!(
        (read.params.temperature, read.params.max_tokens, read.params.choice_count),
        (Some(0.1), Some(9), Some(2))
    );
    assert_eq!((read.params.stream, read.params.stop_sequences.len()), (Some(true), 1));
}

#[test]
fn a_command_that_ends_with_a_code_failed() {
    let error = |code: Value| read("", &[("process.exit.code", code)]).error_type;
    assert_eq!(error(3.into()).as_deref(), Some("exit_code"));
    assert_eq!(error("127".into()).as_deref(), Some("exit_code"));
    assert_eq!(error(0.into()), None);
    let named = [("process.exit.code", 3.into()), ("error.type", "timeout".into())];
    assert_eq!(read("", &named).error_type.as_deref(), Some("timeout"));
}

#[test]
fn a_call_with_a_unique_id_meets_other_records_at_any_place() {
    let meeting = |scope: &str, id: &str, parent: Option<u8>| {
        let attributes = [("gen_ai.operation.name", "chat".into()), ("gen_ai.response.id", id.into())];
        let mut span = span(scope, &attributes);
        span.parent_id = parent.map(|byte| quipu_core::SpanId::from_bytes([byte; 8]).unwrap());
        canonical(&Slots::of(&span), "genai").meeting
    };
    let [client, server] = ["com.anthropic.sdk.python", "com.anthropic.claude-platform"]
        .map(|scope| meeting(scope, "msg_01XFDUDYJgAACzvnptvVoYEL", Some(7)));
    assert!(client.is_some_and(quipu_core::Meeting::is_of_answer));
    assert_eq!(client, server);
    assert_eq!(client, meeting("litellm", "msg_01XFDUDYJgAACzvnptvVoYEL", None));
    assert!(meeting("local", "chatcmpl-123", None).is_some());
    assert_eq!(meeting("local", "chatcmpl-123", Some(7)), None, "an id that a local server counts");
}
