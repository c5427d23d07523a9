//! Google's Gemini API, direct and on Vertex: `generateContent`, `streamGenerateContent`, `embedContent`,
//! `predict`.
//!
//! Source: [generate](https://ai.google.dev/api/generate-content#UsageMetadata). `promptTokenCount` includes
//! cached tokens and excludes tokens of server-side tools (`toolUsePromptTokenCount`); `candidatesTokenCount`
//! excludes thoughts.

use quipu_core::Usage;
use serde_json::Value;

use super::Draft;
use super::draft::error_of;
use super::fields::{count, list, sum, text};

/// Reads the usage of an answer's `usageMetadata`; `None` without figures.
pub fn usage(told: &Value) -> Option<Usage> {
    let tool_prompt = count(told, "toolUsePromptTokenCount");
    let reasoning = count(told, "thoughtsTokenCount");
    let usage = Usage {
        input: sum(count(told, "promptTokenCount"), tool_prompt),
        cache_read: count(told, "cachedContentTokenCount"),
        input_audio: modality(told, "promptTokensDetails", "AUDIO"),
        input_image: modality(told, "promptTokensDetails", "IMAGE"),
        cache_read_audio: modality(told, "cacheTokensDetails", "AUDIO"),
        tool_prompt,
        output: sum(
            count(told, "candidatesTokenCount").or_else(|| count(told, "responseTokenCount")),
            reasoning,
        ),
        reasoning,
        output_audio: modality(told, "candidatesTokensDetails", "AUDIO"),
        output_image: modality(told, "candidatesTokensDetails", "IMAGE"),
        ..Usage::default()
    };
    usage.is_known().then_some(usage)
}

fn modality(told: &Value, details: &str, wanted: &str) -> Option<u64> {
    let of = list(told, details).iter().find(|one| text(one, "modality") == Some(wanted))?;
    count(of, "tokenCount")
}

/// Reads an answer, or one chunk of a stream.
pub fn generated(body: &Value, draft: &mut Draft) {
    // The servers behind Google's coding assistants wrap it.
    let body = body.get("response").filter(|inner| inner.is_object()).unwrap_or(body);
    draft.id(text(body, "responseId"));
    draft.model(text(body, "modelVersion"));
    if let Some(told) = body.get("usageMetadata") {
        // Figures grow with each chunk; the last ones count.
        draft.answer.usage = usage(told).or(draft.answer.usage.take());
        draft.service_tier(text(told, "serviceTier"));
    }
    if let Some(reason) = body.get("promptFeedback").and_then(|feedback| text(feedback, "blockReason")) {
        draft.stopped(0, Some(reason));
    }
    if let Some(error) = error_of(body) {
        draft.failed(error);
    }
    for candidate in list(body, "candidates") {
        let choice = count(candidate, "index").unwrap_or(0);
        let reason = text(candidate, "finishReason");
        draft.stopped(choice, reason);
        // A stream has no end event; the chunk with the finish reason is the last one.
        draft.answer.is_complete |= reason.is_some();
        for part in candidate.get("content").map_or(&[][..], |content| list(content, "parts")) {
            said(part, choice, draft);
        }
    }
}

fn said(part: &Value, choice: u64, draft: &mut Draft) {
    if let Some(piece) = text(part, "text") {
        let thought = part.get("thought").and_then(Value::as_bool).unwrap_or(false);
        let slot = draft.last_said(choice, thought).unwrap_or_else(|| draft.next(choice));
        if thought {
            draft.reasoning(choice, slot, piece);
        } else {
            draft.text(choice, slot, piece);
        }
    } else if let Some(call) = part.get("functionCall") {
        let slot = draft.next(choice);
        draft.tool(choice, slot, text(call, "id"), text(call, "name"));
        if let Some(arguments) = call.get("args") {
            draft.arguments(choice, slot, &arguments.to_string());
        }
    } else if let Some((kind, _)) =
        part.as_object().and_then(|part| part.iter().find(|(_, value)| value.is_object()))
    {
        draft.other(choice, draft.next(choice), serde_json::json!({"type": kind}));
    }
}

/// Reads the answer to an embedding request, direct (`usageMetadata`) or on Vertex (a count per prediction).
pub fn embedded(body: &Value, draft: &mut Draft) {
    if let Some(told) = body.get("usageMetadata") {
        draft.answer.usage = usage(told).map(|usage| Usage { output: None, ..usage });
    }
    let predicted = list(body, "predictions")
        .iter()
        .filter_map(|prediction| count(prediction.get("embeddings")?.get("statistics")?, "token_count"));
    if let Some(tokens) = predicted.fold(None, |tokens, more| sum(tokens, Some(more))) {
        draft.answer.usage = Some(Usage { input: Some(tokens), ..Usage::default() });
    }
    if let Some(error) = error_of(body) {
        draft.failed(error);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn thoughts_are_on_top_of_candidates_and_tools_on_top_of_the_prompt() {
        let told = json!({"promptTokenCount": 120, "candidatesTokenCount": 17, "cachedContentTokenCount": 64,
            "thoughtsTokenCount": 5, "toolUsePromptTokenCount": 9, "totalTokenCount": 151,
            "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 100}, {"modality": "AUDIO", "tokenCount": 20}]});
        let expected = Usage {
            tool_prompt: Some(9),
            input_audio: Some(20),
            ..Usage::of(129, 22).cache_read(64).reasoning(5)
        };
        assert_eq!(usage(&told), Some(expected));
    }
}
