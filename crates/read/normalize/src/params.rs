//! Parser of request parameters.

use compact_str::CompactString;
use quipu_core::{Params, Value};
use quipu_semconv::Field;

use crate::number::{decimal, flag, integer};
use crate::words::words;
use crate::{Slots, json, text};

/// Maximum size of a JSON text of parameters that is parsed on the hot path, in bytes.
const LARGEST: usize = 256 << 10;

/// Keys that are read from a JSON text of all parameters.
const KEYS: [&str; 16] = [
    "model",
    "temperature",
    "top_p",
    "top_k",
    "max_tokens",
    "max_completion_tokens",
    "max_output_tokens",
    "frequency_penalty",
    "presence_penalty",
    "seed",
    "n",
    "stream",
    "reasoning_effort",
    "stop",
    "user",
    "model_name",
];

/// Values of the JSON text that are not parameters.
pub(crate) struct Extra {
    /// Requested model.
    pub(crate) model: Option<CompactString>,
    /// User named in the request.
    pub(crate) user: Option<CompactString>,
}

/// The request's parameters. Separate keys precede the JSON text of all parameters.
pub(crate) fn params(slots: &Slots<'_>) -> (Params, Extra) {
    let from_json = slots.text(Field::Parameters).filter(|text| text.len() <= LARGEST);
    let found = from_json.map_or([const { None }; 16], |text| json::pick(text, KEYS));
    let [
        model,
        temperature,
        top_p,
        top_k,
        max_tokens,
        max_completion,
        max_output,
        frequency,
        presence,
        seed,
        n,
        stream,
        effort,
        stop,
        user,
        model_name,
    ] = found;
    let own = |field| slots.get(field).cloned();
    let params = Params {
        temperature: own(Field::Temperature).or(temperature).as_ref().and_then(decimal),
        top_p: own(Field::TopP).or(top_p).as_ref().and_then(decimal),
        top_k: own(Field::TopK).or(top_k).as_ref().and_then(integer),
        max_tokens: own(Field::MaxTokens)
            .or(max_tokens)
            .or(max_completion)
            .or(max_output)
            .as_ref()
            .and_then(integer),
        frequency_penalty: own(Field::FrequencyPenalty).or(frequency).as_ref().and_then(decimal),
        presence_penalty: own(Field::PresencePenalty).or(presence).as_ref().and_then(decimal),
        seed: own(Field::Seed).or(seed).as_ref().and_then(integer),
        choice_count: own(Field::ChoiceCount).or(n).as_ref().and_then(integer),
        stream: own(Field::Stream).or(stream).as_ref().and_then(flag),
        reasoning_level: slots.label(Field::ReasoningLevel).or_else(|| effort.as_ref().and_then(text::label)),
        stop_sequences: own(Field::StopSequences)
            .or(stop)
            .as_ref()
            .map(|value| words(value, false))
            .unwrap_or_default(),
    };
    let label = |value: Option<Value>| value.as_ref().and_then(text::label);
    (params, Extra { model: label(model).or_else(|| label(model_name)), user: label(user) })
}
