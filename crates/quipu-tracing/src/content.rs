//! Which fields hold what was said, and are recorded only where full prompts are switched on.

/// Whether a field of this name holds messages, prompts, answers, documents, or arguments or results of tools: by
/// OpenTelemetry's GenAI conventions in their spellings so far, or by OpenInference's.
pub(crate) fn is_content(name: &str) -> bool {
    let Some(name) = name.strip_prefix("gen_ai.") else {
        return matches!(name, "input.value" | "output.value")
            || name.starts_with("llm.input_messages.")
            || name.starts_with("llm.output_messages.");
    };
    matches!(
        name,
        "input.messages"
            | "output.messages"
            | "system_instructions"
            | "tool.call.arguments"
            | "tool.call.result"
            | "tool.input"
            | "tool.output"
            | "prompt"
            | "completion"
            | "retrieval.query.text"
            | "retrieval.documents"
            | "memory.records"
            | "memory.query.text"
    ) || name.starts_with("prompt.")
        || name.starts_with("completion.")
}
