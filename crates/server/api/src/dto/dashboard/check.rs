//! Validation of a dashboard: texts, positions and queries.

use std::collections::HashSet;

use quipu_core::{Limits, Timestamp};
use quipu_insight::Documents;
use quipu_query::{ParamError, Params, parse_terms};

use super::{DashboardPanel, DashboardSettings, DashboardVariable, PanelKind};
use crate::documents::{FieldError, text_of};

/// Maximum panels of a dashboard.
const PANELS: usize = 60;
/// Maximum variables of a dashboard.
const VARIABLES: usize = 20;
/// Columns of the grid.
const COLUMNS: u32 = 12;
/// Maximum rows of the grid.
const ROWS: u32 = 10_000;
/// Maximum rows of one panel.
const TALL: u32 = 100;

/// Source of panels with a statement.
const SQL: &str = "sql";

/// Figures that a panel can show.
const MEASURES: &[&str] = &[
    "count",
    "per_min",
    "errors",
    "error_rate",
    "success_rate",
    "running",
    "triggered",
    "groups",
    "tokens",
    "input_tokens",
    "output_tokens",
    "cached_share",
    "cost",
    "subscription",
    "unpriced",
    "latency",
    "avg",
    "p50",
    "p95",
    "p99",
    "max",
    "ttft",
    "ttft_p50",
    "ttft_p95",
    "ttft_p99",
    "value",
];

impl DashboardSettings {
    /// Checks whether the dashboard can be shown; the error names the path.
    pub(crate) fn check(&self) -> Result<(), FieldError> {
        text_of("title", &self.title, 1, 200)?;
        text_of("description", &self.description, 0, 2_000)?;
        if let Some(range) = &self.range {
            text_of("range", range, 1, 100)?;
        }
        at_most("variables", self.variables.len(), VARIABLES)?;
        at_most("panels", self.panels.len(), PANELS)?;
        let mut names = HashSet::new();
        for (variable, at) in self.variables.iter().zip(0..) {
            let path = |field: &str| format!("variables[{at}].{field}");
            variable.check(path)?;
            if !names.insert(&variable.name) {
                return Err(FieldError::new(path("name"), "it names two variables"));
            }
        }
        let mut ids = HashSet::new();
        for (panel, at) in self.panels.iter().zip(0..) {
            let path = |field: &str| format!("panels[{at}].{field}");
            panel.check(path, &self.variables)?;
            if !ids.insert(&panel.id) {
                return Err(FieldError::new(path("id"), "it names two panels"));
            }
        }
        Ok(())
    }
}

fn at_most(path: &str, count: usize, most: usize) -> Result<(), FieldError> {
    if count <= most {
        Ok(())
    } else {
        Err(FieldError::new(path, format!("found {count}, expected at most {most}")))
    }
}

fn is_name(name: &str) -> bool {
    let rest = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    name.len() <= 32 && name.starts_with(|first: char| first.is_ascii_lowercase()) && name.bytes().all(rest)
}

impl DashboardVariable {
    fn check(&self, path: impl Fn(&str) -> String) -> Result<(), FieldError> {
        if !is_name(&self.name) {
            let expected = "expected a lower-case letter, then up to 31 of a-z, 0-9 and _";
            return Err(FieldError::new(path("name"), expected));
        }
        text_of(&path("label"), &self.label, 1, 100)?;
        let known = is_name(&self.field)
            && (self.field == "name" || parse_terms(&format!("has:{}", self.field)).is_ok());
        if !known {
            return Err(FieldError::new(
                path("field"),
                "expected a field of the filter language, such as model",
            ));
        }
        self.default.as_ref().map_or(Ok(()), |value| text_of(&path("default"), value, 1, 500))
    }

    /// An allowed value of the field.
    fn sample(&self) -> &'static str {
        if self.field == "status" { "ok" } else { "1" }
    }
}

