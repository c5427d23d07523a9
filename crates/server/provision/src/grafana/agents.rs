//! The dashboard of agents and models: load, errors, time.

use serde_json::Value;

use super::build::Dashboard;
use super::panel::Panel;

pub(super) fn dashboard() -> Value {
    Dashboard::new(
        "quipu-agents",
        "Quipu: agents and models",
        "Requests to agents, their runs, and the calls of models below them.",
    )
    .row("Requests", requests())
    .row("Agents", agents())
    .row("Models", models())
    .json()
}

fn requests() -> Vec<Panel> {
    vec![
        Panel::lines(
            "Requests a minute",
            "short",
            "sum by (service_name) (rate(quipu_request_count_total{$where}[$__rate_interval])) * 60",
            "{{service_name}}",
        )
        .wide(8),
        Panel::lines(
            "Error rate of requests",
            "percentunit",
            "sum by (service_name) (rate(quipu_request_count_total{$where,status=\"error\"}[$__rate_interval])) \
             / sum by (service_name) (rate(quipu_request_count_total{$where}[$__rate_interval]))",
            "{{service_name}}",
        )
        .wide(8),
        quantiles("Request duration", "quipu_request_duration_seconds").wide(8),
        Panel::stat("Requests", "short", "sum(increase(quipu_request_count_total{$where}[$__range]))"),
        Panel::stat(
            "Failed",
            "percentunit",
            "sum(increase(quipu_request_count_total{$where,status=\"error\"}[$__range])) \
             / sum(increase(quipu_request_count_total{$where}[$__range]))",
        )
        .alarm(0.05),
        Panel::stat("Sessions now", "short", "sum(quipu_session_active)")
            .about("Sessions in which a span ended within the last 15 minutes."),
        Panel::stat("New sessions", "short", "sum(increase(quipu_session_count_total{$where}[$__range]))"),
        Panel::stat("Agents", "short", "count(count by (agent) (quipu_agent_runs_total{$where}))"),
        Panel::stat("Models", "short", "count(count by (model) (quipu_llm_calls_total{$where}))"),
    ]
}

fn agents() -> Vec<Panel> {
    vec![
        Panel::lines(
            "Runs a minute",
            "short",
            "sum by (agent) (rate(quipu_agent_runs_total{$where}[$__rate_interval])) * 60",
            "{{agent}}",
        ),
        Panel::lines(
            "Failed runs per minute",
            "short",
            "sum by (agent, error_type) (rate(quipu_agent_errors_total{$where}[$__rate_interval])) * 60",
            "{{agent}} {{error_type}}",
        ),
        Panel::lines(
            "Run duration, p95",
            "s",
            "histogram_quantile(0.95, sum by (le, gen_ai_agent_name) \
             (rate(gen_ai_invoke_agent_duration_seconds_bucket{$where,gen_ai_operation_name!=\"invoke_workflow\"}[$__rate_interval])))",
            "{{gen_ai_agent_name}}",
        )
        .with_exemplars(),
        Panel::lines(
            "Model calls per run, mean",
            "short",
            "sum by (gen_ai_agent_name) (rate(gen_ai_invoke_agent_inference_calls_sum{$where}[$__rate_interval])) \
             / sum by (gen_ai_agent_name) (rate(gen_ai_invoke_agent_inference_calls_count{$where}[$__rate_interval]))",
            "{{gen_ai_agent_name}}",
        )
        .about("Without the calls of agents below it. A rising value may be a loop."),
        Panel::bars(
            "Hand-overs",
            "short",
            "topk(12, sum by (from, to) (increase(quipu_agent_handoffs_total{$where}[$__range])))",
            "{{from}} to {{to}}",
        ),
        Panel::bars(
            "Operations by kind",
            "short",
            "sum by (kind) (increase(quipu_operation_count_total{$where}[$__range]))",
            "{{kind}}",
        ),
    ]
}

fn models() -> Vec<Panel> {
    vec![
        Panel::lines(
            "Calls a minute",
            "short",
            "sum by (model) (rate(quipu_llm_calls_total{$where}[$__rate_interval])) * 60",
            "{{model}}",
        ),
        Panel::lines(
            "Failed calls per minute",
            "short",
            "sum by (model, error_type) (rate(quipu_llm_errors_total{$where}[$__rate_interval])) * 60",
            "{{model}} {{error_type}}",
        ),
        Panel::lines(
            "Call duration, p95",
            "s",
            "histogram_quantile(0.95, sum by (le, gen_ai_request_model) \
             (rate(gen_ai_client_operation_duration_seconds_bucket{$where}[$__rate_interval])))",
            "{{gen_ai_request_model}}",
        )
        .with_exemplars(),
        Panel::lines(
            "Time to first chunk, p95",
            "s",
            "histogram_quantile(0.95, sum by (le, gen_ai_request_model) \
             (rate(gen_ai_client_operation_time_to_first_chunk_seconds_bucket{$where}[$__rate_interval])))",
            "{{gen_ai_request_model}}",
        )
        .with_exemplars(),
    ]
}

/// A panel with three quantiles of a histogram.
fn quantiles(title: &'static str, histogram: &str) -> Panel {
    let at = |quantile: &str| {
        format!(
            "histogram_quantile({quantile}, sum by (le) (rate({histogram}_bucket{{$where}}[$__rate_interval])))"
        )
    };
    Panel::lines(title, "s", &at("0.5"), "half")
        .query(&at("0.95"), "95 of 100")
        .query(&at("0.99"), "99 of 100")
        .with_exemplars()
}
