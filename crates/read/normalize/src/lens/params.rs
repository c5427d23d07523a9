//! Lines about the request's parameters.

use compact_str::CompactString;
use quipu_semconv::Field;

use super::{BY_THE_ADAPTER, Lines, Source};
use crate::params::params as again;

/// Names in the JSON of all parameters, most trusted first.
const MAX_TOKENS: &[&str] = &["max_tokens", "max_completion_tokens", "max_output_tokens"];

/// Adds one line for each parameter that was sent. For stop sequences it shows only their number.
pub(super) fn params(lines: &mut Lines<'_>) {
    let params = &lines.read.params;
    let (copied, _) = again(&lines.slots);
    let mut add = |name: &str, field, names: &[&str], value: Option<String>, same: bool| {
        let Some(value) = value else { return };
        let source = if same { source(lines, field, names) } else { Source::rule(BY_THE_ADAPTER) };
        lines.add(name, value, source, &[field]);
    };
    macro_rules! add {
        ($($name:ident $field:ident $names:expr,)*) => {$(
            let value = params.$name.as_ref().map(ToString::to_string);
            add(stringify!($name), Field::$field, $names, value, params.$name == copied.$name);
        )*};
    }
    add! {
        temperature Temperature &["temperature"],
        top_p TopP &["top_p"],
        top_k TopK &["top_k"],
        max_tokens MaxTokens MAX_TOKENS,
        frequency_penalty FrequencyPenalty &["frequency_penalty"],
        presence_penalty PresencePenalty &["presence_penalty"],
        seed Seed &["seed"],
        choice_count ChoiceCount &["n"],
        stream Stream &["stream"],
        reasoning_level ReasoningLevel &["reasoning_effort"],
    }
    let stops = &params.stop_sequences;
    let value = (!stops.is_empty()).then(|| format!("{} texts", stops.len()));
    add("stop_sequences", Field::StopSequences, &["stop"], value, *stops == copied.stop_sequences);
}

fn source(lines: &Lines<'_>, field: Field, names: &[&str]) -> Source {
    if let Some(key) = lines.slots.key(field) {
        return Source::copied(key);
    }
    let name = match (lines.slots.text(Field::Parameters), names) {
        (Some(text), [_, _, ..]) => names.iter().find(|name| crate::pick(text, [**name])[0].is_some()),
        _ => names.first(),
    };
    Source {
        key: lines.slots.key(Field::Parameters).map(CompactString::const_new),
        rule: name.map(|name| format!("`{name}` in the JSON of all parameters").into()),
    }
}
