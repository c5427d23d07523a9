//! The dashboard of model costs and tokens.

use serde_json::Value;

use super::build::{Dashboard, variable};
use super::panel::Panel;

pub(super) fn dashboard() -> Value {
    Dashboard::new(
        "quipu-cost",
        "Quipu: cost and tokens",
        "Cost of model calls by the price book, and their tokens. Each call counts once.",
    )
    .variable(variable("model", "Model", "label_values(quipu_llm_calls_total, model)"))
    .row("In the selected time range", totals())
    .row("Cost", cost())
    .row("Tokens", tokens())
    .json()
}

fn totals() -> Vec<Panel> {
    vec![
        Panel::stat(
            "Cost",
            "currencyUSD",
            "sum(increase(quipu_llm_cost_usd_total{$where,model=~\"$model\"}[$__range]))",
        ),
        Panel::stat(
            "Calls",
            "short",
            "sum(increase(quipu_llm_calls_total{$where,model=~\"$model\"}[$__range]))",
        ),
        Panel::stat(
            "Cost of a call",
            "currencyUSD",
            "sum(increase(quipu_llm_cost_usd_total{$where,model=~\"$model\"}[$__range])) \
             / sum(increase(quipu_llm_calls_total{$where,model=~\"$model\"}[$__range]))",
        ),
        Panel::stat(
            "Tokens in",
            "short",
            "sum(increase(quipu_llm_tokens_total{$where,model=~\"$model\",type=\"input\"}[$__range]))",
        ),
        Panel::stat(
            "Tokens out",
            "short",
            "sum(increase(quipu_llm_tokens_total{$where,model=~\"$model\",type=\"output\"}[$__range]))",
        ),
        Panel::stat(
            "Calls without a price",
            "short",
            "sum(increase(quipu_llm_unpriced_calls_total{$where,model=~\"$model\"}[$__range])) or vector(0)",
        )
        .about("Their models are in no price book, or are not billed per call.")
        .alarm(1.0),
    ]
}

fn cost() -> Vec<Panel> {
    vec![
        Panel::lines(
            "Cost per hour, by model",
            "currencyUSD",
            "sum by (model) (rate(quipu_llm_cost_usd_total{$where,model=~\"$model\"}[$__rate_interval])) * 3600",
            "{{model}}",
        )
        .stacked(),
        Panel::lines(
            "Cost per hour, by agent",
            "currencyUSD",
            "sum by (agent) (rate(quipu_llm_cost_usd_total{$where,model=~\"$model\"}[$__rate_interval])) * 3600",
            "{{agent}}",
        )
        .stacked(),
        Panel::bars(
            "Cost by model",
            "currencyUSD",
            "topk(12, sum by (provider, model) (increase(quipu_llm_cost_usd_total{$where,model=~\"$model\"}[$__range])))",
            "{{provider}} {{model}}",
        ),
        Panel::bars(
            "Cost by service",
            "currencyUSD",
            "topk(12, sum by (service_name) (increase(quipu_llm_cost_usd_total{$where,model=~\"$model\"}[$__range])))",
            "{{service_name}}",
        ),
    ]
}

fn tokens() -> Vec<Panel> {
    vec![
        Panel::lines(
            "Tokens per minute, by type",
            "short",
            "sum by (type) (rate(quipu_llm_tokens_total{$where,model=~\"$model\"}[$__rate_interval])) * 60",
            "{{type}}",
        )
        .about("cache_read and cache_write are parts of input, reasoning is part of output."),
        Panel::lines(
            "Share of the input read from the provider's cache",
            "percentunit",
            "sum by (model) (rate(quipu_llm_tokens_total{$where,model=~\"$model\",type=\"cache_read\"}[$__rate_interval])) \
             / sum by (model) (rate(quipu_llm_tokens_total{$where,model=~\"$model\",type=\"input\"}[$__rate_interval]))",
            "{{model}}",
        ),
        Panel::lines(
            "Tokens per call, p95",
            "short",
            "histogram_quantile(0.95, sum by (le, gen_ai_token_type) \
             (rate(gen_ai_client_token_usage_bucket{$where}[$__rate_interval])))",
            "{{gen_ai_token_type}}",
        )
        .with_exemplars(),
        Panel::lines(
            "Tokens per minute, by model",
            "short",
            "sum by (model) (rate(quipu_llm_tokens_total{$where,model=~\"$model\",type=~\"input|output\"}[$__rate_interval])) * 60",
            "{{model}}",
        )
        .stacked(),
    ]
}
