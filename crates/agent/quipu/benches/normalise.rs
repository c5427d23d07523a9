//! Benchmark of reading one call of each recorded source: `cargo bench -p quipu-obs --features full`.
//!
//! The target is 5 µs per span, and no span above 20 µs. Spans and log records are real; only the long
//! prompts are generated.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, reason = "a benchmark fails by panicking")]

use std::collections::BTreeMap;
use std::sync::LazyLock;

use divan::Bencher;
use quipu_core::{Adapters, Attributes, Batch, Event, Kind, Span};
use quipu_recordings::{Signal, load, names, sent};

/// Sources that report calls in logs.
const CODING_AGENTS: &[&str] = &["claude-code", "claude-agent-sdk--native", "codex", "gemini-cli"];
/// Messages of a long prompt, and bytes of each.
const MESSAGES: (usize, usize) = (50, 2_000);

static ADAPTERS: LazyLock<Adapters> = LazyLock::new(quipu::adapters);
static SPANS: LazyLock<BTreeMap<String, Span>> =
    LazyLock::new(|| names().into_iter().filter_map(|name| Some((name.clone(), call(&name)?))).collect());
static EVENTS: LazyLock<BTreeMap<String, Event>> = LazyLock::new(|| {
    CODING_AGENTS.iter().filter_map(|name| Some(((*name).to_owned(), event(name)?))).collect()
});

fn main() {
    divan::main();
}

/// One call as a span.
#[divan::bench(args = SPANS.keys().map(String::as_str))]
fn span(bencher: Bencher<'_, '_>, source: &str) {
    read(bencher, &SPANS[source]);
}

/// The look-up of the adapter alone.
#[divan::bench(args = SPANS.keys().map(String::as_str))]
fn find(bencher: Bencher<'_, '_>, source: &str) {
    let span = &SPANS[source];
    bencher.bench_local(|| ADAPTERS.of(divan::black_box(span)).is_some());
}

/// One call as a log record of a coding agent.
#[divan::bench(args = EVENTS.keys().map(String::as_str))]
fn log(bencher: Bencher<'_, '_>, source: &str) {
    let event = &EVENTS[source];
    bencher
        .with_inputs(|| Batch { events: vec![event.clone()], ..Batch::default() })
        .bench_local_refs(|batch| ADAPTERS.read_batch(batch));
}

/// One call with 100 kB of messages, in the formats of several conventions.
#[divan::bench(args = ["genai", "openinference", "openllmetry-indexed", "vercel-ai", "langfuse"])]
fn long_prompt(bencher: Bencher<'_, '_>, way: &str) {
    read(bencher, &long(way));
}

fn read(bencher: Bencher<'_, '_>, span: &Span) {
    bencher.with_inputs(|| span.clone()).bench_local_refs(|span| ADAPTERS.read(span));
}

/// The first call of a recording with token counts, else its first call.
fn call(name: &str) -> Option<Span> {
    let spans = load(name).spans;
    let calls = || {
        spans.iter().filter_map(|sent| {
            let mut span = sent.clone();
            ADAPTERS.read(&mut span);
            (span.canonical.kind == Kind::Llm).then_some((sent, span.canonical.usage.is_some()))
        })
    };
    let counted = calls().find(|(_, counts)| *counts).or_else(|| calls().next());
    counted.map(|(sent, _)| sent.clone())
}

/// The first log record that describes a call.
fn event(name: &str) -> Option<Event> {
    sent(name, Signal::Logs).events.into_iter().find(|event| {
        let mut batch = Batch { events: vec![event.clone()], ..Batch::default() };
        ADAPTERS.read_batch(&mut batch);
        batch.spans.iter().any(|span| span.canonical.kind == Kind::Llm)
    })
}

/// A real call, with its prompt replaced by a long one.
fn long(way: &str) -> Span {
    let (source, add): (&str, fn(&mut Attributes)) = match way {
        "genai" => ("openai--otel-contrib-v2--latest", |to| to.push("gen_ai.input.messages", list("parts"))),
        "openinference" => ("openai--openinference", openinference),
        "openllmetry-indexed" => ("ollama--openllmetry", indexed),
        "vercel-ai" => ("ai-sdk-v5--builtin", |to| to.push("ai.prompt.messages", list("content"))),
        "langfuse" => ("langfuse--native", |to| to.push("langfuse.observation.input", list("content"))),
        other => panic!("no way {other}"),
    };
    let mut span = SPANS[source].clone();
    let replaced = [
        "gen_ai.input.messages",
        "llm.input_messages.",
        "input.value",
        "gen_ai.prompt.",
        "ai.prompt.messages",
    ];
    let own = std::mem::take(&mut span.attributes);
    let kept = own.iter().filter(|(key, _)| !replaced.iter().any(|prefix| key.starts_with(prefix)));
    span.attributes = kept.cloned().collect();
    add(&mut span.attributes);
    span
}

fn list(content: &str) -> String {
    let (count, bytes) = MESSAGES;
    let message = format!(r#"{{"role": "user", "{content}": "{}"}}"#, "word ".repeat(bytes / 5));
    format!("[{}]", vec![message; count].join(", "))
}

fn openinference(to: &mut Attributes) {
    to.push("input.value", format!(r#"{{"messages": {}}}"#, list("content")));
    each(to, |at| format!("llm.input_messages.{at}.message"));
}

fn indexed(to: &mut Attributes) {
    each(to, |at| format!("gen_ai.prompt.{at}"));
}

fn each(to: &mut Attributes, prefix: impl Fn(usize) -> String) {
    let (count, bytes) = MESSAGES;
    for at in 0..count {
        to.push(format!("{}.role", prefix(at)), "user");
        to.push(format!("{}.content", prefix(at)), "word ".repeat(bytes / 5));
    }
}
