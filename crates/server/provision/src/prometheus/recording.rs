//! Recording rules for common figures.

/// Names and expressions. Names follow Prometheus' practice: level, metric, operations
/// (<https://prometheus.io/docs/practices/rules/>), with `quipu` for the level of all services.
pub(super) fn rules() -> Vec<(&'static str, String)> {
    let rate = |by: &str, counter: &str| format!("sum by (job, {by}) (rate({counter}[5m]))");
    let share = |by: &str, part: &str, all: &str| format!("{}\n/ {}", rate(by, part), rate(by, all));
    let slow = |by: &str, histogram: &str| {
        format!("histogram_quantile(0.95,\n  sum by (job, {by}, le) (rate({histogram}_bucket[5m]))\n)")
    };
    let model = "service_name, provider, model";
    let failed = "quipu_request_count_total{status=\"error\"}";
    vec![
        ("quipu:requests:rate5m", rate("service_name", "quipu_request_count_total")),
        ("quipu:request_errors:ratio_rate5m", share("service_name", failed, "quipu_request_count_total")),
        ("quipu:request_duration_seconds:p95_rate5m", slow("service_name", "quipu_request_duration_seconds")),
        ("quipu:agent_runs:rate5m", rate("service_name, agent, status", "quipu_agent_runs_total")),
        ("quipu:llm_calls:rate5m", rate(model, "quipu_llm_calls_total")),
        (
            "quipu:llm_errors:ratio_rate5m",
            share(model, "quipu_llm_calls_total{status=\"error\"}", "quipu_llm_calls_total"),
        ),
        ("quipu:llm_tokens:rate5m", rate("service_name, provider, model, type", "quipu_llm_tokens_total")),
        (
            "quipu:llm_cost_usd:rate5m",
            rate("service_name, provider, model, agent", "quipu_llm_cost_usd_total"),
        ),
        (
            "quipu:llm_duration_seconds:p95_rate5m",
            slow("service_name, gen_ai_request_model", "gen_ai_client_operation_duration_seconds"),
        ),
        ("quipu:tool_runs:rate5m", rate("service_name, tool, status", "quipu_tool_runs_total")),
        (
            "quipu:tool_duration_seconds:p95_rate5m",
            slow("service_name, gen_ai_tool_name", "gen_ai_execute_tool_duration_seconds"),
        ),
        (
            "quipu:guardrail_triggers:rate5m",
            rate("service_name, guardrail", "quipu_guardrail_triggers_total"),
        ),
    ]
}
