//! Names of members of a request that the gateway reads or judges, and doubts about them.

use std::borrow::Cow;

use quipu_json::RawValue;

use crate::doubt::Doubt;

/// The members that the gateway reads, in the providers' spelling.
pub(super) const NAMES: [&str; 17] = [
    "model",
    "stream",
    "stream_options",
    "user",
    "safety_identifier",
    "metadata",
    "conversation",
    "previous_response_id",
    "system",
    "instructions",
    "systemInstruction",
    "system_instruction",
    "messages",
    "input",
    "contents",
    "background",
    "deferred",
];
/// Further members that affect the cost of a call, in the providers' spelling.
const WEIGHTY: [&str; 21] = [
    "request",
    "requests",
    "prompt",
    "content",
    "instances",
    "tools",
    "functions",
    "max_tokens",
    "max_completion_tokens",
    "max_output_tokens",
    "max_tokens_to_sample",
    "n",
    "best_of",
    "generationConfig",
    "generation_config",
    "maxOutputTokens",
    "candidateCount",
    "candidate_count",
    "service_tier",
    "serviceTier",
    "speed",
];
/// Members that name further models, at [OpenRouter](https://openrouter.ai/docs/features/model-routing) and
/// [LiteLLM](https://docs.litellm.ai/docs/proxy/reliability).
pub(super) const FALLBACKS: [&str; 2] = ["models", "fallbacks"];
/// Members that contain further members of these lists.
pub(super) const CONTAINERS: [&str; 3] = ["request", "generationConfig", "generation_config"];

/// All of these names.
fn known() -> impl Iterator<Item = &'static str> {
    NAMES.iter().chain(&WEIGHTY).chain(&FALLBACKS).copied()
}

/// Calls `each` for every relevant member of an object. Returns the reason if the names are ambiguous.
pub(super) fn names_of<'a>(object: &'a RawValue, each: &mut dyn FnMut(&str, &'a RawValue)) -> Option<Doubt> {
    let mut seen: Vec<Cow<'static, str>> = Vec::new();
    let mut doubt = None;
    let whole = quipu_json::members(object, &mut |name, value| {
        if let Some(exact) = known().find(|known| *known == name) {
            let folded = quipu_json::fold(exact);
            if seen.contains(&folded) {
                doubt = Some(Doubt::Twice);
            } else {
                seen.push(folded);
            }
            return each(&name, value);
        }
        let folded = quipu_json::fold(&name);
        if known().any(|known| quipu_json::fold(known) == folded) {
            doubt = doubt.or(Some(Doubt::Spelling));
        }
    });
    whole.map_or(Some(Doubt::Json), |()| doubt)
}

/// The reason why members of these objects, or of objects in them, are ambiguous. A value that is not an
/// object is left to the provider to reject.
pub(super) fn doubt_within(mut objects: Vec<&RawValue>) -> Option<Doubt> {
    while let Some(object) = objects.pop() {
        if !object.get().starts_with('{') {
            continue;
        }
        let mut each = |name: &str, value| {
            if CONTAINERS.contains(&name) {
                objects.push(value);
            }
        };
        if let Some(doubt) = names_of(object, &mut each) {
            return Some(doubt);
        }
    }
    None
}

/// Returns whether a list of models has none.
pub(super) fn is_empty(value: &RawValue) -> bool {
    quipu_json::is_null(value) || value.get().trim_matches(['[', ']', ' ', '\n', '\r', '\t']).is_empty()
}
