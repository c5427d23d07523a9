//! Property tests of all adapters together: a program uses keys of the conventions for some values, and own
//! keys for its figures.

use proptest::prelude::*;
use quipu_core::{Attributes, Kind, Span, SpanId, Timestamp, TraceId, Value};

use crate::store::ADAPTERS;

/// Prefixes of a program's own keys, some of which look like those of the conventions.
const PREFIXES: [&str; 6] = ["gen_ai.", "gen_ai.tokens.", "llm.tokens.", "acme.", "acme.llm.usage.", ""];
/// Own names of input and output.
const NAMES: [(&str, &str); 4] = [
    ("tokens_in", "tokens_out"),
    ("promptTokensUsed", "completionTokensUsed"),
    ("n_input_tokens", "n_output_tokens"),
    ("sent_tokens", "generated_tokens"),
];
/// Keys for the model: those of the conventions, and own ones.
const MODELS: [&str; 4] = ["gen_ai.request.model", "gen_ai.response.model", "gen_ai.model", "acme.model"];

fn span(attributes: Attributes) -> Span {
    let (trace, id) = (TraceId::from_bytes([7; 16]).unwrap(), SpanId::from_bytes([7; 8]).unwrap());
    let mut span = Span::new(trace, id, "ask", Timestamp::from_nanos(1), Timestamp::from_nanos(2));
    span.attributes = attributes;
    span
}

proptest! {
    #[test]
    fn figures_under_own_keys_are_counted_beside_keys_of_the_conventions(
        input in 1_i64..100_000, output in 1_i64..10_000,
        prefix in prop::sample::select(PREFIXES.to_vec()), names in prop::sample::select(NAMES.to_vec()),
        model in prop::sample::select(MODELS.to_vec()), says in any::<bool>(),
    ) {
        let mut attributes: Vec<(String, Value)> = vec![
            (model.to_owned(), "gpt-4o".into()),
            (format!("{prefix}{}", names.0), input.into()),
            (format!("{prefix}{}", names.1), output.into()),
        ];
        if says {
            attributes.push(("gen_ai.completion".to_owned(), "It is sunny.".into()));
        }
        let mut span = span(attributes.into_iter().collect());
        ADAPTERS.read(&mut span);
        let usage = span.canonical.usage.as_ref();
        let have = usage.map(|usage| (usage.input, usage.output));
        prop_assert_eq!(span.canonical.kind, Kind::Llm, "{:?}", span.attributes);
        prop_assert_eq!(have, Some((Some(input as u64), Some(output as u64))), "{:?}", span.attributes);
    }
}
