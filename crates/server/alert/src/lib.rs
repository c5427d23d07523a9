//! Alert rules over stored figures, their episodes, and the notices about them.
//!
//! Verb: ALERT.
//! Takes: rules ([`RuleConfig`]), channels ([`ChannelConfig`]), and figures from a [`Measure`].
//! Gives: states and episodes, notices that are delivered at least once, back-tests.
//! Never: reads a store by itself, counts or prices, or puts a secret into a log, an error or an answer.

mod ack;
mod actions;
mod alerts;
mod alerts_config;
mod answers;
mod backtest;
mod channel;
mod deliver;
mod engine;
mod error;
mod evidence;
mod failing;
mod file;
mod follow_up;
mod group_key;
mod health;
mod incident;
mod joined;
mod kind;
mod machine;
mod matcher;
mod measure;
mod mute;
mod narrowed;
mod notice;
mod observe;
mod observed;
mod own_alert;
mod past;
mod plan;
mod preset;
mod quiet;
mod ranked;
mod replay;
mod report;
mod route;
mod rule;
mod rule_config;
mod rule_keys;
mod score_keys;
mod shared;
mod silences;
mod sliding;
mod slo;
mod slo_days;
mod span;
mod statement;
mod states;
mod store_measure;
mod template;
mod text;
mod trend;
mod unread;

pub use actions::{ActionConfig, Actions, KeepAll};
pub use alerts::Alerts;
pub use alerts_config::{AlertsConfig, AlertsParts, Extras};
pub use answers::{AlertRow, EpisodeRow, HistoryAsk, NoticeRow, RuleRow, RuleSource, SilenceRow, Silencing};
pub use backtest::{Backtest, BacktestEpisode, CurvePoint};
pub use channel::{Callback, Channel, ChannelConfig};
pub use error::AlertError;
pub use file::{FILE, MARK};
pub use health::{Health, HealthPart};
pub use incident::{Incident, IncidentAsk, IncidentChange, IncidentFigures, IncidentMoment, IncidentRow};
pub use kind::Figure;
pub use machine::{Bound, Change, GroupState, Law, NoData, Phase, Seen};
pub use measure::{
    BudgetShare, Measure, Measured, MeasuredGroup, MeasuredScore, OwnFigure, RuleFigures, StatementAsk,
    StatementRows,
};
pub use mute::TimeRangeConfig;
pub use notice::{Notice, NoticeStatus, number};
pub use past::HistoryFigures;
pub use preset::{PRESETS, Preset, preset};
pub use quiet::Inhibit;
pub use report::{SlaDay, SlaForm, SlaObjective, SlaPeriod, SlaReport};
pub use route::RouteConfig;
pub use rule::{Rule, Severity};
pub use rule_config::{EscalateStep, RuleConfig};
pub use slo::{Slo, SloConfig, SloState};
pub use slo_days::{SloDay, SloDetail, SloWindow};
pub use span::{read_span, span_text};
pub use states::{STATES, States, StatesAsk};
pub use store_measure::{ReadOwn, RunStatement, RunningStatement, StoreMeasure};
pub use trend::HealthPoint;
