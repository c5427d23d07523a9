//! Alerts: current states, rules, history, silences, back-tests, objectives and health.

use std::collections::BTreeMap;

use quipu_alert::{
    AlertRow, Backtest, BacktestEpisode, CurvePoint, EpisodeRow, HistoryFigures, NoticeRow, RuleConfig,
    RuleRow, RuleSource, SilenceRow, SloState,
};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use utoipa::{IntoParams, ToSchema};

use super::AlertPreset;
use super::mirrored::mirrored;

mirrored! {
    /// Current state of one group of a rule.
    Alert of AlertRow {
        /// Rule.
        rule: String,
        /// Keys and values of the group; empty without keys.
        group: BTreeMap<String, String>,
        /// `ok`, `pending`, `firing`, `no_data` or `error`.
        state: String,
        /// `info`, `warning` or `critical`.
        severity: String,
        /// Latest value; null without records.
        value: Option<f64>,
        /// Threshold.
        threshold: f64,
        /// Begin of the state.
        since: Option<String>,
        /// Id of the open episode; null without one.
        episode: Option<String>,
        /// Why the latest evaluation failed; null if it did not.
        error: Option<String>,
    }

    /// A notice in the history.
    AlertNotice of NoticeRow {
        /// Channel.
        channel: String,
        /// Time of the delivery; of its cause if it is not delivered.
        at: String,
        /// `waiting`, `sent`, `dead`, `superseded` or `silenced`.
        status: String,
        /// `firing`, `resolved`, `withdrawn` or `acknowledged`.
        reason: String,
        /// Last error, or the silence that holds it; null without one.
        note: Option<String>,
    }

    /// A silence.
    Silence of SilenceRow {
        /// Id.
        id: String,
        /// Values by key: `rule`, `severity` or a key of the group. A trailing `*` matches a prefix.
        matchers: BTreeMap<String, String>,
        /// User or key that set it.
        author: String,
        /// Reason.
        reason: String,
        /// Begin.
        starts_at: String,
        /// End.
        ends_at: String,
        /// Whether it is in force.
        active: bool,
    }

    /// Figures of all episodes that the filter of a history selects.
    AlertFigures of HistoryFigures {
        /// Episodes.
        episodes: u64,
        /// Open episodes.
        firing: u64,
        /// Episodes that late records withdrew.
        withdrawn: u64,
        /// Acknowledged episodes.
        acknowledged: u64,
        /// Mean seconds from begin to acknowledgement (MTTA); null without an acknowledged episode.
        mtta_s: Option<f64>,
        /// Mean seconds from begin to end of resolved episodes (MTTR); null without one.
        mttr_s: Option<f64>,
    }

    /// State of a service level objective.
    Slo of SloState {
        /// Name.
        name: String,
        /// Wanted share of good records.
        objective: f64,
        /// Share of good records in the period; null without records.
        measured: Option<f64>,
        /// Part of the error budget that is left; negative if it is overspent, null without records.
        budget_left: Option<f64>,
        /// Burn rate of the last hour: 1 spends the budget exactly within the period. Null without records.
        burn_1h: Option<f64>,
        /// Burn rate of the last 6 hours.
        burn_6h: Option<f64>,
        /// Burn rate of the last 3 days.
        burn_3d: Option<f64>,
        /// `ok`, `burning`, `exhausted`, or `unknown` without records.
        state: String,
    }
}

/// A rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AlertRule {
    /// Name.
    pub name: String,
    /// `file` if the config file defines it, which makes it read-only; else `stored`.
    pub source: String,
    /// Its keys, as they were given.
    #[schema(value_type = Object)]
    pub config: Json,
    /// Its keys with those of the preset.
    #[schema(value_type = Object)]
    pub effective: Json,
    /// Groups beyond the limit at the latest evaluation; they are not judged.
    pub left_out: u64,
}

impl From<RuleRow> for AlertRule {
    fn from(row: RuleRow) -> Self {
        let json = |config: &RuleConfig| serde_json::to_value(config).unwrap_or_default();
        Self {
            source: match row.source {
                RuleSource::File => "file",
                RuleSource::Stored => "stored",
            }
            .to_owned(),
            config: json(&row.config),
            effective: json(&row.effective),
            left_out: u64::try_from(row.left_out).unwrap_or(u64::MAX),
            name: row.name,
        }
    }
}

/// A channel of the config file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AlertChannel {
    /// Name.
    pub name: String,
    /// Kind.
    pub kind: String,
}

/// All rules.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AlertRulesAnswer {
    /// Rules by name.
    pub rules: Vec<AlertRule>,
    /// Channels by name, without addresses and secrets.
    pub channels: Vec<AlertChannel>,
    /// Presets that a rule can begin with.
    pub presets: Vec<AlertPreset>,
}

/// A back-test.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AlertBacktestAsk {
    /// Keys of the rule.
    #[schema(value_type = Object)]
    pub rule: RuleConfig,
    /// Begin: RFC 3339, or relative such as `-7d`. Default: 30 days before the end.
    pub since: Option<String>,
    /// End; default now.
    pub until: Option<String>,
}

