//! Bucket bounds of histograms.

/// OpenTelemetry's default, from its metrics SDK specification, "Explicit Bucket Histogram Aggregation".
pub const DEFAULT: &[f64] = &[
    0.0, 5.0, 10.0, 25.0, 50.0, 75.0, 100.0, 250.0, 500.0, 750.0, 1_000.0, 2_500.0, 5_000.0, 7_500.0,
    10_000.0,
];

/// Durations in seconds, from a millisecond to ten minutes.
pub const SECONDS: &[f64] = &[
    0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0,
    600.0,
];

/// Model calls and tool runs, in seconds: `gen_ai.client.operation.duration` in OpenTelemetry's GenAI
/// conventions.
pub const OPERATION_SECONDS: &[f64] =
    &[0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92];

/// Tokens: `gen_ai.client.token.usage` in OpenTelemetry's GenAI conventions.
pub const TOKENS: &[f64] = &[
    1.0,
    4.0,
    16.0,
    64.0,
    256.0,
    1_024.0,
    4_096.0,
    16_384.0,
    65_536.0,
    262_144.0,
    1_048_576.0,
    4_194_304.0,
    16_777_216.0,
    67_108_864.0,
];

/// Agent runs, in seconds: `gen_ai.invoke_agent.duration` in OpenTelemetry's GenAI conventions.
pub const AGENT_SECONDS: &[f64] = &[0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 51.2, 102.4, 204.8, 409.6];

/// Workflows, in seconds: `gen_ai.invoke_workflow.duration` in OpenTelemetry's GenAI conventions.
pub const WORKFLOW_SECONDS: &[f64] =
    &[1.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1_800.0, 3_600.0, 7_200.0];

/// Time to the first token or chunk, in seconds: `gen_ai.server.time_to_first_token` in OpenTelemetry's GenAI
/// conventions.
pub const FIRST_TOKEN_SECONDS: &[f64] =
    &[0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0];

/// Time per further token or chunk, in seconds: `gen_ai.server.time_per_output_token` in OpenTelemetry's
/// GenAI conventions.
pub const NEXT_TOKEN_SECONDS: &[f64] =
    &[0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1.0, 2.5];

/// Model calls in one agent run: `gen_ai.invoke_agent.inference_calls` in OpenTelemetry's GenAI conventions.
pub const CALLS: &[f64] = &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0];

/// Ratios and scores from 0 to 1.
pub const SHARES: &[f64] = &[0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0];

/// Whether bounds are ascending, finite, and at most 200.
pub(crate) fn are_usable(bounds: &[f64]) -> bool {
    bounds.len() <= 200
        && bounds.iter().all(|bound| bound.is_finite())
        && bounds.windows(2).all(|pair| pair[0] < pair[1])
}
