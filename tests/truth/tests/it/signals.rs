//! Tests of sources with several signals: none alone exceeds the truth, and a coding agent's signals reach
//! it.

use std::sync::Arc;

use quipu_core::{Batch, Resource};
use quipu_recordings::Signal;

use crate::compare::{most, truth};
use crate::found::Found;
use crate::recording::{ALL, Recording};
use crate::store::Fed;

/// Coding agents: any single signal should be enough.
const CODING: [&str; 5] =
    ["claude-agent-sdk--native", "claude-code", "codex", "continue-cli--metrics", "gemini-cli"];

/// Known gaps of a coding agent's signal: recording, signal, start of the difference's text, reason.
const LACKING: &[(&str, Signal, &str, &str)] = &[
    ("gemini-cli", Signal::Traces, "output 34", "spans carry neither thoughts nor cached tokens"),
    (
        "anthropic--traceloop-all-in",
        Signal::Metrics,
        "output 589",
        "the instrumentation adds a stream's first event to its last",
    ),
];

fn judge(recording: &Recording, signal: Signal, found: &Found) -> Vec<String> {
    let want = &recording.want;
    let calls = want["llm_calls_ok"].as_u64().unwrap() + want["llm_calls_failed"].as_u64().unwrap();
    let tokens = [
        ("input", found.tokens.input),
        ("output", found.tokens.output),
        ("cache_read", found.tokens.cache_read),
        ("cache_write", found.tokens.cache_write),
        ("reasoning", found.tokens.reasoning),
    ];
    let mut wrong = Vec::new();
    for (name, have) in tokens {
        let top =
            if ["input", "output"].contains(&name) { most(want, name) } else { Some(truth(want, name)) };
        if let Some(top) = top.filter(|top| have > *top) {
            wrong.push(format!("{name} {have}, over {top}"));
        }
    }
    if found.calls > calls {
        wrong.push(format!("calls {}, over {calls}", found.calls));
    }
    if CODING.contains(&recording.name.as_str()) {
        reached(recording, signal, found, &mut wrong);
    }
    wrong
}

fn reached(recording: &Recording, signal: Signal, found: &Found, wrong: &mut Vec<String>) {
    let want = &recording.want;
    for (name, have) in [("input", found.tokens.input), ("output", found.tokens.output)] {
        if have < truth(want, name) {
            wrong.push(format!("{name} {have}, not {}", truth(want, name)));
        }
    }
    let calls = want["llm_calls_ok"].as_u64().unwrap();
    if signal != Signal::Metrics && found.calls < calls {
        wrong.push(format!("calls {}, not {calls}", found.calls));
    }
}

#[test]
fn one_signal_alone_is_never_too_much() {
    let mut failures = Vec::new();
    for recording in ALL.iter().filter(|recording| recording.signals().len() > 1) {
        for signal in recording.signals() {
            let found = Found::of(&Fed::with(recording.of(signal)));
            let excuses: Vec<_> =
                LACKING.iter().filter(|(name, of, ..)| *name == recording.name && *of == signal).collect();
            let (lacking, wrong): (Vec<_>, Vec<_>) = judge(recording, signal, &found)
                .into_iter()
                .partition(|what| excuses.iter().any(|(.., excuse, _)| what.starts_with(excuse)));
            println!(
                "{:<32} {:<8} {:>6}/{:<5} of {}/{}, {} calls  {} {}",
                recording.name,
                signal.as_str(),
                found.tokens.input,
                found.tokens.output,
                truth(&recording.want, "input"),
                truth(&recording.want, "output"),
                found.calls,
                lacking.join("; "),
                wrong.join("; ")
            );
            failures
                .extend(wrong.iter().map(|what| format!("{} {}: {what}", recording.name, signal.as_str())));
            for (.., excuse, why) in excuses {
                if !lacking.iter().any(|what| what.starts_with(excuse)) {
                    failures.push(format!("{}: `{excuse}` is excused ({why}) but reached", recording.name));
                }
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// A resource as programs send it that were given no name.
fn unnamed(resource: &Arc<Resource>) -> Arc<Resource> {
    let mut resource = Resource::clone(resource);
    for (key, value) in resource.attributes.iter_mut().filter(|(key, _)| key == "service.name") {
        *value = format!("unknown_service:{key}").into();
    }
    Arc::new(resource)
}

#[test]
fn a_service_without_a_name_is_counted_once_too() {
    for recording in ALL.iter().filter(|recording| !CODING.contains(&recording.name.as_str())) {
        let unname = |mut batch: Batch| {
            batch.spans.iter_mut().for_each(|span| span.resource = unnamed(&span.resource));
            batch.events.iter_mut().for_each(|event| event.resource = unnamed(&event.resource));
            batch.metrics.iter_mut().for_each(|metric| metric.resource = unnamed(&metric.resource));
            batch
        };
        let named = Found::of(&Fed::with(recording.batches()));
        let without = Found::of(&Fed::with(recording.batches().into_iter().map(unname)));
        assert_eq!((without.calls, without.tokens), (named.calls, named.tokens), "{}", recording.name);
    }
}
