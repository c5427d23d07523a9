//! Configuration of a rule, as the config file and the HTTP interface have it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::ActionConfig;
use crate::preset;

/// A step of an escalation.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EscalateStep {
    /// Time without acknowledgement.
    pub after: String,
    /// Channels that then get the notice.
    pub to: Vec<String>,
}

macro_rules! rule_config {
    ($($(#[doc = $doc:literal])* $(#[serde($attribute:meta)])? $name:ident: $kind:ty,)*) => {
        /// Configuration of a rule. An omitted key has the value of the preset, or its default.
        #[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub struct RuleConfig {
            $($(#[doc = $doc])* $(#[serde($attribute)])?
            #[serde(skip_serializing_if = "Option::is_none")]
            pub $name: Option<$kind>,)*
        }

        impl RuleConfig {
            /// The keys of this config, then those of `under`.
            fn over(self, under: Self) -> Self {
                Self { $($name: self.$name.or(under.$name),)* }
            }
        }
    };
}

rule_config! {
    /// Preset whose keys apply where this config has none.
    preset: String,
    /// `error_rate`, `latency`, `ttft`, `cost`, `cost_rate`, `tokens`, `calls`, `tool_failures`, `guardrails`,
    /// `quota_errors`, `unpriced`, `no_data`, `budget`, `burn_rate`, `score`, `health`, `ingest_lag`,
    /// `dead_letters`, `coverage`, `metric`, `query` or `sql`.
    kind: String,
    /// Source of `error_rate`, `latency` and `no_data`, as `from` of `/api/v1/query`; default `calls`.
    from: String,
    /// Filter in the query language.
    filter: String,
    /// At most two keys; each value is judged on its own.
    group_by: Vec<String>,
    /// Most groups that are judged, 1 to 10,000; default 100.
    groups: usize,
    /// Window of the figures, 1m to 30d in whole minutes; default 5m.
    window: String,
    /// Fires above this value: a share, milliseconds, US dollars or a number, by the kind.
    above: f64,
    /// Fires below this value.
    below: f64,
    /// Further value on the same side at which the severity becomes `critical`.
    critical: f64,
    /// Compares the value with that of a window this much earlier, such as `7d`: the judged value is the
    /// ratio of both.
    compared_with: String,
    /// A firing group recovers at this value; default the threshold.
    recover: f64,
    /// Time that a value has to be wrong before the rule fires; default 0s.
    #[serde(rename = "for")]
    hold: String,
    /// Time that a group fires on after its last wrong value; default 0s.
    keep_firing_for: String,
    /// `ok`, `keep` (default) or `alert`.
    no_data: String,
    /// Time without records after which `no_data = "alert"` fires; default `for`.
    no_data_for: String,
    /// `alert` (default): an evaluation that fails for `error_for` is an alert of the rule `rule-failing`.
    /// `keep`: it is only a state. Groups keep their phase in both cases.
    on_error: String,
    /// Time that the evaluation has to fail before that is an alert; default 5m.
    error_for: String,
    /// `info`, `warning` (default) or `critical`.
    severity: String,
    /// Channels that get its notices.
    channels: Vec<String>,
    /// Quantile of `latency` and `ttft`: `p50`, `p95` (default), `p99`; `avg` for `latency` only.
    quantile: String,
    /// Name of the metric of the kind `metric`.
    metric: String,
    /// Labels that points of the metric must have.
    labels: BTreeMap<String, String>,
    /// How points of the metric, or scores, become one value: `avg` (default), `sum`, `min`, `max`,
    /// `count`, `last`, `p50`, `p95` or `p99`.
    agg: String,
    /// Points of the metric, or evaluations of another kind, that must be wrong one after another,
    /// 1 (default) to 100.
    consecutive: usize,
    /// Parameters of `/api/v1/query` for the kind `query`, such as `from=failures&error=quota`.
    query: String,
    /// Figure of the kind `query`, such as `count` (default), `error_rate` or `latency_p99`.
    figure: String,
    /// Statement of the kind `sql`. Its last column is the figure; up to two columns before it are the keys
    /// of a group. `:since` and `:until` are the ends of the window.
    sql: String,
    /// Budget of the kind `budget`; the value is the share of its limit that is spent, or with
    /// `figure = "forecast"` the share that will be spent at the end of the period at the pace so far.
    budget: String,
    /// Name of the scores of the kind `score`.
    score: String,
    /// Objective of the kind `burn_rate`.
    slo: String,
    /// Least number of records in a window; with fewer, it counts as without data. Default 1.
    min_count: u64,
    /// Text for people.
    summary: String,
    /// Time without acknowledgement after which `escalate_to` gets the notice.
    escalate_after: String,
    /// Channels of the escalation.
    escalate_to: Vec<String>,
    /// Further steps of the escalation, at most 5.
    escalate: Vec<EscalateStep>,
    /// What is done beside telling, at most 5 actions.
    actions: Vec<ActionConfig>,
    /// Whether its episodes open an incident; default for critical rules only.
    incident: bool,
}

impl RuleConfig {
    /// Whether an action runs a program of the host.
    pub fn runs_programs(&self) -> bool {
        self.actions.iter().flatten().any(|action| action.command.is_some())
    }

    /// The config with the keys of its preset; unchanged without one.
    pub(crate) fn with_preset(self) -> Option<Self> {
        match self.preset.as_deref().map(preset) {
            None => Some(self),
            Some(found) => found.map(|found| self.over(found.config())),
        }
    }
}
