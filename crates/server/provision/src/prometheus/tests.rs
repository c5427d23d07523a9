//! Rule tests with made-up series.

use serde_json::{Map, Value, json};

use crate::alarms::Alarm;

/// The labels of all scraped series in the tests.
const WHERE: &str = "job=\"quipu\",instance=\"a:9464\"";
/// The time after which every error has lasted long enough.
const LATE: &str = "50m";

/// An alert with its cause, its labels, and the figure in its text.
struct Case {
    alarm: &'static str,
    when: &'static str,
    series: &'static [(&'static str, &'static str)],
    about: &'static [(&'static str, &'static str)],
    told: &'static str,
}

const SHOP: (&str, &str) = ("service_name", "shop");
const JOB: (&str, &str) = ("job", "quipu");
const HERE: (&str, &str) = ("instance", "a:9464");

const CASES: [Case; 15] = [
    Case {
        alarm: "high_error_rate",
        when: LATE,
        series: &[("quipu_request_count_total{WHERE,service_name=\"shop\",status=\"error\"}", "0+60x60")],
        about: &[JOB, SHOP],
        told: "100%",
    },
    Case {
        alarm: "low_coverage",
        when: LATE,
        series: &[(
            "quipu_test_generation_coverage_ratio{WHERE,service_name=\"shop\",agent=\"tester\"}",
            "0x60",
        )],
        about: &[JOB, SHOP, ("agent", "tester")],
        told: "0%",
    },
    Case {
        alarm: "llm_quota_exceeded",
        when: LATE,
        series: &[(
            "quipu_llm_errors_total{WHERE,provider=\"openai\",model=\"gpt-5\",error_type=\"RateLimitError\"}",
            "0+10000x60",
        )],
        about: &[JOB, ("provider", "openai"), ("model", "gpt-5")],
        told: "100k",
    },
    Case {
        alarm: "llm_quota_exceeded",
        when: "33m",
        series: &[(
            "quipu_llm_errors_total{WHERE,provider=\"openai\",model=\"gpt-5\",error_type=\"insufficient_quota\"}",
            "_x30 100000x30",
        )],
        about: &[JOB, ("provider", "openai"), ("model", "gpt-5")],
        told: "100k",
    },
    Case {
        alarm: "guardrails_violations",
        when: LATE,
        series: &[(
            "quipu_guardrail_triggers_total{WHERE,service_name=\"shop\",guardrail=\"pii\"}",
            "0+1000x60",
        )],
        about: &[JOB, SHOP, ("guardrail", "pii")],
        told: "1k",
    },
    Case {
        alarm: "slow_response",
        when: LATE,
        series: &[
            ("quipu_request_duration_seconds_bucket{WHERE,service_name=\"shop\",le=\"0.0\"}", "0x60"),
            ("quipu_request_duration_seconds_bucket{WHERE,service_name=\"shop\",le=\"10000.0\"}", "0+60x60"),
            ("quipu_request_duration_seconds_bucket{WHERE,service_name=\"shop\",le=\"+Inf\"}", "0+60x60"),
        ],
        about: &[JOB, SHOP],
        told: "2h 45m 0s",
    },
    Case {
        alarm: "system_overload",
        when: LATE,
        series: &[("system_cpu_utilization_ratio{WHERE}", "1x60")],
        about: &[JOB, HERE],
        told: "100%",
    },
    Case {
        alarm: "error_rate_high",
        when: LATE,
        series: &[("quipu_request_count_total{WHERE,service_name=\"shop\",status=\"error\"}", "0+60x60")],
        about: &[JOB, SHOP],
        told: "100%",
    },
    Case {
        alarm: "response_time_high",
        when: LATE,
        series: &[
            ("quipu_request_duration_seconds_sum{WHERE,service_name=\"shop\"}", "0+600x60"),
            ("quipu_request_duration_seconds_count{WHERE,service_name=\"shop\"}", "0+60x60"),
        ],
        about: &[JOB, SHOP],
        told: "10s",
    },
    Case {
        alarm: "memory_high",
        when: LATE,
        series: &[("process_memory_usage_bytes{WHERE}", "2000000000x60")],
        about: &[JOB, HERE],
        told: "2G",
    },
    Case {
        alarm: "tool_success_low",
        when: LATE,
        series: &[
            ("quipu_tool_runs_total{WHERE,service_name=\"shop\",status=\"error\"}", "0+30x60"),
            ("quipu_tool_runs_total{WHERE,service_name=\"shop\",status=\"ok\"}", "0+30x60"),
        ],
        about: &[JOB, SHOP],
        told: "50%",
    },
    Case {
        alarm: "quipu_machine_full",
        when: LATE,
        series: &[
            ("system_memory_usage_bytes{WHERE,system_memory_state=\"used\"}", "95x60"),
            ("system_memory_limit_bytes{WHERE}", "100x60"),
        ],
        about: &[JOB, HERE, ("resource", "memory")],
        told: "95%",
    },
    Case {
        alarm: "quipu_records_dropped",
        when: LATE,
        series: &[(
            "quipu_exporter_dropped_records_total{WHERE,backend=\"otlp\",reason=\"queue_full\"}",
            "0+1000x60",
        )],
        about: &[JOB, HERE, ("backend", "otlp"), ("reason", "queue_full")],
        told: "15k",
    },
    Case {
        alarm: "quipu_exporter_failing",
        when: LATE,
        series: &[("quipu_exporter_failures_total{WHERE,backend=\"otlp\"}", "0+100x60")],
        about: &[JOB, HERE, ("backend", "otlp")],
        told: "1k",
    },
    Case {
        alarm: "quipu_down",
        when: LATE,
        series: &[("up{WHERE}", "0x60")],
        about: &[JOB, HERE],
        told: "0",
    },
];

