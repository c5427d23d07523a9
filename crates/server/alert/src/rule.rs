//! A checked rule: its query, threshold and times.

use std::collections::BTreeMap;

use quipu_core::{Limits, Timestamp};
use quipu_query::{FigureAsk, Params};
use serde::{Deserialize, Serialize};

use crate::actions::Action;
use crate::kind::{KINDS, Kind};
use crate::narrowed::narrowed;
use crate::rule_keys::{Keys, LONGEST, MINUTE};
use crate::{AlertError, Figure, Law, PRESETS, RuleConfig, statement};

/// Steps of a window whose points are judged one by one.
const STEPS: i64 = 1_000;
/// Most groups of a rule.
pub(crate) const MOST_GROUPS: usize = 10_000;

/// Weight of a rule.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// To know.
    Info,
    /// To look at.
    #[default]
    Warning,
    /// To act on.
    Critical,
}

impl Severity {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }
}

/// A checked rule.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// Name: 1 to 64 characters of `a-z`, `0-9`, `_` and `-`.
    pub name: String,
    /// The keys that it was made of.
    pub said: RuleConfig,
    /// Its keys with those of the preset.
    pub config: RuleConfig,
    /// Weight.
    pub severity: Severity,
    /// Channels of its notices.
    pub channels: Vec<String>,
    /// Window in nanoseconds.
    pub window: i64,
    /// Threshold and times.
    pub law: Law,
    /// Judged figure.
    pub figure: Figure,
    /// Keys of the groups.
    pub group_by: Vec<String>,
    /// Steps of the escalation: nanoseconds without acknowledgement, and the channels.
    pub escalate: Vec<(i64, Vec<String>)>,
    /// Nanoseconds to the earlier window that values are compared with.
    pub compared_with: Option<i64>,
    /// Nanoseconds that its evaluation has to fail before that is an alert; `None` for never.
    pub(crate) error_hold: Option<i64>,
    pub(crate) kind: Kind,
    pub(crate) min_count: u64,
    pub(crate) consecutive: usize,
    pub(crate) actions: Vec<Action>,
    /// Parameters of the query except times.
    pairs: Vec<(String, String)>,
}

