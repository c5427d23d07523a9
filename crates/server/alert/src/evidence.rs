//! Evidence of a notice: traces, figures of the time before, and the command to look.

use std::collections::{BTreeMap, HashMap, btree_map::Entry};
use std::sync::Arc;

use quipu_core::{Timestamp, TraceFilter, TraceId, TraceStatus};

use crate::file::Groups;
use crate::group_key::{group_of, key_of};
use crate::kind::Kind;
use crate::notice::{Evidence, number};
use crate::observe::value_of;
use crate::observed::Observed;
use crate::{Alerts, Measured, MeasuredGroup, Rule, RuleFigures, Seen};

/// Traces of a notice.
const TRACES: usize = 3;
/// Groups of one earlier evaluation that are read one by one. For more of them, one query reads all groups.
const ALONE: usize = 3;
/// Longest statement in the command of a notice, in bytes; a chat takes only a few thousand.
const STATEMENT: usize = 500;

/// Answers that the changes of one evaluation share.
#[derive(Debug, Default)]
pub(crate) struct LookedUp {
    /// Observations at earlier evaluations, read again.
    corrected: BTreeMap<Timestamp, Observed>,
    /// Groups that were read at these evaluations.
    alone: BTreeMap<Timestamp, usize>,
    /// Figures of the window and of the one before; `None` if they cannot be read.
    windows: Option<Option<[Groupwise; 2]>>,
    /// The groups before the evaluation.
    groups: Arc<Groups>,
}

impl LookedUp {
    /// Of an evaluation that knew these groups.
    pub(crate) fn of(groups: &Arc<Groups>) -> Self {
        Self { groups: Arc::clone(groups), ..Self::default() }
    }
}

/// The groups of an answer by key.
#[derive(Debug)]
struct Groupwise {
    measured: Arc<Measured>,
    places: HashMap<String, usize>,
}

impl Groupwise {
    fn of(rule: &Rule, measured: Arc<Measured>) -> Self {
        let keys = measured.groups.iter().enumerate();
        let places = keys.map(|(place, group)| (key_of(rule, group), place)).collect();
        Self { measured, places }
    }

    fn find(&self, grp: &str) -> Option<&MeasuredGroup> {
        self.measured.groups.get(*self.places.get(grp)?)
    }
}

impl Alerts {
    /// Observation of a group at an earlier evaluation with the records of now; `None` if it cannot be read.
    pub(crate) async fn corrected(
        &self,
        rule: &Rule,
        grp: &str,
        at: Timestamp,
        known: &mut LookedUp,
    ) -> Option<Seen> {
        let alone = known.alone.entry(at).or_default();
        *alone += 1;
        if *alone <= ALONE
            && let Some(seen) = self.observe_group(rule, &group_of(grp), at).await.ok()?
        {
            return Some(seen);
        }
        let observed = match known.corrected.entry(at) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(unknown) => unknown.insert(self.observe(rule, at, &known.groups).await.ok()?),
        };
        Some(observed.seen(rule, grp))
    }

    /// Facts about the begin of an episode.
    pub(crate) async fn facts(
        &self,
        rule: &Rule,
        grp: &str,
        at: Timestamp,
        known: &mut LookedUp,
    ) -> Evidence {
        let look = look(rule, &group_of(grp), at);
        if !rule.kind.is_queried() {
            return Evidence { look, ..Evidence::default() };
        }
        if known.windows.is_none() {
            known.windows = Some(self.windows(rule, at).await);
        }
        let Some(Some([now, before])) = &known.windows else {
            return Evidence { look, ..Evidence::default() };
        };
        let none = MeasuredGroup::default();
        let (now, before) = (now.find(grp).unwrap_or(&none), before.find(grp).unwrap_or(&none));
        // The judged value of such a rule is a ratio.
        let value = if rule.compared_with.is_some() { None } else { value_of(rule, before) };
        Evidence { before: value, changes: changes(now, before), look }
    }

    /// The window of an evaluation and the one before. Rules of a round share both answers.
    async fn windows(&self, rule: &Rule, at: Timestamp) -> Option<[Groupwise; 2]> {
        let shared = &self.0.shared;
        let ask = |at: Timestamp| Some(shared.asked(rule.ask(at, None).ok()?));
        let (now, before) = (ask(at)?, ask(at.plus(-rule.window))?);
        let judged = shared.read(&now, at).await.ok()?;
        let earlier = shared.read_before(&now, &before).await.ok()?;
        Some([Groupwise::of(rule, judged.into_measured()), Groupwise::of(rule, earlier)])
    }

    /// The traces of the group that weigh most, then its example; three at most.
    pub(crate) async fn traces(
        &self,
        rule: &Rule,
        group: &BTreeMap<String, String>,
        example: Option<TraceId>,
        at: Timestamp,
    ) -> Vec<String> {
        if !rule.kind.is_queried() || rule.kind.is_metric() {
            return example.iter().map(ToString::to_string).collect();
        }
        let Ok(ask) = rule.ask(at, None) else { return Vec::new() };
        let mut filter = ask.filter;
        if rule.figure.rank() == "errors" {
            filter.status = filter.status.or(Some(TraceStatus::Error));
        }
        let narrowed = group.iter().all(|(key, value)| narrow(&mut filter, key, value));
        let found = match narrowed {
            true => self.0.measure.heaviest(&filter, rule.figure.rank()).await.unwrap_or_default(),
            false => Vec::new(),
        };
        let mut traces: Vec<String> = Vec::new();
        for id in found.into_iter().chain(example).map(|id| id.to_string()) {
            if traces.len() < TRACES && !traces.contains(&id) {
                traces.push(id);
            }
        }
        traces
    }
}

