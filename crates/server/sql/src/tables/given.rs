//! Tables whose rows the asking process gives: budgets and alerts.

use std::sync::Arc;

use rusqlite::types::Value;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::number_of;
use crate::cell::{Type, text};
use crate::table::{Asked, Column, Pages, Push, Records, StoreReader};

/// Rows of budgets and alerts: JSON objects by the names of the columns. `None` if the asking process does
/// not have them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct GivenRows {
    /// Accounts of budgets.
    pub budgets: Option<Arc<Vec<Json>>>,
    /// States of alert rules.
    pub alerts: Option<Arc<Vec<Json>>>,
}

/// A member as a value: JSON within JSON becomes text.
fn member(row: &Json, name: &str) -> Value {
    match &row[name] {
        Json::Null => Value::Null,
        Json::Bool(flag) => Value::Integer(i64::from(*flag)),
        Json::Number(number) => number
            .as_i64()
            .map(Value::Integer)
            .or_else(|| number.as_f64().map(Value::Real))
            .unwrap_or(Value::Null),
        Json::String(member) => text(member),
        other => text(other.to_string()),
    }
}

/// Columns of a table of given rows.
macro_rules! columns {
    ($($name:literal $kind:ident $about:literal),* $(,)?) => {
        &[$(Column { name: $name, kind: Type::$kind, about: $about, value: |row| member(row, $name) }),*]
    };
}

static BUDGETS: &[Column<Json>] = columns![
    "name" Text "Budget.",
    "scope" Json "Scope of the account, as a JSON object.",
    "unit" Text "usd, tokens or calls.",
    "limit_amount" Usd "Limit, in the unit.",
    "spent" Usd "Amount counted in this period.",
    "reserved" Usd "Amount reserved for running calls.",
    "share" Real "Spent amount as a fraction of the limit.",
    "period_start" Time "Start of the period; null without one.",
    "resets_at" Time "Start of the next period; null for a rolling one or none.",
];

static ALERTS: &[Column<Json>] = columns![
    "rule" Text "Alert rule.",
    "labels" Json "Keys and values of the group, as a JSON object.",
    "state" Text "ok, pending, firing, no_data or error.",
    "severity" Text "info, warning or critical.",
    "value" Real "Latest value.",
    "threshold" Real "Threshold.",
    "since" Time "Begin of the state.",
    "episode" Text "Id of the open episode.",
    "error" Text "Why the latest evaluation failed.",
];

pub(super) struct Budgets(pub(super) Option<Arc<Vec<Json>>>);
pub(super) struct Alerts(pub(super) Option<Arc<Vec<Json>>>);

fn pages(rows: Option<&Arc<Vec<Json>>>, missing: &str) -> Result<Pages<Json>, String> {
    let mut rows = Some(rows.ok_or(missing)?.to_vec());
    Ok(Box::new(move |_| Ok(rows.take())))
}

impl Records for Budgets {
    type Row = Json;
    const NAME: &'static str = "budgets";
    const ABOUT: &'static str = "One row for each account of a budget.";

    fn columns() -> &'static [Column<Json>] {
        BUDGETS
    }

    fn equal(_: &str) -> Option<Push> {
        None
    }

    fn pages(&self, _: &StoreReader, _: &Asked) -> Result<Pages<Json>, String> {
        pages(self.0.as_ref(), "the accounts of budgets are not readable here; ask a server with --url")
    }

    fn number(row: &Json) -> i64 {
        number_of(row.to_string())
    }
}

impl Records for Alerts {
    type Row = Json;
    const NAME: &'static str = "alerts";
    const ABOUT: &'static str = "One row for each group of each alert rule, with its current state.";

    fn columns() -> &'static [Column<Json>] {
        ALERTS
    }

    fn equal(_: &str) -> Option<Push> {
        None
    }

    fn pages(&self, _: &StoreReader, _: &Asked) -> Result<Pages<Json>, String> {
        pages(self.0.as_ref(), "alert rules have no states here; ask a server with --url")
    }

    fn number(row: &Json) -> i64 {
        number_of(row.to_string())
    }
}
