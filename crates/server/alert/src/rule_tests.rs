//! Tests of rules: the contract's example, presets, and each error.

use super::*;
use crate::{Bound, PRESETS, span_text};

fn rule(text: &str) -> Result<Rule, AlertError> {
    Rule::new("mine", toml::from_str(text).unwrap())
}

#[test]
fn the_example_of_the_guide_is_a_rule() {
    let rule = rule(
        r#"
        kind = "error_rate"
        filter = "service:shop"
        group_by = ["model"]
        window = "5m"
        above = 0.05
        recover = 0.03
        for = "0s"
        keep_firing_for = "0s"
        no_data = "keep"
        severity = "critical"
        channels = ["ops"]
        "#,
    )
    .unwrap();
    assert_eq!(rule.law.bound, Bound::Above(0.05));
    assert_eq!(
        (rule.severity, rule.window, rule.kind()),
        (Severity::Critical, 300 * Timestamp::SECOND, "error_rate")
    );
    let until = Timestamp::from_nanos(Timestamp::HOUR);
    let ask = rule.ask(until, None).unwrap();
    assert_eq!(ask.filter.until, Some(until));
    assert_eq!(ask.filter.since, Some(until.plus(-rule.window)));
    assert_eq!((ask.top, ask.group_by.len()), (100, 1));
}

#[test]
fn every_preset_is_a_rule_and_its_keys_can_be_changed() {
    for preset in PRESETS {
        let plain = rule(&format!("preset = {:?}", preset.name)).unwrap();
        assert_eq!(plain.law.bound.threshold(), preset.threshold, "{}", preset.name);
        let side = if matches!(plain.law.bound, Bound::Above(_)) { "above" } else { "below" };
        let own = rule(&format!("preset = {:?}\n{side} = 7.0\nwindow = \"1h\"", preset.name)).unwrap();
        assert_eq!((own.law.bound.threshold(), own.window), (7.0, Timestamp::HOUR));
    }
}

#[test]
fn presets_have_the_thresholds_of_the_design() {
    let of = |name: &str| {
        let rule = rule(&format!("preset = {name:?}")).unwrap();
        (rule.law.bound, span_text(rule.window), span_text(rule.law.hold))
    };
    let text = |text: &str| text.to_owned();
    assert_eq!(of("high_error_rate"), (Bound::Above(0.05), text("5m"), text("0s")));
    assert_eq!(of("low_coverage").0, Bound::Below(0.8));
    assert_eq!(rule("preset = \"low_coverage\"").unwrap().consecutive, 3);
    assert_eq!(of("llm_quota_exceeded").0, Bound::Above(1.0));
    assert_eq!(of("guardrails_violations"), (Bound::Above(1.0), text("1m"), text("0s")));
    assert_eq!(of("slow_response").0, Bound::Above(60_000.0));
    assert_eq!(rule("preset = \"slow_response\"").unwrap().figure, Figure::Latency(0.99));
    assert_eq!(of("system_overload"), (Bound::Above(0.9), text("1m"), text("5m")));
    assert_eq!(of("error_rate_high").0, Bound::Above(0.1));
    assert_eq!(of("response_time_high").0, Bound::Above(5_000.0));
    assert_eq!(of("memory_high").0, Bound::Above(1e9));
    assert_eq!(of("tool_success_low").0, Bound::Above(0.2));
}

