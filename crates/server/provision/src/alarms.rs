//! The alert rules, for Prometheus and for Grafana.

use crate::ProvisionConfig;

/// The unit of a figure in a sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FigureUnit {
    Share,
    Number,
    Seconds,
}

impl FigureUnit {
    /// The template function of Prometheus and Grafana.
    pub(crate) const fn function(self) -> &'static str {
        match self {
            Self::Share => "humanizePercentage",
            Self::Number => "humanize",
            Self::Seconds => "humanizeDuration",
        }
    }
}

/// A rule: an expression that is compared with a number.
pub(crate) struct Alarm {
    pub(crate) name: &'static str,
    /// PromQL with one series for each thing that may be wrong.
    pub(crate) figure: String,
    /// Whether a figure above `threshold` is wrong; otherwise one below it is.
    pub(crate) above: bool,
    pub(crate) threshold: f64,
    /// How long the figure has to be wrong.
    pub(crate) hold: &'static str,
    pub(crate) severity: &'static str,
    pub(crate) summary: &'static str,
    /// The text, with `{value}` for the figure, and labels in the syntax of both template languages.
    pub(crate) description: &'static str,
    pub(crate) told: FigureUnit,
    /// The dashboard for the alert.
    pub(crate) dashboard: &'static str,
}

/// Names of quota and rate limit errors, as providers and libraries spell them.
const QUOTA: &str = "(?i).*(rate.?limit|quota|too.?many|resource.?exhausted|429).*";

/// Returns an expression for the growth of a counter in a time. A new series counts with its whole value,
/// because `increase` omits its first value. After a gap in the scrapes every series counts as new.
fn grown(by: &str, counter: &str, time: &str) -> String {
    format!(
        "sum by ({by}) (\n  ({counter} unless {counter} offset {time})\n  or increase({counter}[{time}]) > 0\n)"
    )
}

/// Returns an expression for the growth of a counter within a minute. `increase` needs two samples within its
/// range, and a range of one minute has only one if the scrapes are a minute apart. A reset counts as none.
fn grown_in_a_minute(by: &str, counter: &str) -> String {
    format!(
        "sum by ({by}) (\n  ({counter} unless {counter} offset 1m)\n  or {counter} - {counter} offset 1m > 0\n)"
    )
}

/// Presets that no expression of these programs says exactly, with what is watched instead.
pub(crate) const INEXACT: &str = "Not the same as in Quipu's own engine: low_coverage (runs are not known here, so \
    it waits 10 minutes\ninstead of 3 runs) and llm_quota_exceeded (budgets are not known here, so it watches refused \
    calls).";

/// The ten presets, then the rules on Quipu itself.
pub(crate) fn alarms(settings: &ProvisionConfig) -> Vec<Alarm> {
    let mut alarms = of_agents(settings);
    alarms.extend(of_answers(settings));
    alarms.push(overload(settings));
    alarms.extend(of_operation());
    alarms.push(machine_full(settings));
    alarms.extend(of_quipu());
    alarms
}

fn of_agents(settings: &ProvisionConfig) -> Vec<Alarm> {
    let limits = &settings.thresholds;
    vec![
        Alarm {
            name: "high_error_rate",
            figure: "sum by (job, service_name) (rate(quipu_request_count_total{status=\"error\"}[5m]))\n\
                     / sum by (job, service_name) (rate(quipu_request_count_total[5m]))"
                .to_owned(),
            above: true,
            threshold: limits.error_ratio,
            hold: "0s",
            severity: "critical",
            summary: "Many requests fail",
            description: "{value} of the requests to {{ $labels.service_name }} failed within 5 minutes.",
            told: FigureUnit::Share,
            dashboard: "quipu-agents",
        },
        Alarm {
            name: "low_coverage",
            figure: "min by (job, service_name, agent) (quipu_test_generation_coverage_ratio)".to_owned(),
            above: false,
            threshold: limits.coverage,
            hold: "10m",
            severity: "warning",
            summary: "Test coverage is low",
            description: "Tests written by {{ $labels.agent }} of {{ $labels.service_name }} cover {value} of the code.",
            told: FigureUnit::Share,
            dashboard: "quipu-guardrails",
        },
        Alarm {
            name: "llm_quota_exceeded",
            figure: grown(
                "job, provider, model",
                &format!("quipu_llm_errors_total{{error_type=~\"{QUOTA}\"}}"),
                "10m",
            ),
            above: true,
            threshold: limits.quota_errors,
            hold: "0s",
            severity: "critical",
            summary: "A model provider rejects calls because of a quota or rate limit",
            description: "{{ $labels.provider }} rejected {value} calls of {{ $labels.model }} within 10 \
                minutes.",
            told: FigureUnit::Number,
            dashboard: "quipu-agents",
        },
    ]
}

fn of_answers(settings: &ProvisionConfig) -> Vec<Alarm> {
    let limits = &settings.thresholds;
    vec![
        Alarm {
            name: "guardrails_violations",
            figure: grown_in_a_minute("job, service_name, guardrail", "quipu_guardrail_triggers_total"),
            above: true,
            threshold: limits.guardrail_triggers,
            hold: "0s",
            severity: "warning",
            summary: "A guardrail is triggered more than once a minute",
            description: "{{ $labels.guardrail }} of {{ $labels.service_name }} was triggered {value} times within a minute.",
            told: FigureUnit::Number,
            dashboard: "quipu-guardrails",
        },
        Alarm {
            name: "slow_response",
            figure: "histogram_quantile(0.99,\n  sum by (job, service_name, le) (rate(quipu_request_duration_seconds_bucket[5m]))\n)"
                .to_owned(),
            above: true,
            threshold: limits.slow_seconds,
            hold: "0s",
            severity: "warning",
            summary: "Requests are slow",
            description: "1 % of the requests to {{ $labels.service_name }} take more than {value}.",
            told: FigureUnit::Seconds,
            dashboard: "quipu-agents",
        },
    ]
}

