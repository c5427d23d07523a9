//! Token counts of the tools offered to a model.

use quipu_json::{RawValue, pick};

use crate::tally::Tally;
use crate::value::{compact, each, told, word};

/// Maximum depth of a parsed schema. Deeper content is counted as raw text.
const DEPTH: usize = 16;

/// Adds a tool by its name, description and the JSON schema of its arguments.
///
/// OpenAI writes tools for its models in its own notation. Its cookbook has the token counts
/// (<https://cookbook.openai.com/examples/how_to_count_tokens_with_tiktoken>, `num_tokens_for_tools`). For
/// other models the JSON is counted.
pub(crate) fn offer(
    tally: &mut Tally<'_>,
    name: &str,
    description: &str,
    schema: Option<&RawValue>,
    whole: &RawValue,
) {
    if !tally.framing().offered {
        return tally.perhaps(&compact(whole));
    }
    tally.tools();
    let around = tally.framing().tool;
    tally.add(around);
    if tally.is_openai() {
        tally.text(&format!("{name}:{}", description.strip_suffix('.').unwrap_or(description)));
        if let Some(schema) = schema {
            properties(tally, schema, 0);
        }
    } else {
        tally.rough(&compact(whole));
    }
}

fn properties(tally: &mut Tally<'_>, schema: &RawValue, depth: usize) {
    let [Some(properties)] = pick(schema, ["properties"]) else { return };
    if depth >= DEPTH {
        return tally.text(properties.get());
    }
    let mut has_any = false;
    let _ = quipu_json::members(properties, &mut |name, property| {
        if !std::mem::replace(&mut has_any, true) {
            tally.add(3);
        }
        tally.add(3);
        let [choices] = pick(property, ["enum"]);
        if let Some(choices) = choices {
            each(choices, &mut |choice| {
                tally.add(3);
                tally.text(&told(choice));
            });
        }
        let description = word(property, "description");
        let description = description.strip_suffix('.').unwrap_or(&description);
        tally.text(&format!("{name}:{}:{description}", word(property, "type")));
        properties_of(tally, property, depth + 1);
    });
}

/// Adds the contents of a property: an object's properties, a list's items, and alternative schemas.
fn properties_of(tally: &mut Tally<'_>, property: &RawValue, depth: usize) {
    properties(tally, property, depth);
    let [items, any, one, all] = pick(property, ["items", "anyof", "oneof", "allof"]);
    if let Some(items) = items {
        properties(tally, items, depth);
    }
    for choices in [any, one, all].into_iter().flatten() {
        each(choices, &mut |choice| properties(tally, choice, depth));
    }
}
