//! Invented setups with known truth: programs, frameworks, gateways and agents that no recording has.
//!
//! Each shape writes OTLP requests, and the calls that it writes are its truth. The attribute names are those
//! of real instrumentations, or of home-made programs in public repositories.

mod agents;
mod bodies;
mod borrowed;
mod builders;
mod call;
mod coding;
mod diaries;
mod faults;
mod flat;
mod forms;
mod frameworks;
mod further;
mod gateways;
mod homemade;
mod hubs;
mod journals;
mod keys;
mod layers;
mod meters;
mod mixes;
mod mixtures;
mod numbers;
mod odds;
mod others;
mod owners;
mod pairs;
mod platforms;
mod prints;
mod products;
mod providers;
mod runtimes;
mod servers;
mod stacks;
mod strangers;
mod streams;
mod sums;
mod usages;
mod words;
mod world;

use std::collections::BTreeMap;

use quipu_core::{SpanRow, Tokens, Usd};
use quipu_normalize::metric_doubt;
use quipu_unread::is_unread;

use self::call::Call;
use self::world::World;
use crate::cuts::{apart, shuffled};
use crate::found::Found;
use crate::store::{ADAPTERS, Fed};

/// A shape: its name, and its writer.
type Shape = (&'static str, fn(&mut World));

/// The tables of all shapes.
const ALL: [&[Shape]; 36] = [
    frameworks::SHAPES,
    runtimes::SHAPES,
    platforms::SHAPES,
    builders::SHAPES,
    gateways::SHAPES,
    homemade::SHAPES,
    numbers::SHAPES,
    streams::SHAPES,
    mixtures::SHAPES,
    pairs::SHAPES,
    faults::SHAPES,
    coding::SHAPES,
    further::SHAPES,
    sums::SHAPES,
    others::SHAPES,
    servers::SHAPES,
    usages::SHAPES,
    products::SHAPES,
    forms::SHAPES,
    providers::SHAPES,
    stacks::SHAPES,
    agents::SHAPES,
    meters::SHAPES,
    bodies::SHAPES,
    prints::SHAPES,
    keys::SHAPES,
    journals::SHAPES,
    hubs::SHAPES,
    layers::SHAPES,
    flat::SHAPES,
    diaries::SHAPES,
    strangers::SHAPES,
    odds::SHAPES,
    borrowed::SHAPES,
    mixes::SHAPES,
    owners::SHAPES,
];

/// Shapes whose telemetry leaves more than one reading, and what it leaves open. They count nothing, and are
/// listed as unread sources.
const UNREAD: &[(&str, &str)] = &[
    ("batch of several answers in a span", "how many calls were made, and when"),
    ("Cline's counters", "whether input includes cached tokens"),
    ("Goose's tokens without a type", "how many of the tokens are input"),
    ("counter of tokens by kind without a model", "the model"),
    ("n8n with estimates", "the usage, which n8n estimates"),
    ("steps of a Bedrock agent in one span", "when each call was made"),
    ("turns of a realtime session in one span", "when each call was made"),
    ("text of two streams", "how many calls were made, and when"),
    ("totals only", "how many of the tokens are input"),
    ("two usages in one text", "which of them is of the call"),
    ("Prometheus counters of a model server", "whether the clients report the same tokens"),
    ("usage of several models in one span", "how long each call took, and how many calls a model had"),
    ("batch job fetched until it is done", "when each call was made"),
    ("histograms of Text Generation Inference", "whether the clients report the same tokens"),
    ("counters of llama.cpp's server", "whether the clients report the same tokens"),
    ("counters of SGLang's server", "whether the clients report the same tokens"),
    ("counters named by direction beside the model", "whether the clients report the same tokens"),
    ("calls as events of one span", "when each call was made"),
    ("tokens in Spanish", "which of the tokens are input"),
    ("OpenClaw's counters alone", "no label of its metric names the type of tokens"),
    ("tokens as texts with units", "whether the texts are figures"),
    ("Titan's results", "whether the tokens of the results include the input"),
];

const LITELLM_APART: &str = "LiteLLM proxy beside a client without a context";

/// Shapes that differ from their truth: start of the difference, and its cause.
const LEFT: &[(&str, &str, &str)] = &[
    (LITELLM_APART, "calls 5", "embeddings and failures have no id, and processes are joined by id only"),
    (LITELLM_APART, "failed 2", "a failed request has no id"),
    (LITELLM_APART, "tokens 1485/244", "embeddings have no id"),
    (LITELLM_APART, "cost ", "embeddings have no id"),
    ("Nova's usage", "cost ", "in the words of the conventions, Bedrock's input may exclude cached tokens"),
];

/// The differences of a shape that leaves a doubt: it counts nothing, and is listed as unread.
fn doubts(world: &World, found: &Found) -> Vec<String> {
    let mut batches = world.batches();
    batches.iter_mut().for_each(|batch| ADAPTERS.read_batch(batch));
    let spans = batches.iter().flat_map(|batch| &batch.spans);
    let metrics = batches.iter().flat_map(|batch| &batch.metrics);
    let is_shown = spans.clone().any(|span| is_unread(&span.canonical).is_some())
        || metrics.clone().any(|metric| metric_doubt(metric).is_some());
    let is_counted = found.calls > 0 || found.tokens.total() > 0;
    let told = [(is_counted, "counts"), (!is_shown, "is not listed as unread")];
    told.into_iter().filter(|(is, _)| *is).map(|(_, what)| what.to_owned()).collect()
}

/// The same calls in the words of the conventions, for their price.
fn price(calls: &[Call]) -> Option<Usd> {
    let mut plain = World::new("plain");
    for call in calls {
        let call = Call { failed: false, ..call.clone() };
        if call.total() > 0 {
            plain.span("plain", "chat").time(call.start, call.ms).with(words::genai(&call)).send();
        }
    }
    Found::of(&Fed::with(plain.batches())).cost
}

fn tokens(calls: &[Call]) -> Tokens {
    let sum = |of: fn(&Call) -> u64| calls.iter().map(of).sum();
    Tokens {
        input: sum(|call| call.input),
        output: sum(|call| call.output),
        cache_read: sum(|call| call.read),
        cache_write: sum(|call| call.write),
        reasoning: sum(|call| call.reasoning),
    }
}

/// The differences of what was found from the truth.
fn differences(world: &World, found: &Found) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut compare = |what: &str, is: String, should: String| {
        if is != should {
            wrong.push(format!("{what} {is}, not {should}"));
        }
    };
    let failed = world.calls.iter().filter(|call| call.failed).count();
    let calls = if world.is_sum { 0 } else { world.calls.len() };
    compare("calls", found.calls.to_string(), calls.to_string());
    compare("failed", found.failed.to_string(), failed.to_string());
    compare("tokens", figures(found.tokens), figures(tokens(&world.calls)));
    compare("cost", format!("{:?}", found.cost), format!("{:?}", price(&world.calls)));
    compare("tools", told(&found.tools), told(&world.tools));
    compare("agents", format!("{:?}", found.agents), format!("{:?}", world.agents));
    compare("sessions", format!("{:?}", found.sessions), format!("{:?}", world.sessions));
    if world.reported > 0 {
        let reported = found.reported.map_or(0, |cost| u64::try_from(cost.nanos() + 500).unwrap() / 1000);
        compare("reported", reported.to_string(), world.reported.to_string());
    }
    wrong
}

