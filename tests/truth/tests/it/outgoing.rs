//! Tests of exported spans: the sum of their tokens equals Quipu's own totals, in each mapping.

use std::collections::BTreeMap;

use quipu_core::{Batch, Detail, Kind, Span, SpanQuery, Store, Tokens, Value};
use quipu_otlp::outgoing::{Mapping, map};
use quipu_recordings::Signal;

use crate::found::Found;
use crate::recording::ALL;
use crate::store::{ADAPTERS, Fed};

const GENAI: [&str; 5] = [
    "gen_ai.usage.input_tokens",
    "gen_ai.usage.output_tokens",
    "gen_ai.usage.cache_read.input_tokens",
    "gen_ai.usage.cache_write.input_tokens",
    "gen_ai.usage.reasoning.output_tokens",
];

const OPENINFERENCE: [&str; 5] = [
    "llm.token_count.prompt",
    "llm.token_count.completion",
    "llm.token_count.prompt_details.cache_read",
    "llm.token_count.prompt_details.cache_write",
    "llm.token_count.completion_details.reasoning",
];

/// Keys that cause double counting next to those of a mapping.
const OTHERS: [&str; 6] = [
    "gen_ai.usage.prompt_tokens",
    "gen_ai.usage.completion_tokens",
    "ai.usage.promptTokens",
    "llm.usage.total_tokens",
    "gen_ai.usage.cache_creation.input_tokens",
    "langfuse.observation.usage_details",
];

/// Every span that a store holds, read again, with its ledger row.
fn batch(fed: &Fed) -> Batch {
    let mut batch = Batch::default();
    for trace in fed.traces() {
        let query = SpanQuery { trace_id: trace.trace_id, after: None, limit: 1 << 20, detail: Detail::Full };
        for row in fed.ask(fed.store.spans(&query)).rows {
            let mut span = *row.raw.unwrap();
            ADAPTERS.read(&mut span);
            batch.spans.push(span);
            batch.costs.extend(row.cost);
        }
    }
    batch
}

fn sum(spans: &[Span], [input, output, cache_read, cache_write, reasoning]: [&str; 5]) -> Tokens {
    let sum = |key: &str| {
        let tokens = spans.iter().filter_map(|span| span.attributes.get(key)).map(Value::as_int);
        u64::try_from(tokens.map(Option::unwrap).sum::<i64>()).unwrap()
    };
    Tokens {
        input: sum(input),
        output: sum(output),
        cache_read: sum(cache_read),
        cache_write: sum(cache_write),
        reasoning: sum(reasoning),
    }
}

#[test]
fn the_sum_over_all_spans_is_the_total() {
    let mut wrong = BTreeMap::new();
    // Metrics go out as metrics, not as spans.
    for recording in ALL.iter().filter(|recording| recording.signals() != [Signal::Metrics]) {
        let fed = Fed::with(recording.batches());
        let (batch, want) = (batch(&fed), Found::of(&fed).tokens);
        for (mapping, keys) in [(Mapping::GenAi, GENAI), (Mapping::OpenInference, OPENINFERENCE)] {
            let spans = map(&batch, mapping);
            let found = sum(&spans, keys);
            if found != want {
                wrong.insert((&recording.name, format!("{mapping:?}")), (found, want));
            }
            for key in OTHERS {
                let beside = |span: &&Span| span.attributes.get(key).is_some();
                assert_eq!(spans.iter().find(beside), None, "{} {mapping:?} {key}", recording.name);
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_call_says_what_it_is() {
    for recording in &*ALL {
        let fed = Fed::with(recording.batches());
        let batch = batch(&fed);
        for (mapping, operation, model) in [
            (Mapping::GenAi, "gen_ai.operation.name", "gen_ai.request.model"),
            (Mapping::OpenInference, "openinference.span.kind", "llm.model_name"),
        ] {
            for span in map(&batch, mapping).iter() {
                let read = &span.canonical;
                if read.kind != Kind::Llm {
                    continue;
                }
                let text = |key| span.attributes.text(key);
                assert!(text(operation).is_some(), "{} {mapping:?}: {}", recording.name, span.name);
                let named = mapping == Mapping::OpenInference || read.request_model.is_some();
                assert!(
                    !named || text(model).is_some() == read.model().is_some(),
                    "{} {mapping:?}: {}",
                    recording.name,
                    span.name
                );
            }
        }
    }
}
