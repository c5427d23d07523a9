//! The table `[alerts]` and its check, and the parts that alerts consist of.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use quipu_core::{Clock, Timestamp};
use serde::{Deserialize, Serialize};

use crate::span::read_span;
use crate::{
    Actions, AlertError, Callback, ChannelConfig, Inhibit, Measure, RouteConfig, RuleConfig, SloConfig,
    TimeRangeConfig,
};

/// The table `[alerts]`: times of evaluation and grouping.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AlertsConfig {
    /// Time between two evaluations: 1s to 60s, a divisor of a minute; default 10s.
    pub every: String,
    /// Time that the first notice of a group waits for others; default 0s.
    pub group_wait: String,
    /// Time between two messages about a group to a channel; default 5m.
    pub group_interval: String,
    /// Time after which an open episode is told again; default 4h.
    pub repeat_interval: String,
    /// Retention of ended episodes; default 90d.
    pub history: String,
    /// Time after the last episode of an incident after which it closes; default 10m.
    pub incident_quiet: String,
    /// Public address of the dashboard for links, also of those that acknowledge; default the server's own
    /// for pages, and no acknowledgement links.
    pub url: String,
    /// Time for which a link in a notice acknowledges its episode; `0s` for no links. Default 24h.
    pub ack_links: String,
    /// Inhibitions.
    pub inhibit: Vec<Inhibit>,
    /// Programs that actions may run, as absolute paths; none by default.
    pub commands: Vec<String>,
    /// Routes.
    pub route: Vec<RouteConfig>,
    /// Time ranges by name, for mute times and active times of routes.
    pub times: BTreeMap<String, Vec<TimeRangeConfig>>,
}

impl Default for AlertsConfig {
    fn default() -> Self {
        Self {
            every: "10s".to_owned(),
            group_wait: "0s".to_owned(),
            group_interval: "5m".to_owned(),
            repeat_interval: "4h".to_owned(),
            history: "90d".to_owned(),
            incident_quiet: "10m".to_owned(),
            url: String::new(),
            ack_links: "24h".to_owned(),
            inhibit: Vec::new(),
            commands: Vec::new(),
            route: Vec::new(),
            times: BTreeMap::new(),
        }
    }
}

/// Times of [`AlertsConfig`] in nanoseconds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Times {
    pub every: i64,
    pub wait: i64,
    pub interval: i64,
    pub repeat: i64,
    pub history: i64,
    pub quiet: i64,
    pub ack_links: i64,
}

impl AlertsConfig {
    pub(crate) fn times(&self) -> Result<Times, AlertError> {
        if let Some(relative) = self.commands.iter().find(|path| !std::path::Path::new(path).is_absolute()) {
            return Err(AlertError::Config {
                table: "alerts".to_owned(),
                key: "commands",
                expected: "absolute paths of programs".to_owned(),
                found: format!("{relative:?}"),
            });
        }
        let read = |key: &'static str, text: &str, least: i64| {
            let wrong = || AlertError::Config {
                table: "alerts".to_owned(),
                key,
                expected: "a duration such as 30s, 5m, 4h or 90d".to_owned(),
                found: format!("{text:?}"),
            };
            read_span(text).filter(|nanos| *nanos >= least).ok_or_else(wrong)
        };
        let every = read("every", &self.every, Timestamp::SECOND)?;
        if 60 * Timestamp::SECOND % every != 0 {
            return Err(AlertError::Config {
                table: "alerts".to_owned(),
                key: "every",
                expected: "a divisor of a minute, such as 5s, 10s, 15s or 60s".to_owned(),
                found: format!("{:?}", self.every),
            });
        }
        Ok(Times {
            every,
            wait: read("group_wait", &self.group_wait, 0)?,
            interval: read("group_interval", &self.group_interval, 0)?,
            repeat: read("repeat_interval", &self.repeat_interval, Timestamp::SECOND)?,
            history: read("history", &self.history, Timestamp::DAY)?,
            quiet: read("incident_quiet", &self.incident_quiet, 0)?,
            ack_links: read("ack_links", &self.ack_links, 0)?,
        })
    }
}

/// Parts of the alerts of a project.
pub struct AlertsParts {
    /// Data folder; `None` keeps the state in memory.
    pub folder: Option<PathBuf>,
    /// `[alerts]`.
    pub config: AlertsConfig,
    /// `[alert.NAME]`.
    pub rules: BTreeMap<String, RuleConfig>,
    /// `[channel.NAME]`.
    pub channels: BTreeMap<String, ChannelConfig>,
    /// `[slo.NAME]`.
    pub slos: BTreeMap<String, SloConfig>,
    /// Source of the figures.
    pub measure: Arc<dyn Measure>,
    /// Clock.
    pub clock: Arc<dyn Clock>,
    /// Address of the dashboard, unless the config has one.
    pub url: String,
}

/// What a program adds to the alerts of its config.
#[derive(Clone, Default)]
pub struct Extras {
    /// What actions work on.
    pub actions: Actions,
    /// Functions that get every notice, by the name of their channel.
    pub callbacks: BTreeMap<String, Callback>,
}
