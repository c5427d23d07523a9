//! A notice about an episode, as the webhook body and the outbox have it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::Severity;

/// Reason of a notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoticeStatus {
    /// The episode is open.
    Firing,
    /// The episode ended.
    Resolved,
    /// Late records corrected the figures, so the episode never happened.
    Withdrawn,
    /// A user acknowledged the episode. Only PagerDuty and Opsgenie get it.
    Acknowledged,
    /// A test of the channel.
    Test,
}

impl NoticeStatus {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Firing => "firing",
            Self::Resolved => "resolved",
            Self::Withdrawn => "withdrawn",
            Self::Acknowledged => "acknowledged",
            Self::Test => "test",
        }
    }

    /// Whether the episode is over.
    pub const fn is_end(self) -> bool {
        matches!(self, Self::Resolved | Self::Withdrawn)
    }
}

/// A notice.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Notice {
    /// Reason.
    pub status: NoticeStatus,
    /// Rule.
    pub rule: String,
    /// Weight.
    pub severity: Severity,
    /// Keys and values of the group; empty without keys.
    pub group: BTreeMap<String, String>,
    /// Value at the time of the notice; null if the window had no records.
    pub value: Option<f64>,
    /// Threshold.
    pub threshold: f64,
    /// `above` or `below`.
    pub side: String,
    /// Window of the figures, such as `5m`.
    pub window: String,
    /// When the episode began.
    pub started_at: String,
    /// When it ended; null while it is open.
    pub ended_at: Option<String>,
    /// Id of the episode, the same in all its notices.
    pub episode: String,
    /// Ids of at most three traces that weigh most.
    pub traces: Vec<String>,
    /// Page of each of these traces; empty if the server's address is unknown.
    #[serde(default)]
    pub links: Vec<String>,
    /// Value of the window before that of the begin; null without records.
    #[serde(default)]
    pub before: Option<f64>,
    /// Figures that changed against the window before, such as `errors 2 → 40`.
    #[serde(default)]
    pub changes: Vec<String>,
    /// Command that lists the records.
    #[serde(default)]
    pub look: String,
    /// Page that acknowledges the episode, once and for a limited time; empty without a public address.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub ack_url: String,
    /// Page of the dashboard; empty if the server's address is unknown.
    pub url: String,
    /// Text for people.
    pub summary: String,
    /// Title by the template of a channel.
    #[serde(skip)]
    pub(crate) own_title: Option<String>,
    /// Text by the template of a channel.
    #[serde(skip)]
    pub(crate) own_text: Option<String>,
}

/// Facts about the begin of an episode.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Evidence {
    /// Value of the window before that of the first notice.
    pub before: Option<f64>,
    /// Figures that changed against the window before, such as `errors 2 → 40`.
    pub changes: Vec<String>,
    /// Command that lists the records.
    pub look: String,
}

impl Notice {
    /// One line: status, rule, group, value and threshold.
    pub fn title(&self) -> String {
        if let Some(own) = &self.own_title {
            return own.lines().collect::<Vec<_>>().join(" ");
        }
        let group = self.group_text();
        let group = if group.is_empty() { String::new() } else { format!(" {{{group}}}") };
        let status = self.status.as_str().to_uppercase();
        format!("[{status}] {}{group}: {}", self.rule, self.figure())
    }

    /// The group in words.
    pub fn group_text(&self) -> String {
        group_text(&self.group)
    }

    /// Value, threshold and window in words.
    pub fn figure(&self) -> String {
        let value = self.value.map_or_else(|| "no data".to_owned(), number);
        let mut text = format!("{value}, threshold {} {}", self.side, number(self.threshold));
        if !self.window.is_empty() {
            text.push_str(", window ");
            text.push_str(&self.window);
        }
        text
    }

    /// All facts, one a line.
    pub fn lines(&self) -> Vec<String> {
        if let Some(own) = &self.own_text {
            return own.lines().map(str::to_owned).collect();
        }
        let mut lines = vec![self.figure()];
        if !self.summary.is_empty() {
            lines.insert(0, self.summary.clone());
        }
        if self.status == NoticeStatus::Withdrawn {
            lines.insert(0, "withdrawn: figures were corrected".to_owned());
        }
        lines.push(match &self.ended_at {
            Some(ended) => format!("from {} to {ended}", self.started_at),
            None => format!("since {}", self.started_at),
        });
        lines.extend(self.before.map(|before| format!("window before: {}", number(before))));
        if !self.changes.is_empty() {
            lines.push(format!("changed: {}", self.changes.join(", ")));
        }
        lines.extend(self.traces.iter().map(|trace| format!("quipu trace {trace}")));
        lines.extend((!self.look.is_empty()).then(|| self.look.clone()));
        lines.extend(self.links.iter().filter(|link| **link != self.url).cloned());
        if !self.url.is_empty() {
            lines.push(self.url.clone());
        }
        if !self.ack_url.is_empty() {
            lines.push(format!("acknowledge: {}", self.ack_url));
        }
        lines
    }
}

/// A group as `key=value` pairs. Records without a value are said to have none.
pub(crate) fn group_text(group: &BTreeMap<String, String>) -> String {
    let pair = |(key, value): (&String, &String)| match value.is_empty() {
        true => format!("no {key}"),
        false => format!("{key}={value}"),
    };
    group.iter().map(pair).collect::<Vec<_>>().join(", ")
}

/// A number with at most six significant digits.
pub fn number(value: f64) -> String {
    if value != 0.0 && !(1e-4..1e15).contains(&value.abs()) {
        return format!("{value:.5e}");
    }
    let digits = if value == 0.0 { 0 } else { 5 - value.abs().log10().floor() as i32 };
    let text = format!("{value:.*}", usize::try_from(digits).unwrap_or(0));
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_says_which_value_is_missing() {
        let group = [("agent", ""), ("model", "gpt-4o")].map(|(key, value)| (key.into(), value.into()));
        assert_eq!(group_text(&BTreeMap::from(group)), "no agent, model=gpt-4o");
    }

    #[test]
    fn numbers_have_six_significant_digits() {
        for (value, text) in [
            (0.0, "0"),
            (0.05, "0.05"),
            (1.0 / 3.0, "0.333333"),
            (60_000.0, "60000"),
            (123_456.789, "123457"),
            (12.5, "12.5"),
            (1e9, "1000000000"),
            (-2.5, "-2.5"),
            (1e-7, "1.00000e-7"),
        ] {
            assert_eq!(number(value), text);
        }
    }
}