/// The preset `system_overload`: the processors, as the engine judges them.
fn overload(settings: &ProvisionConfig) -> Alarm {
    Alarm {
        name: "system_overload",
        figure: "max by (job, instance) (system_cpu_utilization_ratio)".to_owned(),
        above: true,
        threshold: settings.thresholds.load,
        hold: "5m",
        severity: "critical",
        summary: "The processors are busy",
        description: "{value} of the processors of {{ $labels.instance }} is in use.",
        told: FigureUnit::Share,
        dashboard: "quipu-health",
    }
}

/// Each resource is a series, so the alert names it. A queue that rejects batches is full.
fn machine_full(settings: &ProvisionConfig) -> Alarm {
    let resource =
        |name: &str, share: &str| format!("label_replace({share}, \"resource\", \"{name}\", \"\", \"\")");
    let shares = [
        resource(
            "memory",
            "sum by (job, instance) (system_memory_usage_bytes{system_memory_state=\"used\"})\n    \
             / sum by (job, instance) (system_memory_limit_bytes)",
        ),
        resource(
            "disk",
            "max by (job, instance) (\n    system_filesystem_usage_bytes{system_filesystem_state=\"used\"}\n    \
             / on (job, instance, system_filesystem_mountpoint) group_left () system_filesystem_limit_bytes\n  )",
        ),
        resource("queue", "sum by (job, instance) (rate(quipu_refused_batches_total[5m])) > bool 0"),
    ];
    Alarm {
        name: "quipu_machine_full",
        figure: format!("max by (job, instance, resource) (\n  {}\n)", shares.join("\n  or ")),
        above: true,
        threshold: settings.thresholds.load,
        hold: "5m",
        severity: "critical",
        summary: "A machine or a queue is full",
        description: "{value} of the {{ $labels.resource }} of {{ $labels.instance }} is in use.",
        told: FigureUnit::Share,
        dashboard: "quipu-health",
    }
}

/// The four presets of the second design document.
fn of_operation() -> Vec<Alarm> {
    let ratio = |part: &str, whole: &str| {
        format!(
            "sum by (job, service_name) (rate({part}[5m]))\n/ sum by (job, service_name) (rate({whole}[5m]))"
        )
    };
    vec![
        Alarm {
            name: "error_rate_high",
            figure: ratio("quipu_request_count_total{status=\"error\"}", "quipu_request_count_total"),
            above: true,
            threshold: 0.1,
            hold: "0s",
            severity: "critical",
            summary: "More than 10 % of the requests fail",
            description: "{value} of the requests to {{ $labels.service_name }} failed within 5 minutes.",
            told: FigureUnit::Share,
            dashboard: "quipu-agents",
        },
        Alarm {
            name: "response_time_high",
            figure: ratio("quipu_request_duration_seconds_sum", "quipu_request_duration_seconds_count"),
            above: true,
            threshold: 5.0,
            hold: "0s",
            severity: "warning",
            summary: "Requests take more than 5 seconds on average",
            description: "Requests to {{ $labels.service_name }} take {value} on average.",
            told: FigureUnit::Seconds,
            dashboard: "quipu-agents",
        },
        Alarm {
            name: "memory_high",
            figure: "max by (job, instance) (process_memory_usage_bytes)".to_owned(),
            above: true,
            threshold: 1e9,
            hold: "0s",
            severity: "warning",
            summary: "A process uses more than 1 GB of memory",
            description: "A process of {{ $labels.instance }} uses {value} bytes of memory.",
            told: FigureUnit::Number,
            dashboard: "quipu-health",
        },
        Alarm {
            name: "tool_success_low",
            figure: ratio("quipu_tool_runs_total{status=\"error\"}", "quipu_tool_runs_total"),
            above: true,
            threshold: 0.2,
            hold: "0s",
            severity: "warning",
            summary: "Less than 80 % of the tool runs succeed",
            description: "{value} of the tool runs of {{ $labels.service_name }} failed within 5 minutes.",
            told: FigureUnit::Share,
            dashboard: "quipu-agents",
        },
    ]
}

/// Rules on lost records and on their early signs.
fn of_quipu() -> Vec<Alarm> {
    vec![
        Alarm {
            name: "quipu_records_dropped",
            figure: grown("job, instance, backend, reason", "quipu_exporter_dropped_records_total", "15m"),
            above: true,
            threshold: 0.0,
            hold: "0s",
            severity: "critical",
            summary: "A backend does not receive all records",
            description: "{value} records did not reach {{ $labels.backend }} within 15 minutes ({{ $labels.reason }}).",
            told: FigureUnit::Number,
            dashboard: "quipu-health",
        },
        Alarm {
            name: "quipu_exporter_failing",
            figure: "sum by (job, instance, backend) (increase(quipu_exporter_failures_total[10m]))"
                .to_owned(),
            above: true,
            threshold: 0.0,
            hold: "15m",
            severity: "warning",
            summary: "A backend cannot be written to",
            description: "{value} attempts to write to {{ $labels.backend }} failed within 10 minutes.",
            told: FigureUnit::Number,
            dashboard: "quipu-health",
        },
        Alarm {
            name: "quipu_down",
            figure: "min by (job, instance) (up{job=\"quipu\"})".to_owned(),
            above: false,
            threshold: 1.0,
            hold: "2m",
            severity: "critical",
            summary: "Quipu does not answer",
            description: "{{ $labels.instance }} cannot be scraped.",
            told: FigureUnit::Number,
            dashboard: "quipu-health",
        },
    ]
}
