//! Alert rules over stored figures, their episodes, and the notices about them.
//!
//! Verb: ALERT.
//! Takes: rules ([`RuleConfig`]), channels ([`ChannelConfig`]), and figures from a [`Measure`].
//! Gives: states and episodes, notices that are delivered at least once, back-tests.
//! Never: reads a store by itself, counts or prices, or puts a secret into a log, an error or an answer.

mod alerts;
mod answers;
mod backtest;
mod channel;
mod deliver;
mod engine;
mod error;
mod file;
mod health;
mod incident;
mod kind;
mod machine;
mod measure;
mod notice;
mod past;
mod preset;
mod quiet;
mod report;
mod rule;
mod rule_config;
mod rule_keys;
mod slo;
mod slo_days;
mod span;
mod text;
mod trend;

pub use alerts::{Alerts, AlertsConfig, AlertsParts};
pub use answers::{AlertRow, EpisodeRow, HistoryAsk, NoticeRow, RuleRow, RuleSource, SilenceRow, Silencing};
pub use backtest::{Backtest, BacktestEpisode, CurvePoint};
pub use channel::{Channel, ChannelConfig};
pub use error::AlertError;
pub use health::{Health, HealthPart};
pub use incident::{Incident, IncidentAsk, IncidentChange, IncidentFigures, IncidentMoment, IncidentRow};
pub use kind::Figure;
pub use machine::{Bound, Change, GroupState, Law, NoData, Phase, Seen};
pub use measure::{BudgetShare, Measure, Measured, MeasuredGroup, RuleFigures};
pub use notice::{Notice, NoticeStatus};
pub use past::HistoryFigures;
pub use preset::{PRESETS, Preset, preset};
pub use quiet::Inhibit;
pub use report::{SlaDay, SlaForm, SlaObjective, SlaPeriod, SlaReport};
pub use rule::{Rule, Severity};
pub use rule_config::RuleConfig;
pub use slo::{Slo, SloConfig, SloState};
pub use slo_days::{SloDay, SloDetail, SloWindow};
pub use span::{read_span, span_text};
pub use trend::HealthPoint;