/// An episode of a back-test.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AlertBacktestEpisode {
    /// Keys and values of the group.
    pub group: BTreeMap<String, String>,
    /// Begin.
    pub from: String,
    /// End; null if it is open at the end of the range.
    pub to: Option<String>,
    /// Worst value; null if there were no records.
    pub peak: Option<f64>,
}

impl From<BacktestEpisode> for AlertBacktestEpisode {
    fn from(row: BacktestEpisode) -> Self {
        let to = row.to.map(|to| to.to_string());
        Self { group: row.group, from: row.from.to_string(), to, peak: row.peak }
    }
}

/// Result of a back-test.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AlertBacktest {
    /// Episodes that the rule would have had, by begin.
    pub episodes: Vec<AlertBacktestEpisode>,
    /// Seconds of all episodes together.
    pub firing_s: f64,
    /// Milliseconds between two evaluations. A long range of many groups is evaluated less often than live.
    pub every_ms: f64,
    /// Threshold of the rule.
    pub threshold: f64,
    /// `above` or `below`: the wrong side of the threshold.
    pub side: String,
    /// Worst value of all groups over time, in about 240 steps; steps without records are left out.
    pub curve: Vec<AlertCurvePoint>,
}

/// A point of the curve of a back-test.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AlertCurvePoint {
    /// Begin of the step.
    pub at: String,
    /// Value that is furthest on the wrong side.
    pub value: f64,
}

impl From<Backtest> for AlertBacktest {
    fn from(test: Backtest) -> Self {
        Self {
            episodes: test.episodes.into_iter().map(Into::into).collect(),
            firing_s: test.firing_s,
            every_ms: test.every_ms as f64,
            threshold: test.threshold,
            side: test.side.to_owned(),
            curve: test.curve.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<CurvePoint> for AlertCurvePoint {
    fn from(point: CurvePoint) -> Self {
        Self { at: point.at.to_string(), value: point.value }
    }
}

/// Parameters of the history.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "describes the parameters of a route")]
pub struct AlertHistoryParams {
    /// Rule; all if omitted.
    rule: Option<String>,
    /// `firing`, `resolved` or `withdrawn`; all if omitted.
    state: Option<String>,
    /// Began at or after.
    since: Option<String>,
    /// Began before.
    until: Option<String>,
    /// Number of an incident: only its episodes.
    incident: Option<i64>,
    /// Most rows, 1 to 1,000; default 50.
    limit: Option<u64>,
}

/// Parameter of an acknowledgement link.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AlertLinkParams {
    /// The token of the link.
    #[serde(default)]
    pub token: String,
}

/// A past or open episode.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AlertEpisode {
    /// Id.
    pub id: String,
    /// Rule.
    pub rule: String,
    /// Keys and values of the group.
    pub group: BTreeMap<String, String>,
    /// `info`, `warning` or `critical`.
    pub severity: String,
    /// `firing`, `resolved`, or `withdrawn` if late records corrected its figures.
    pub state: String,
    /// Begin.
    pub started_at: String,
    /// End; null while it is open.
    pub ended_at: Option<String>,
    /// Worst value; null if there were no records.
    pub peak: Option<f64>,
    /// Threshold.
    pub threshold: f64,
    /// Ids of at most three traces that weigh most.
    pub traces: Vec<String>,
    /// User or key that acknowledged it; null without one.
    pub acknowledged_by: Option<String>,
    /// Time of the acknowledgement; null without one.
    pub acknowledged_at: Option<String>,
    /// Notices about it, the earliest first.
    pub notices: Vec<AlertNotice>,
}

impl From<EpisodeRow> for AlertEpisode {
    fn from(row: EpisodeRow) -> Self {
        Self {
            id: row.id,
            rule: row.rule,
            group: row.group,
            severity: row.severity,
            state: row.state,
            started_at: row.started_at,
            ended_at: row.ended_at,
            peak: row.peak,
            threshold: row.threshold,
            traces: row.traces,
            acknowledged_by: row.acknowledged_by,
            acknowledged_at: row.acknowledged_at,
            notices: row.notices.into_iter().map(Into::into).collect(),
        }
    }
}

/// Episodes, the latest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AlertHistory {
    /// Episodes.
    pub episodes: Vec<AlertEpisode>,
    /// Figures of all episodes that the filter selects, whatever the limit.
    pub figures: AlertFigures,
}

/// An acknowledgement.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AlertAckAsk {
    /// Id of the open episode.
    pub episode: String,
}

/// A test of a channel.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AlertFireAsk {
    /// Channel.
    pub channel: String,
}

/// Result of a test notice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AlertFired {
    /// Channel.
    pub channel: String,
    /// Whether the receiver accepted the notice. Some receivers accept what they do not show.
    pub delivered: bool,
    /// Why it was not accepted; null if it was.
    pub error: Option<String>,
}

/// A new silence.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SilenceAsk {
    /// Values by key: `rule`, `severity` or a key of the group; at least one. A trailing `*` matches a
    /// prefix.
    pub matchers: BTreeMap<String, String>,
    /// Reason.
    pub reason: String,
    /// Duration from now, such as `2h`; 1s to 90d.
    pub duration: String,
}

/// Silences.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SilencesAnswer {
    /// Silences, the ones that end last first.
    pub silences: Vec<Silence>,
}

/// Objectives.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SlosAnswer {
    /// Objectives by name.
    pub slos: Vec<Slo>,
}
