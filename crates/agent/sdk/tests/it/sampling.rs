//! Tests of head sampling: one inherited decision, and complete totals.

use std::time::Duration;

use quipu_core::{SpanId, TraceId, Value};
use quipu_sdk::{Recorder, RecorderConfig, SampleRule, Sampler, Usage};

#[test]
fn unsampled_spans_are_slim_but_have_what_totals_need() {
    let settings =
        RecorderConfig { sampler: Sampler::Never, log_full_prompts: true, ..RecorderConfig::default() };
    let (recorder, mut drain) = Recorder::new(settings);
    let agent = recorder.context().agent("planner").session_id("s-1").enter();
    assert_eq!(agent.context().is_sampled(), Some(false));
    let mut call = quipu_sdk::llm("openai", "gpt-5").input("secret").temperature(0.5).attribute("mine", 1);
    call.event("happened", &[]);
    call.update(|call| call.usage(Usage::of(10, 5)).attribute("gen_ai.usage.other", 3));
    call.error("timeout", "took too long");
    call.end();
    drop(agent);
    let spans = drain.collect(Duration::ZERO).spans;
    let call = &spans[0];
    assert_eq!(call.name, "chat gpt-5");
    assert_eq!(call.attributes.get("quipu.sampled"), Some(&Value::Bool(false)));
    for kept in ["quipu.kind", "gen_ai.provider.name", "gen_ai.request.model", "error.type", "session.id"] {
        assert!(call.attributes.text(kept).is_some(), "{kept}");
    }
    for kept in ["gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens", "gen_ai.usage.other"] {
        assert!(call.attributes.get(kept).is_some(), "{kept}");
    }
    for left_out in ["gen_ai.input.messages", "gen_ai.request.temperature", "mine"] {
        assert_eq!(call.attributes.get(left_out), None);
    }
    assert!(call.events.is_empty());
    let counts = recorder.counts();
    assert_eq!((counts.spans, counts.unsampled), (0, 2));
}

#[test]
fn a_remote_decision_stands_and_roots_follow_the_rules() {
    let rule = SampleRule { kind: Some("tool".into()), name: Some("wea*".into()), sampler: Sampler::Always };
    let sampler = Sampler::Rules(vec![rule], Box::new(Sampler::Never));
    let (recorder, _drain) = Recorder::new(RecorderConfig { sampler, ..RecorderConfig::default() });
    let sampled = |guard: quipu_sdk::Tool| guard.context().is_sampled();
    assert_eq!(sampled(recorder.context().tool("weather")), Some(true));
    assert_eq!(sampled(recorder.context().tool("search")), Some(false));
    let (trace, span) = (TraceId::made_of(&["t"]), SpanId::made_of(&["s"]));
    assert_eq!(sampled(recorder.context().within(trace, span, true).tool("search")), Some(true));
    assert_eq!(sampled(recorder.context().within(trace, span, false).tool("weather")), Some(false));
}

#[test]
fn a_ratio_keeps_about_its_part() {
    let (recorder, mut drain) =
        Recorder::new(RecorderConfig { sampler: Sampler::Ratio(0.25), ..RecorderConfig::default() });
    (0..4_000).for_each(|_| recorder.context().task("t").end());
    let counts = recorder.counts();
    assert_eq!(counts.spans + counts.unsampled, 4_000);
    assert!((800..1_200).contains(&counts.spans), "{counts:?}");
    assert_eq!(drain.collect(Duration::ZERO).spans.len(), 4_000);
}
