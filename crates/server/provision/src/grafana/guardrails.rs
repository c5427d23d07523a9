//! The dashboard of guardrails and quality judgements.

use serde_json::Value;

use super::build::Dashboard;
use super::panel::Panel;

pub(super) fn dashboard() -> Value {
    Dashboard::new(
        "quipu-guardrails",
        "Quipu: guardrails and quality",
        "Checks of input and output, evaluations of quality, and tests written by agents.",
    )
    .row("Guardrails", guardrails())
    .row("Quality", quality())
    .row("Tests written by agents", tests())
    .json()
}

fn guardrails() -> Vec<Panel> {
    vec![
        Panel::lines(
            "Checks per minute, by outcome",
            "short",
            "sum by (outcome) (rate(quipu_guardrail_checks_total{$where}[$__rate_interval])) * 60",
            "{{outcome}}",
        )
        .stacked(),
        Panel::lines(
            "Triggered a minute",
            "short",
            "sum by (guardrail) (rate(quipu_guardrail_triggers_total{$where}[$__rate_interval])) * 60",
            "{{guardrail}}",
        ),
        Panel::bars(
            "Triggered, by guardrail",
            "short",
            "sum by (guardrail) (increase(quipu_guardrail_triggers_total{$where}[$__range]))",
            "{{guardrail}}",
        ),
        Panel::lines(
            "Check duration, p95",
            "s",
            "histogram_quantile(0.95, sum by (le, guardrail) \
             (rate(quipu_guardrail_duration_seconds_bucket{$where}[$__rate_interval])))",
            "{{guardrail}}",
        )
        .with_exemplars(),
    ]
}

fn quality() -> Vec<Panel> {
    vec![
        Panel::lines(
            "Evaluations, by label",
            "short",
            "sum by (evaluator, label) (rate(quipu_evaluation_count_total{$where}[$__rate_interval])) * 60",
            "{{evaluator}} {{label}}",
        )
        .about("A minute."),
        Panel::lines(
            "Mean score",
            "short",
            "sum by (evaluator) (rate(quipu_evaluation_score_sum{$where}[$__rate_interval])) \
             / sum by (evaluator) (rate(quipu_evaluation_score_count{$where}[$__rate_interval]))",
            "{{evaluator}}",
        ),
    ]
}

fn tests() -> Vec<Panel> {
    vec![
        Panel::lines(
            "Latest coverage",
            "percentunit",
            "min by (agent) (quipu_test_generation_coverage_ratio{$where})",
            "{{agent}}",
        ),
        Panel::lines(
            "Tests per hour",
            "short",
            "sum(rate(quipu_test_generation_generated_total{$where}[$__rate_interval])) * 3600",
            "written",
        )
        .query("sum(rate(quipu_test_generation_passed_total{$where}[$__rate_interval])) * 3600", "passed")
        .query("sum(rate(quipu_test_generation_failed_total{$where}[$__rate_interval])) * 3600", "failed"),
    ]
}