impl Rule {
    /// Checks a rule.
    ///
    /// # Errors
    /// A key is missing, unknown for the kind, or has an invalid value. The text names rule, key, value and
    /// limit.
    pub fn new(name: &str, said: RuleConfig) -> Result<Self, AlertError> {
        let fits =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b'-');
        let keys = Keys { rule: name, config: &said };
        if !(1..=64).contains(&name.len()) || !name.bytes().all(fits) {
            return Err(keys.wrong("name", "1 to 64 characters of a-z, 0-9, _ and -", name));
        }
        if [crate::failing::RULE, crate::unread::RULE].contains(&name) {
            let expected = "another name: alerts about channels and about rules with errors have this one";
            return Err(keys.wrong("name", expected, name));
        }
        let presets = || PRESETS.map(|preset| preset.name).join(", ");
        let unknown = || {
            keys.wrong("preset", format!("one of {}", presets()), said.preset.as_deref().unwrap_or_default())
        };
        let config = said.clone().with_preset().ok_or_else(unknown)?;
        Self::of_keys(&Keys { rule: name, config: &config }, &said)
    }

    fn of_keys(keys: &Keys<'_>, said: &RuleConfig) -> Result<Self, AlertError> {
        let config = keys.config;
        let none = String::new();
        let kind =
            keys.word("kind", Some(config.kind.as_ref().unwrap_or(&none)), KINDS)?.unwrap_or(Kind::Calls);
        keys.check_kind(kind)?;
        let figure = keys.figure(kind)?;
        let groups = keys.count("groups", config.groups, MOST_GROUPS, 100)?;
        let group_by = config.group_by.clone().unwrap_or_default();
        if group_by.len() > 2 {
            return Err(keys.wrong("group_by", "at most 2 keys", &group_by.join(",")));
        }
        keys.check_groups(kind, &group_by)?;
        let severities =
            [Severity::Info, Severity::Warning, Severity::Critical].map(|one| (one.as_str(), one));
        let rule = Self {
            name: keys.rule.to_owned(),
            said: said.clone(),
            severity: keys.severity(&severities)?,
            channels: config.channels.clone().unwrap_or_default(),
            window: keys.window()?,
            law: keys.law(kind)?,
            escalate: keys.escalate()?,
            actions: keys.actions()?,
            pairs: if kind.is_queried() { keys.pairs(kind, figure, groups)? } else { Vec::new() },
            compared_with: keys.compared_with(kind)?,
            error_hold: keys.error_hold()?,
            figure,
            group_by,
            kind,
            min_count: config.min_count.unwrap_or(1).max(1),
            consecutive: if kind.is_metric() { keys.consecutive()? } else { 1 },
            config: config.clone(),
        };
        if !rule.pairs.is_empty() {
            rule.ask(Timestamp::from_nanos(LONGEST), None)?;
        }
        Ok(rule)
    }

    /// Its weight in this state of a group.
    pub fn severity_of(&self, state: &crate::GroupState) -> Severity {
        if state.is_critical { Severity::Critical } else { self.severity }
    }

    /// Most groups that are judged.
    pub fn groups(&self) -> usize {
        self.config.groups.unwrap_or(100)
    }

    /// Word of its kind.
    pub fn kind(&self) -> &'static str {
        self.kind.word()
    }

    /// The query for the window that ends at `until`, as `/api/v1/query` takes it. With `step`, in steps of
    /// so many nanoseconds.
    ///
    /// # Errors
    /// The query layer rejects a parameter.
    pub fn ask(&self, until: Timestamp, step: Option<i64>) -> Result<FigureAsk, AlertError> {
        self.ask_range(until.plus(-self.window), until, step)
    }

    /// The query of [`Self::ask`] for one group, by its keys; `None` if a filter cannot select the group.
    ///
    /// # Errors
    /// As [`Self::ask`].
    pub fn ask_for(
        &self,
        group: &BTreeMap<String, String>,
        until: Timestamp,
    ) -> Result<Option<FigureAsk>, AlertError> {
        Ok(narrowed(self.ask(until, None)?, group))
    }

    /// The query for a range of time.
    ///
    /// # Errors
    /// As [`Self::ask`].
    pub fn ask_range(
        &self,
        since: Timestamp,
        until: Timestamp,
        step: Option<i64>,
    ) -> Result<FigureAsk, AlertError> {
        let own = (self.consecutive > 1).then(|| (self.window / STEPS).max(Timestamp::SECOND));
        let mut pairs = self.pairs.clone();
        pairs.push(("since".to_owned(), since.to_string()));
        pairs.push(("until".to_owned(), until.to_string()));
        if let Some(step) = step.or(own) {
            pairs.push(("step".to_owned(), (step / 1_000_000).to_string()));
        }
        let key = if self.kind == Kind::Query { "query" } else { "filter" };
        let told = |error: quipu_query::ParamError| {
            let key = if error.to_string().contains("\"group_by\"") { "group_by" } else { key };
            AlertError::query(format!("alert.{}", self.name), key, error)
        };
        let mut ask = Params::new(pairs, until, &Limits::default()).figure_ask().map_err(told)?;
        // A rule may judge more groups than an answer over HTTP has.
        ask.top = self.groups();
        Ok(ask)
    }

    /// Nanoseconds between two evaluations: `every`, or a 360th of a window above one hour in whole minutes.
    /// Some kinds, such as budgets and burn rates, have no window.
    pub fn interval(&self, every: i64) -> i64 {
        let every = if self.kind == Kind::Sql { every.max(statement::EVERY) } else { every };
        let is_short = self.window <= Timestamp::HOUR || !self.kind.has_window();
        if is_short { every } else { (self.window / 360 / MINUTE * MINUTE).max(every) }
    }
}

#[cfg(test)]
#[path = "rule_tests.rs"]
mod tests;
