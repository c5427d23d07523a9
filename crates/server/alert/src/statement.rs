//! Rules of the kind `sql`: their statement, its limits, and the figures in its rows.

use std::collections::BTreeMap;
use std::sync::Arc;

use quipu_core::{Error, ErrorKind, Timestamp};
use serde_json::Value as Json;

use crate::kind::Kind;
use crate::observed::{Observation, Observed};
use crate::{AlertError, Alerts, Measure, Rule, RuleSource, StatementAsk};

/// Shortest time between two evaluations, because each one starts a process.
pub(crate) const EVERY: i64 = 30 * Timestamp::SECOND;
/// Time of the statements in one round of evaluations. The remaining rules wait for the next round.
pub(crate) const ROUND: i64 = 5 * Timestamp::SECOND;
/// Error of a rule whose turn does not come.
const SKIPPED: &str = "statements of other rules take all the time of statements; make them faster, or fewer";
/// Most columns with keys of a group.
const KEYS: usize = 2;
/// Most characters of the value of a key.
const KEY_LENGTH: usize = 200;

/// Figures of the window that ends at `at`.
///
/// # Errors
/// The statement cannot run, or its rows are not figures of groups.
pub(crate) async fn observe(
    measure: &dyn Measure,
    rule: &Rule,
    at: Timestamp,
) -> Result<Observed, AlertError> {
    let answer = measure.statement(&ask(rule, at, false)).await?;
    check_columns(rule, &answer.columns)?;
    if answer.columns.len() == 1 && answer.rows.len() > 1 {
        let text = "expected one row, because the only column is the figure; found several";
        return Err(wrong(rule, text));
    }
    let mut observed = Observed { left_out: usize::from(answer.truncated), ..Observed::default() };
    for row in &answer.rows {
        let Some((figure, keys)) = row.split_last() else { continue };
        let names = answer.columns.iter().cloned();
        let group: BTreeMap<String, String> = names.zip(keys.iter().map(key)).collect();
        let name = answer.columns.last().map(String::as_str).unwrap_or_default();
        let value =
            number(figure).map_err(|()| wrong(rule, format!("expected numbers in the column {name}")))?;
        let (grp, one) = Observation::of(group, value);
        if observed.groups.insert(grp, one).is_some() {
            return Err(wrong(rule, "expected one row for each group; two rows have the same keys"));
        }
    }
    Ok(observed)
}

fn ask(rule: &Rule, at: Timestamp, check: bool) -> StatementAsk {
    StatementAsk {
        statement: rule.config.sql.clone().unwrap_or_default(),
        since: at.plus(-rule.window),
        until: at,
        rows: rule.groups(),
        check,
    }
}

fn check_columns(rule: &Rule, columns: &[String]) -> Result<(), AlertError> {
    let most = KEYS + 1;
    if (1..=most).contains(&columns.len()) {
        return Ok(());
    }
    let text = format!(
        "expected 1 to {most} columns: up to {KEYS} keys of a group, then the figure; found {}",
        columns.len()
    );
    Err(wrong(rule, text))
}

fn key(value: &Json) -> String {
    let text = match value {
        Json::Null => String::new(),
        Json::String(text) => text.clone(),
        other => other.to_string(),
    };
    text.chars().take(KEY_LENGTH).collect()
}

/// A number, or decimal text such as an amount of money; `None` for null.
fn number(value: &Json) -> Result<Option<f64>, ()> {
    match value {
        Json::Null => Ok(None),
        Json::Number(number) => Ok(number.as_f64()),
        Json::String(text) => text.parse().ok().filter(|value: &f64| value.is_finite()).map(Some).ok_or(()),
        _ => Err(()),
    }
}

impl Alerts {
    /// Notes that a rule had no turn in a round of evaluations. That is an error of the rule once it has
    /// missed two evaluations, so a rule that is never evaluated is not silent.
    pub(crate) async fn note_skipped(
        &self,
        rule: &Rule,
        last: Option<Timestamp>,
        at: Timestamp,
    ) -> Result<(), AlertError> {
        let late = 2 * rule.interval(self.0.times.every);
        if last.is_some_and(|last| at.since(last) <= late) {
            return Ok(());
        }
        self.note_evaluation(rule, Some(SKIPPED), at).await
    }

    /// Checks the statement of a rule without running it; nothing for rules of other kinds.
    pub(crate) async fn check_statement(&self, rule: &Rule) -> Result<(), AlertError> {
        if rule.kind != Kind::Sql {
            return Ok(());
        }
        let checked = self.0.measure.statement(&ask(rule, self.0.clock.now(), true)).await;
        let columns = checked.map_err(|error| wrong_statement(rule, error))?.columns;
        check_columns(rule, &columns)
    }

    /// Checks the statements of the config file's rules. A statement that cannot be checked now is no error:
    /// its rule is in the state `error` until it can run. The same holds for a stored rule, which the API can
    /// mend only while the server runs.
    ///
    /// # Errors
    /// A statement is wrong. The text names rule, line and column.
    pub async fn check_statements(&self) -> Result<(), AlertError> {
        let rules: Vec<Arc<Rule>> = {
            let live = self.0.live.lock();
            let written = live.rules.values().filter(|(_, source)| *source == RuleSource::File);
            written.map(|(rule, _)| Arc::clone(rule)).collect()
        };
        for rule in rules {
            match self.check_statement(&rule).await {
                Err(error @ AlertError::Query { .. }) => return Err(error),
                Err(error) => tracing::warn!(%error, rule = rule.name, "a statement could not be checked"),
                Ok(()) => {}
            }
        }
        Ok(())
    }
}

fn wrong(rule: &Rule, text: impl ToString) -> AlertError {
    AlertError::query(format!("alert.{}", rule.name), "sql", text)
}

/// The error of the rule if its statement is wrong, and the source's own error otherwise.
fn wrong_statement(rule: &Rule, error: Error) -> AlertError {
    if error.kind() == ErrorKind::Invalid {
        return wrong(rule, error.context());
    }
    error.into()
}
