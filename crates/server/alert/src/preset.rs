//! The ten rules that ship as presets, with the thresholds of the design.

use crate::RuleConfig;

/// A preset: keys of a rule by name.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Preset {
    /// Name.
    pub name: &'static str,
    /// Text for people.
    pub summary: &'static str,
    /// `critical` or `warning`.
    pub severity: &'static str,
    /// Threshold.
    pub threshold: f64,
    what: What,
    above: bool,
    window: &'static str,
    hold: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum What {
    Kind(&'static str),
    Latency(&'static str),
    Budget(&'static str),
    Metric { name: &'static str, agg: &'static str, by: Option<&'static str>, consecutive: usize },
}

/// The presets. The first six and the last four are from two design documents.
pub const PRESETS: [Preset; 10] = [
    Preset {
        name: "high_error_rate",
        summary: "More than 5 % of the calls failed within 5 minutes",
        severity: "critical",
        threshold: 0.05,
        what: What::Kind("error_rate"),
        above: true,
        window: "5m",
        hold: "0s",
    },
    Preset {
        name: "low_coverage",
        summary: "Test coverage was under 80 % in 3 consecutive runs",
        severity: "warning",
        threshold: 0.8,
        what: What::Metric {
            name: "quipu.test_generation.coverage",
            agg: "last",
            by: Some("agent"),
            consecutive: 3,
        },
        above: false,
        window: "7d",
        hold: "0s",
    },
    Preset {
        name: "llm_quota_exceeded",
        summary: "The cost of model calls is over the daily budget",
        severity: "critical",
        threshold: 1.0,
        what: What::Budget("daily"),
        above: true,
        window: "1d",
        hold: "0s",
    },
    Preset {
        name: "guardrails_violations",
        summary: "Guardrails were triggered more than once within a minute",
        severity: "warning",
        threshold: 1.0,
        what: What::Kind("guardrails"),
        above: true,
        window: "1m",
        hold: "0s",
    },
    Preset {
        name: "slow_response",
        summary: "The 99th percentile of call durations is over 60 seconds",
        severity: "warning",
        threshold: 60_000.0,
        what: What::Latency("p99"),
        above: true,
        window: "5m",
        hold: "0s",
    },
    Preset {
        name: "system_overload",
        summary: "The processors were more than 90 % busy for 5 minutes",
        severity: "critical",
        threshold: 0.9,
        what: What::Metric { name: "system.cpu.utilization", agg: "avg", by: None, consecutive: 1 },
        above: true,
        window: "1m",
        hold: "5m",
    },
    Preset {
        name: "error_rate_high",
        summary: "More than 10 % of the calls failed",
        severity: "critical",
        threshold: 0.1,
        what: What::Kind("error_rate"),
        above: true,
        window: "5m",
        hold: "0s",
    },
    Preset {
        name: "response_time_high",
        summary: "The mean call duration is over 5 seconds",
        severity: "warning",
        threshold: 5_000.0,
        what: What::Latency("avg"),
        above: true,
        window: "5m",
        hold: "0s",
    },
    Preset {
        name: "memory_high",
        summary: "A process uses more than 1 GB of memory",
        severity: "warning",
        threshold: 1e9,
        what: What::Metric { name: "process.memory.usage", agg: "max", by: None, consecutive: 1 },
        above: true,
        window: "5m",
        hold: "0s",
    },
    Preset {
        name: "tool_success_low",
        summary: "Less than 80 % of the tool runs succeeded",
        severity: "warning",
        threshold: 0.2,
        what: What::Kind("tool_failures"),
        above: true,
        window: "5m",
        hold: "0s",
    },
];

/// The preset of this name.
pub fn preset(name: &str) -> Option<&'static Preset> {
    PRESETS.iter().find(|preset| preset.name == name)
}

impl Preset {
    /// Its keys.
    pub fn config(&self) -> RuleConfig {
        let text = |text: &str| Some(text.to_owned());
        let mut config = RuleConfig {
            window: text(self.window),
            hold: text(self.hold),
            severity: text(self.severity),
            summary: text(self.summary),
            above: self.above.then_some(self.threshold),
            below: (!self.above).then_some(self.threshold),
            ..RuleConfig::default()
        };
        match self.what {
            What::Kind(kind) => config.kind = text(kind),
            What::Latency(quantile) => {
                config.kind = text("latency");
                config.quantile = text(quantile);
            }
            What::Budget(name) => {
                config.kind = text("budget");
                config.budget = text(name);
            }
            What::Metric { name, agg, by, consecutive } => {
                config.kind = text("metric");
                config.metric = text(name);
                config.agg = text(agg);
                config.group_by = by.map(|label| vec![label.to_owned()]);
                config.consecutive = Some(consecutive);
            }
        }
        config
    }
}