/// A day without any error.
const QUIET: [(&str, &str); 17] = [
    ("up{WHERE}", "1x60"),
    ("quipu_request_count_total{WHERE,service_name=\"shop\",status=\"ok\"}", "0+60x60"),
    ("quipu_request_count_total{WHERE,service_name=\"shop\",status=\"error\"}", "0x60"),
    ("quipu_request_duration_seconds_bucket{WHERE,service_name=\"shop\",le=\"0.0\"}", "0x60"),
    ("quipu_request_duration_seconds_bucket{WHERE,service_name=\"shop\",le=\"0.02\"}", "0+60x60"),
    ("quipu_request_duration_seconds_bucket{WHERE,service_name=\"shop\",le=\"+Inf\"}", "0+60x60"),
    ("quipu_test_generation_coverage_ratio{WHERE,service_name=\"shop\",agent=\"tester\"}", "1x60"),
    (
        "quipu_llm_errors_total{WHERE,provider=\"openai\",model=\"gpt-5\",error_type=\"RateLimitError\"}",
        "7x60",
    ),
    ("quipu_guardrail_triggers_total{WHERE,service_name=\"shop\",guardrail=\"pii\"}", "7x60"),
    ("system_cpu_utilization_ratio{WHERE}", "0.01x60"),
    ("quipu_request_duration_seconds_sum{WHERE,service_name=\"shop\"}", "0+60x60"),
    ("quipu_request_duration_seconds_count{WHERE,service_name=\"shop\"}", "0+60x60"),
    ("process_memory_usage_bytes{WHERE}", "100000000x60"),
    ("quipu_tool_runs_total{WHERE,service_name=\"shop\",status=\"ok\"}", "0+60x60"),
    ("quipu_tool_runs_total{WHERE,service_name=\"shop\",status=\"error\"}", "0+1x60"),
    ("quipu_exporter_dropped_records_total{WHERE,backend=\"otlp\",reason=\"queue_full\"}", "7x60"),
    ("quipu_exporter_failures_total{WHERE,backend=\"otlp\"}", "7x60"),
];

/// The recorded figures of that day.
const RECORDED: [(&str, &str, f64); 3] = [
    ("quipu:requests:rate5m", "{job=\"quipu\",service_name=\"shop\"}", 1.0),
    ("quipu:request_errors:ratio_rate5m", "{job=\"quipu\",service_name=\"shop\"}", 0.0),
    ("quipu:request_duration_seconds:p95_rate5m", "{job=\"quipu\",service_name=\"shop\"}", 0.019),
];

pub(super) fn document(alarms: &[Alarm]) -> Value {
    let mut tests: Vec<Value> = CASES.iter().filter_map(|case| test(case, alarms)).collect();
    tests.push(quiet(alarms));
    json!({
        "rule_files": ["../rules/quipu-recording.yml", "../rules/quipu-alerts.yml"],
        "evaluation_interval": "1m",
        "tests": tests,
    })
}

fn test(case: &Case, alarms: &[Alarm]) -> Option<Value> {
    let alarm = alarms.iter().find(|alarm| alarm.name == case.alarm)?;
    let mut labels: Map<String, Value> =
        case.about.iter().map(|(key, value)| ((*key).to_owned(), Value::from(*value))).collect();
    labels.insert("severity".to_owned(), Value::from(alarm.severity));
    let filled =
        |text: String, (key, value): &(&str, &str)| text.replace(&format!("{{{{ $labels.{key} }}}}"), value);
    let description = case.about.iter().fold(alarm.description.replace("{value}", case.told), filled);
    Some(json!({
        "name": format!("{} goes off", alarm.name),
        "interval": "1m",
        "input_series": series(case.series),
        "alert_rule_test": [{
            "eval_time": case.when,
            "alertname": alarm.name,
            "exp_alerts": [{
                "exp_labels": labels,
                "exp_annotations": { "summary": alarm.summary, "description": description },
            }],
        }],
    }))
}

fn quiet(alarms: &[Alarm]) -> Value {
    let silent = |alarm: &Alarm| json!({ "eval_time": LATE, "alertname": alarm.name, "exp_alerts": [] });
    let recorded = |(name, labels, value): &(&str, &str, f64)| {
        json!({
            "expr": name,
            "eval_time": LATE,
            "exp_samples": [{ "labels": format!("{name}{labels}"), "value": value }],
        })
    };
    json!({
        "name": "nothing goes off while all is well",
        "interval": "1m",
        "input_series": series(&QUIET),
        "alert_rule_test": alarms.iter().map(silent).collect::<Vec<_>>(),
        "promql_expr_test": RECORDED.iter().map(recorded).collect::<Vec<_>>(),
    })
}

fn series(all: &[(&str, &str)]) -> Vec<Value> {
    all.iter()
        .map(|(series, values)| json!({ "series": series.replace("WHERE", WHERE), "values": values }))
        .collect()
}
