//! Finish reasons: vendors' words and their canonical form.

/// Vendors' words, in lower case with underscores, and the canonical word for each. Other words stay
/// unchanged.
pub const FINISH_REASONS: &[(&str, &str)] = &[
    ("tool_call", "tool_calls"),
    ("tool_use", "tool_calls"),
    ("tooluse", "tool_calls"),
    ("function_call", "tool_calls"),
    ("end_turn", "stop"),
    ("endturn", "stop"),
    ("stop_sequence", "stop"),
    ("finish_reason_stop", "stop"),
    ("complete", "stop"),
    ("completed", "stop"),
    ("eos", "stop"),
    ("max_tokens", "length"),
    ("max_output_tokens", "length"),
    ("max_completion_tokens", "length"),
    ("model_length", "length"),
    ("model_context_window_exceeded", "length"),
    ("safety", "content_filter"),
    ("recitation", "content_filter"),
    ("blocklist", "content_filter"),
    ("prohibited_content", "content_filter"),
    ("spii", "content_filter"),
    ("refusal", "content_filter"),
    ("guardrail_intervened", "content_filter"),
    ("content_filtered", "content_filter"),
];
