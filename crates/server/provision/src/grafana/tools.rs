//! The dashboard of tools, and of agents' memory and knowledge.

use serde_json::Value;

use super::build::Dashboard;
use super::panel::Panel;

pub(super) fn dashboard() -> Value {
    Dashboard::new(
        "quipu-tools",
        "Quipu: tools and retrieval",
        "Runs of tools, each counted once, and look-ups in memory and knowledge.",
    )
    .row("Tools", tools())
    .row("Memory and retrieval", knowledge())
    .json()
}

fn tools() -> Vec<Panel> {
    vec![
        Panel::stat("Runs", "short", "sum(increase(quipu_tool_runs_total{$where}[$__range]))").wide(8),
        Panel::stat(
            "Failed",
            "percentunit",
            "sum(increase(quipu_tool_runs_total{$where,status=\"error\"}[$__range])) \
             / sum(increase(quipu_tool_runs_total{$where}[$__range]))",
        )
        .alarm(0.1)
        .wide(8),
        Panel::stat("Tools", "short", "count(count by (tool) (quipu_tool_runs_total{$where}))").wide(8),
        Panel::lines(
            "Runs a minute",
            "short",
            "sum by (tool) (rate(quipu_tool_runs_total{$where}[$__rate_interval])) * 60",
            "{{tool}}",
        ),
        Panel::lines(
            "Failed runs per minute",
            "short",
            "sum by (tool, error_type) (rate(quipu_tool_errors_total{$where}[$__rate_interval])) * 60",
            "{{tool}} {{error_type}}",
        ),
        Panel::lines(
            "Run duration, p95",
            "s",
            "histogram_quantile(0.95, sum by (le, gen_ai_tool_name) \
             (rate(gen_ai_execute_tool_duration_seconds_bucket{$where}[$__rate_interval])))",
            "{{gen_ai_tool_name}}",
        )
        .with_exemplars(),
        Panel::bars(
            "Runs by tool and agent",
            "short",
            "topk(16, sum by (tool, agent) (increase(quipu_tool_runs_total{$where}[$__range])))",
            "{{tool}} {{agent}}",
        ),
    ]
}

fn knowledge() -> Vec<Panel> {
    vec![
        Panel::lines(
            "Look-ups in knowledge bases per minute",
            "short",
            "sum by (source, status) (rate(quipu_retrieval_queries_total{$where}[$__rate_interval])) * 60",
            "{{source}} {{status}}",
        ),
        Panel::lines(
            "Look-up duration, p95",
            "s",
            "histogram_quantile(0.95, sum by (le, source) \
             (rate(quipu_retrieval_duration_seconds_bucket{$where}[$__rate_interval])))",
            "{{source}}",
        )
        .with_exemplars(),
        Panel::lines(
            "Memory operations per minute",
            "short",
            "sum by (operation, result) (rate(quipu_memory_operations_total{$where}[$__rate_interval])) * 60",
            "{{operation}} {{result}}",
        ),
        Panel::lines(
            "Duration of memory operations, p95",
            "s",
            "histogram_quantile(0.95, sum by (le, operation) \
             (rate(quipu_memory_duration_seconds_bucket{$where}[$__rate_interval])))",
            "{{operation}}",
        )
        .with_exemplars(),
    ]
}