impl DashboardPanel {
    fn check(
        &self,
        path: impl Fn(&str) -> String,
        variables: &[DashboardVariable],
    ) -> Result<(), FieldError> {
        if !Documents::is_id(&self.id) {
            return Err(FieldError::new(path("id"), "expected 1 to 64 characters of a-z, 0-9 and -"));
        }
        text_of(&path("title"), &self.title, 0, 200)?;
        for (field, value, least, most) in [
            ("w", self.w, 1, COLUMNS),
            ("x", self.x, 0, COLUMNS.saturating_sub(self.w)),
            ("y", self.y, 0, ROWS),
            ("h", self.h, 1, TALL),
        ] {
            if !(least..=most).contains(&value) {
                let expected =
                    format!("found {value}, expected {least} to {most} on a grid of {COLUMNS} columns");
                return Err(FieldError::new(path(field), expected));
            }
        }
        if !MEASURES.contains(&self.measure.as_str()) {
            return Err(FieldError::new(path("measure"), format!("expected one of {}", MEASURES.join(", "))));
        }
        if self.target.is_some_and(|target| !(0.0..=1e12).contains(&target)) {
            return Err(FieldError::new(path("target"), "expected a number from 0 to 1e12"));
        }
        if self.from == SQL || self.sql.is_some() {
            return self.check_sql(path);
        }
        let filter = filled(&self.filter, variables)
            .map_err(|name| FieldError::new(path("filter"), format!("there is no variable ${name}")))?;
        self.ask(filter).figure_ask().map(drop).map_err(|error| {
            let text = error.to_string();
            FieldError::new(path(field_of(&error)), text)
        })
    }

    /// Checks the form of a panel of SQL; its statement is checked by running the parser.
    fn check_sql(&self, path: impl Fn(&str) -> String) -> Result<(), FieldError> {
        let wrong = |field: &str, expected: &str| Err(FieldError::new(path(field), expected));
        let statement = self.sql.as_deref().unwrap_or_default();
        if self.from != SQL {
            return wrong("sql", "only panels with from = sql have a statement");
        }
        if statement.trim().is_empty() {
            return wrong("sql", "expected a SELECT statement");
        }
        if matches!(self.r#type, PanelKind::Heatmap | PanelKind::Histogram | PanelKind::Box) {
            return wrong("type", "expected line, area, bar, stat, table, pie or gauge for a statement");
        }
        if self.measure != "value" {
            return wrong("measure", "expected value, because the statement has the figures");
        }
        if !self.filter.trim().is_empty() {
            return wrong("filter", "expected none; write the condition into the statement");
        }
        if !self.group_by.is_empty() {
            return wrong("group_by", "expected none; the columns of the statement are the groups");
        }
        Ok(())
    }

    /// The panel's query as parameters.
    fn ask(&self, filter: String) -> Params {
        let pair = |name: &str, value: Option<String>| value.map(|value| (name.to_owned(), value));
        let pairs = [
            pair("from", Some(self.from.clone())),
            pair("filter", (!filter.trim().is_empty()).then_some(filter)),
            pair("group_by", (!self.group_by.is_empty()).then(|| self.group_by.join(","))),
            pair("step", self.step.clone()),
            pair("top", self.top.map(|top| top.to_string())),
            pair("name", self.name.clone()),
            pair("agg", self.agg.clone()),
        ];
        let pairs = pairs.into_iter().flatten().collect();
        Params::new(pairs, Timestamp::default(), &Limits::default())
    }
}

/// The field of a panel that caused an error.
fn field_of(error: &ParamError) -> &str {
    match error {
        ParamError::Unknown { name, .. } => name,
        ParamError::Duplicate { name }
        | ParamError::Missing { name, .. }
        | ParamError::Value { name, .. } => name,
        ParamError::Filter { .. } => "filter",
    }
}

/// The filter with the values of its variables; otherwise the name of an unknown variable.
fn filled(filter: &str, variables: &[DashboardVariable]) -> Result<String, String> {
    let mut parts = filter.split('$');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part
            .find(|letter: char| !(letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_'));
        let (name, rest) = part.split_at(end.unwrap_or(part.len()));
        let Some(variable) = variables.iter().find(|variable| variable.name == name) else {
            return Err(name.to_owned());
        };
        text.push_str(variable.sample());
        text.push_str(rest);
    }
    Ok(text)
}
