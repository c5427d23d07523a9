//! Current states of all groups, the most urgent first.

use crate::group_key::group_of;
use crate::{AlertRow, Alerts, GroupState, Rule, Severity};

/// Weights from urgent to harmless.
const SEVERITIES: [Severity; 3] = [Severity::Critical, Severity::Warning, Severity::Info];

/// States from urgent to quiet, by their words.
pub const STATES: [&str; 5] = ["firing", "error", "pending", "no_data", "ok"];

/// Filter of current states.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StatesAsk {
    /// Rule; all if `None`.
    pub rule: Option<String>,
    /// One of [`STATES`]; all if `None`.
    pub state: Option<String>,
    /// Most rows; all if `None`.
    pub limit: Option<usize>,
}

/// Current states. There can be 100,000 of them, so a list has a limit, and counts say how many there are.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct States {
    /// Firing ones first, and critical ones first among them.
    pub rows: Vec<AlertRow>,
    /// Rows beyond the limit.
    pub left_out: usize,
    /// Groups in each of [`STATES`], in any state and beyond the limit too.
    pub counts: [usize; STATES.len()],
}

/// Index in [`STATES`], then in [`SEVERITIES`].
type Place = (usize, usize);

fn place(state: &str, severity: &str) -> Place {
    let in_states = STATES.iter().position(|known| *known == state);
    let in_severities = SEVERITIES.iter().position(|known| known.as_str() == severity);
    (in_states.unwrap_or(STATES.len() - 1), in_severities.unwrap_or(SEVERITIES.len() - 1))
}

/// The weight of a group: critical while its open episode is.
fn severity(rule: &Rule, state: &GroupState) -> &'static str {
    if state.is_raised() { Severity::Critical.as_str() } else { rule.severity.as_str() }
}

impl Alerts {
    /// Current state of each group, firing ones first, and critical ones first among them.
    pub fn list(&self) -> Vec<AlertRow> {
        self.states(&StatesAsk::default()).rows
    }

    /// Current states of the groups that `ask` selects.
    pub fn states(&self, ask: &StatesAsk) -> States {
        let mut states = States::default();
        let (most, wanted) = (ask.limit.unwrap_or(usize::MAX), ask.state.as_deref());
        let mut take = |place: Place| -> bool {
            states.counts[place.0] += 1;
            wanted.is_none_or(|wanted| wanted == STATES[place.0])
        };
        let of_rule = |name: &str| ask.rule.as_deref().is_none_or(|rule| rule == name);
        let own = self.failing_rows().into_iter().chain(self.unread_rows());
        let own = own.filter(|row| of_rule(&row.rule)).map(|row| (place(&row.state, &row.severity), row));
        let mut rows: Vec<(Place, AlertRow)> = own.filter(|(place, _)| take(*place)).collect();

        let live = self.0.live.lock();
        let mut groups = Vec::new();
        for (name, (rule, _)) in live.rules.iter().filter(|(name, _)| of_rule(name)) {
            for (group, record) in live.groups.get(name).into_iter().flat_map(|groups| groups.iter()) {
                let place = place(record.state.word(), severity(rule, &record.state));
                if take(place) {
                    groups.push((place, name, rule, group, record));
                }
            }
        }
        let found = rows.len() + groups.len();
        groups.sort_by_key(|(place, ..)| *place);
        groups.truncate(most);
        rows.extend(groups.into_iter().map(|(place, name, rule, group, record)| {
            let row = AlertRow {
                rule: name.clone(),
                group: group_of(group),
                state: record.state.word().to_owned(),
                severity: severity(rule, &record.state).to_owned(),
                value: record.state.value,
                threshold: rule.law.bound.threshold(),
                since: Some(record.state.since.to_string()),
                episode: record.open.as_ref().map(|open| open.id.clone()),
                error: record.error.as_deref().map(str::to_owned),
            };
            (place, row)
        }));
        drop(live);
        rows.sort_by_key(|(place, _)| *place);
        rows.truncate(most);
        states.left_out = found - rows.len();
        states.rows = rows.into_iter().map(|(_, row)| row).collect();
        states
    }
}