fn figures(tokens: Tokens) -> String {
    let Tokens { input, output, cache_read, cache_write, reasoning } = tokens;
    format!("{input}/{output} ({cache_read} {cache_write} {reasoning})")
}

fn told(tools: &BTreeMap<String, (u64, u64)>) -> String {
    format!("{tools:?}")
}

/// The differences without those that are known; a known one that no longer is there is one, too.
fn excused(name: &str, wrong: Vec<String>) -> Vec<String> {
    let known = || LEFT.iter().filter(|(shape, ..)| *shape == name);
    let is_known = |what: &String| known().any(|(_, begin, _)| what.starts_with(begin));
    let gone = known().filter(|(_, begin, _)| !wrong.iter().any(|what| what.starts_with(begin)));
    let gone: Vec<String> = gone.map(|(_, begin, _)| format!("`{begin}` is excused and gone")).collect();
    wrong.into_iter().filter(|what| !is_known(what)).chain(gone).collect()
}

/// The differences of a shape for every delivery.
fn judge(name: &str, write: fn(&mut World)) -> (Vec<String>, Vec<SpanRow>) {
    let mut world = World::new(name);
    write(&mut world);
    let batches = world.batches();
    let fed = Fed::with(batches.clone());
    let found = Found::of(&fed);
    let is_doubtful = UNREAD.iter().any(|(shape, _)| *shape == name);
    let mut wrong = if is_doubtful { doubts(&world, &found) } else { differences(&world, &found) };
    let spans = fed.spans();
    fed.feed(batches.clone());
    let backwards = Found::of(&Fed::with(apart(&batches).into_iter().rev()));
    let mixed = Found::of(&Fed::with(shuffled(apart(&batches), 5)));
    for (how, other) in [("twice", Found::of(&fed)), ("backwards", backwards), ("shuffled", mixed)] {
        if other != found {
            wrong.push(format!("{how}: {} calls, {}", other.calls, figures(other.tokens)));
        }
    }
    (wrong, spans)
}

#[test]
fn invented_setups_come_to_their_truth() {
    let only = std::env::var("ROUND").unwrap_or_default();
    let shapes = ALL.iter().flat_map(|table| table.iter()).filter(|(name, _)| name.contains(&only));
    let (mut failures, mut count) = (Vec::new(), 0);
    for (name, write) in shapes {
        count += 1;
        let (wrong, spans) = judge(name, *write);
        let wrong = excused(name, wrong);
        if !wrong.is_empty() {
            println!("{name}: {}", wrong.join("; "));
            if !only.is_empty() {
                spans.iter().for_each(|span| println!("  {}", row(span)));
                notes(*write).iter().for_each(|note| println!("  {note}"));
            }
            failures.push(*name);
        }
    }
    assert!(failures.is_empty(), "{} of {count} are off: {failures:?}", failures.len());
}

/// A span and its ledger row, to find the cause of a difference.
fn row(span: &SpanRow) -> String {
    let cost =
        span.cost.as_ref().map(|cost| format!("{:?} {:?} {:?}", cost.rule, cost.usage, cost.convention));
    format!(
        "{:?} {} {:?} {:?} {:?} {}",
        span.kind,
        span.name,
        span.model,
        span.tool,
        span.status,
        cost.unwrap_or_default()
    )
}

/// How the adapters read each span.
fn notes(write: fn(&mut World)) -> Vec<String> {
    let mut world = World::new("notes");
    write(&mut world);
    let mut batches = world.batches();
    batches.iter_mut().for_each(|batch| ADAPTERS.read_batch(batch));
    let spans = batches.iter().flat_map(|batch| &batch.spans);
    spans.map(|span| format!("{:?} {} {:?}", span.canonical.kind, span.name, span.canonical.notes)).collect()
}
