//! Dashboards and their settings.

mod check;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Summaries of all dashboards.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DashboardsAnswer {
    /// Built-in ones first, then stored ones, each by id.
    pub dashboards: Vec<DashboardEntry>,
}

/// Summary of a dashboard.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DashboardEntry {
    /// Id: 1 to 64 characters of a-z, 0-9 and -.
    pub id: String,
    /// Title.
    pub title: String,
    /// Purpose of the dashboard.
    pub description: String,
    /// Number of its panels.
    pub panels: u64,
    /// Whether it is built in and read-only.
    pub built_in: bool,
    /// Time of the last change; null for built-in dashboards.
    pub updated_at: Option<String>,
}

/// A dashboard.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Dashboard {
    /// Id: 1 to 64 characters of a-z, 0-9 and -.
    pub id: String,
    /// Whether it is built in and read-only.
    pub built_in: bool,
    /// Time of the last change; null for built-in dashboards.
    pub updated_at: Option<String>,
    /// Contents of the dashboard.
    #[serde(flatten)]
    pub settings: DashboardSettings,
}

/// Contents of a dashboard.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DashboardSettings {
    /// Title, 1 to 200 characters.
    pub title: String,
    /// Purpose of the dashboard, at most 2,000 characters.
    #[serde(default)]
    pub description: String,
    /// Initial time range, in the form of a page address; null for the range of the previous page.
    #[serde(default)]
    pub range: Option<String>,
    /// Variables for the filters of all panels, at most 20.
    #[serde(default)]
    pub variables: Vec<DashboardVariable>,
    /// Its panels, at most 60.
    pub panels: Vec<DashboardPanel>,
}

/// A variable: a value chosen once for all panels, written `$name` in their filters.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DashboardVariable {
    /// Name: a lower-case letter, then up to 31 of a-z, 0-9 and _.
    pub name: String,
    /// Label on the page.
    pub label: String,
    /// Field with the selectable values, as named in the filter language.
    pub field: String,
    /// Initial value; null for any value.
    #[serde(default)]
    pub default: Option<String>,
}

/// Chart type of a panel.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PanelKind {
    /// Lines over time.
    #[default]
    Line,
    /// Bars over time, or of groups.
    Bar,
    /// Areas over time.
    Area,
    /// One number.
    Stat,
    /// A table of groups.
    Table,
    /// A heat map: a distribution over time.
    Heatmap,
    /// A histogram.
    Histogram,
    /// Box plots of groups, side by side.
    Box,
    /// Shares of a whole.
    Pie,
    /// One number on a scale, with its target.
    Gauge,
}

/// One panel, on a grid of 12 columns.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DashboardPanel {
    /// Id, unique on the dashboard: 1 to 64 characters of a-z, 0-9 and -.
    pub id: String,
    /// Title, at most 200 characters.
    pub title: String,
    /// Kind of panel.
    pub r#type: PanelKind,
    /// First column, 0 to 11.
    pub x: u32,
    /// First row, 0 to 10,000.
    pub y: u32,
    /// Width in columns, 1 to 12; within the grid.
    pub w: u32,
    /// Height in rows, 1 to 100.
    pub h: u32,
    /// Source of the figures, as in `/api/v1/query`, or `sql`.
    pub from: String,
    /// Statement, if `from` is `sql`. `:since` and `:until` are the time range of the dashboard. Such a panel
    /// has no filter and no groups, and its `measure` is `value`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sql: Option<String>,
    /// Filter; `$name` is the value of a variable.
    #[serde(default)]
    pub filter: String,
    /// Keys for the groups of figures.
    #[serde(default)]
    pub group_by: Vec<String>,
    /// Width of steps: `auto` (default), `none`, or a duration such as `5m`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
    /// The shown figure: `count`, `cost`, `tokens`, `p95` …
    pub measure: String,
    /// Metric, if `from` is `metric`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Aggregation of the metric's points.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agg: Option<String>,
    /// Maximum number of groups shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub top: Option<u32>,
    /// Whether series are stacked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stacked: Option<bool>,
    /// Target in the unit of the figure: shares from 0 to 1, times in milliseconds, costs in US dollars.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<f64>,
}