/// Figures that differ, as `NAME BEFORE → NOW`.
fn changes(now: &MeasuredGroup, before: &MeasuredGroup) -> Vec<String> {
    let p95 = |of: &RuleFigures| of.latency.quantile(0.95).map(|nanos| nanos / 1e6);
    let count = |value: u64| Some(value as f64);
    let cost = |of: &RuleFigures| of.cost.and_then(|cost| cost.to_string().parse().ok());
    let (now, before) = (&now.figures, &before.figures);
    let figures: [(&str, Option<f64>, Option<f64>); 6] = [
        ("records", count(before.count), count(now.count)),
        ("errors", count(before.errors), count(now.errors)),
        ("tokens", count(before.tokens.unwrap_or(0)), count(now.tokens.unwrap_or(0))),
        ("cost in US dollars", cost(before), cost(now)),
        ("95th percentile in ms", p95(before), p95(now)),
        ("value", before.value, now.value),
    ];
    let text = |value: Option<f64>| value.map_or_else(|| "none".to_owned(), number);
    let differs = |(_, before, now): &&(&str, Option<f64>, Option<f64>)| before != now;
    figures
        .iter()
        .filter(differs)
        .map(|(name, before, now)| format!("{name} {} → {}", text(*before), text(*now)))
        .collect()
}

/// The command that lists the records of a group.
fn look(rule: &Rule, group: &BTreeMap<String, String>, at: Timestamp) -> String {
    match rule.kind {
        Kind::Budget => "quipu budget list".to_owned(),
        Kind::BurnRate => "quipu slo".to_owned(),
        Kind::Sql => {
            let statement = rule.config.sql.as_deref().unwrap_or_default().trim();
            let since = at.plus(-rule.window);
            match statement.len() <= STATEMENT {
                true => format!("quipu sql --since {since} --until {at} {}", quoted(statement)),
                false => "quipu alerts list".to_owned(),
            }
        }
        Kind::Health => "quipu health".to_owned(),
        Kind::IngestLag => "quipu check backends".to_owned(),
        Kind::DeadLetters => match group.get("backend") {
            Some(backend) => format!("quipu dead-letters list {}", quoted(backend)),
            None => "quipu check backends".to_owned(),
        },
        Kind::Metric | Kind::Coverage | Kind::Score => "quipu alerts history --since -1d".to_owned(),
        _ => {
            let (since, until) = (at.plus(-rule.window), at);
            let mut command = format!("quipu traces --since {since} --until {until}");
            if rule.figure.rank() == "errors" {
                command.push_str(" --status error");
            }
            for (key, value) in group.iter().filter(|(_, value)| !value.is_empty()) {
                if narrow(&mut TraceFilter::default(), key, value) {
                    command.push_str(&format!(" --{key} {}", quoted(value)));
                }
            }
            command
        }
    }
}

/// A word of a POSIX shell.
fn quoted(value: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:@".contains(&byte);
    if !value.starts_with('-') && value.bytes().all(is_plain) {
        return value.to_owned();
    }
    format!("'{}'", value.replace('\'', "'\\''"))
}

/// Narrows a filter to a group; `false` if traces have no such filter.
fn narrow(filter: &mut TraceFilter, key: &str, value: &str) -> bool {
    let field = match key {
        "model" => &mut filter.model,
        "agent" => &mut filter.agent,
        "tool" => &mut filter.tool,
        "service" => &mut filter.service,
        "framework" => &mut filter.framework,
        "session" => &mut filter.session,
        "user" => &mut filter.user,
        "tag" => &mut filter.tag,
        "project" => &mut filter.project,
        _ => return false,
    };
    *field = (!value.is_empty()).then(|| value.to_owned());
    !value.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_in_a_command_is_one_word_of_the_shell() {
        assert_eq!(quoted("gpt-4o"), "gpt-4o");
        assert_eq!(quoted("it's; rm -rf $HOME"), "'it'\\''s; rm -rf $HOME'");
        assert_eq!(quoted("--help"), "'--help'");
    }

    #[test]
    fn only_figures_that_differ_are_changes() {
        let of = |count, errors| MeasuredGroup {
            figures: RuleFigures { count, errors, ..RuleFigures::default() },
            ..MeasuredGroup::default()
        };
        assert_eq!(changes(&of(10, 4), &of(10, 1)), ["errors 1 → 4"]);
        assert!(changes(&of(10, 4), &of(10, 4)).is_empty());
    }
}
