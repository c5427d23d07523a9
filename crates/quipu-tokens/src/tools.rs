//! Tools that are offered to a model.

use serde_json::Value;

use crate::tally::Tally;

/// How deep a schema is read.
const DEPTH: usize = 16;

/// A tool by its name, description and the JSON schema of its arguments.
///
/// OpenAI writes tools out for its models in a form of its own; its cookbook has the tokens of the parts
/// (<https://cookbook.openai.com/examples/how_to_count_tokens_with_tiktoken>, `num_tokens_for_tools`). For others it is the JSON.
pub(crate) fn offer(tally: &mut Tally<'_>, name: &str, description: &str, schema: &Value, whole: &Value) {
    if !tally.framing().offered {
        return tally.perhaps(&whole.to_string());
    }
    tally.tools();
    let around = tally.framing().tool;
    tally.add(around);
    if tally.is_openai() {
        tally.text(&format!("{name}:{}", description.strip_suffix('.').unwrap_or(description)));
        properties(tally, schema, 0);
    } else {
        tally.rough(&whole.to_string());
    }
}

fn properties(tally: &mut Tally<'_>, schema: &Value, depth: usize) {
    let Some(properties) = schema.get("properties").and_then(Value::as_object) else { return };
    if properties.is_empty() || depth >= DEPTH {
        return;
    }
    tally.add(3);
    for (name, property) in properties {
        tally.add(3);
        let word = |key: &str| property.get(key).and_then(Value::as_str).unwrap_or_default();
        let choices = property.get("enum").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        for choice in choices {
            tally.add(3);
            tally.text(&choice.as_str().map_or_else(|| choice.to_string(), str::to_owned));
        }
        let description = word("description");
        let description = description.strip_suffix('.').unwrap_or(description);
        tally.text(&format!("{name}:{}:{description}", word("type")));
        properties_of(tally, property, depth + 1);
    }
}

/// What a property consists of: an object's properties, a list's items, and choices between schemas.
fn properties_of(tally: &mut Tally<'_>, property: &Value, depth: usize) {
    properties(tally, property, depth);
    if let Some(items) = property.get("items") {
        properties(tally, items, depth);
    }
    for key in ["anyOf", "oneOf", "allOf"] {
        for choice in property.get(key).and_then(Value::as_array).into_iter().flatten() {
            properties(tally, choice, depth);
        }
    }
}