#[test]
fn an_error_names_rule_key_value_and_limit() {
    let good = "kind = \"error_rate\"\nabove = 0.1\n";
    for (text, parts) in [
        ("kind = \"nonsense\"\nabove = 1.0", &["kind", "nonsense", "error_rate"][..]),
        ("above = 1.0", &["kind", "nothing"]),
        ("preset = \"none\"", &["preset", "none", "slow_response"]),
        ("kind = \"calls\"", &["above", "threshold"]),
        ("kind = \"calls\"\nabove = 1.0\nbelow = 2.0", &["above", "both"]),
        ("kind = \"calls\"\nabove = nan", &["above", "finite"]),
        (&format!("{good}window = \"30s\""), &["window", "30s", "1m", "30d"]),
        (&format!("{good}window = \"90s\""), &["window", "90s", "whole minutes"]),
        (&format!("{good}window = \"31d\""), &["window", "31d", "30d"]),
        (&format!("{good}for = \"x\""), &["for", "x"]),
        (&format!("{good}recover = 0.2"), &["recover", "0.2", "0.1"]),
        (&format!("{good}no_data = \"zero\""), &["no_data", "zero", "keep"]),
        (&format!("{good}severity = \"high\""), &["severity", "high", "critical"]),
        (&format!("{good}group_by = [\"model\", \"user\", \"agent\"]"), &["group_by", "at most 2"]),
        (&format!("{good}group_by = [\"colour\"]"), &["group_by", "colour"]),
        (&format!("{good}groups = 10001"), &["groups", "10001", "10000"]),
        (&format!("{good}filter = \"cost>>1\""), &["filter", "position"]),
        (&format!("{good}quantile = \"p95\""), &["quantile", "latency"]),
        (&format!("{good}escalate_after = \"5m\""), &["escalate_to"]),
        ("kind = \"latency\"\nquantile = \"p42\"\nabove = 1.0", &["quantile", "p42", "p99"]),
        ("kind = \"metric\"\nabove = 1.0", &["metric", "nothing"]),
        ("kind = \"budget\"\nabove = 1.0", &["budget"]),
        ("kind = \"query\"\nquery = \"from=tools&since=-1h\"\nabove = 1.0", &["query", "since"]),
        (
            "kind = \"query\"\nquery = \"from=tools\"\nfigure = \"cost\"\nabove = 1.0",
            &["figure", "from=calls"],
        ),
        ("kind = \"no_data\"\nabove = 1.0", &["above", "no_data"]),
        (&format!("{good}critical = 0.05"), &["critical", "0.05", "0.1"]),
        (&format!("{good}critical = 0.5\nseverity = \"critical\""), &["severity", "warning"]),
        (&format!("{good}no_data_for = \"5m\""), &["no_data_for", "alert"]),
        (&format!("{good}compared_with = \"40d\""), &["compared_with", "40d", "30d"]),
        (&format!("{good}escalate = [{{ after = \"5m\", to = [] }}]"), &["escalate.to", "channel"]),
        ("kind = \"health\"\nbelow = 50.0\ngroup_by = [\"model\"]", &["group_by", "agent or tool"]),
        ("kind = \"health\"\nbelow = 50.0\ncompared_with = \"1d\"", &["compared_with", "health"]),
        ("kind = \"score\"\nbelow = 0.5", &["score", "nothing"]),
        ("kind = \"sql\"\nabove = 1.0", &["sql", "nothing", "SELECT"]),
        ("kind = \"sql\"\nabove = 1.0\nsql = \" \"", &["sql", "SELECT"]),
        ("kind = \"sql\"\nabove = 1.0\nsql = \"SELECT 1\"\nmin_count = 2", &["min_count", "sql"]),
        ("kind = \"sql\"\nabove = 1.0\nsql = \"SELECT 1\"\ngroup_by = [\"model\"]", &["group_by", "model"]),
        (&format!("{good}sql = \"SELECT 1\""), &["sql", "error_rate"]),
        ("kind = \"ingest_lag\"\nabove = 5.0\nfilter = \"model:x\"", &["filter"]),
    ] {
        let error = rule(text).expect_err(text).to_string();
        assert!(error.starts_with("[alert.mine] "), "{error}");
        parts.iter().for_each(|part| assert!(error.contains(part), "{text}: {error} lacks {part}"));
    }
    assert!(Rule::new("Big Name", toml::from_str(good).unwrap()).unwrap_err().to_string().contains("a-z"));
    assert!(toml::from_str::<RuleConfig>("kinds = 1").is_err(), "unknown keys are rejected");
}

#[test]
fn a_query_string_is_decoded() {
    let rule =
        rule("kind = \"query\"\nquery = \"from=tools&filter=tool%3Asearch+status:error\"\nabove = 1.0")
            .unwrap();
    assert_eq!(rule.ask(Timestamp::from_nanos(0), None).unwrap().filter.terms.len(), 2);
}

#[test]
fn a_statement_runs_each_half_minute_at_most() {
    let rule = rule("kind = \"sql\"\nsql = \"SELECT 1\"\nabove = 1.0").unwrap();
    assert_eq!(span_text(rule.interval(10 * Timestamp::SECOND)), "30s");
    assert_eq!(span_text(rule.interval(60 * Timestamp::SECOND)), "1m");
}

#[test]
fn long_windows_are_evaluated_less_often() {
    let at = |window: &str| {
        let rule = rule(&format!("kind = \"calls\"\nabove = 1.0\nwindow = {window:?}")).unwrap();
        span_text(rule.interval(10 * Timestamp::SECOND))
    };
    assert_eq!((at("1m").as_str(), at("1h").as_str()), ("10s", "10s"));
    assert_eq!((at("6h").as_str(), at("1d").as_str(), at("30d").as_str()), ("1m", "4m", "2h"));
}
