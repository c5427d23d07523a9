//! Dashboards and their settings.

mod check;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// All dashboards in short.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DashboardsAnswer {
    /// Built-in ones first, then stored ones, each by id.
    pub dashboards: Vec<DashboardEntry>,
}

/// A dashboard in short.
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
    /// Whether it is built in, and cannot be changed.
    pub built_in: bool,
    /// When it was stored; null of built-in ones.
    pub updated_at: Option<String>,
}

/// A dashboard.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Dashboard {
    /// Id: 1 to 64 characters of a-z, 0-9 and -.
    pub id: String,
    /// Whether it is built in, and cannot be changed.
    pub built_in: bool,
    /// When it was stored; null of built-in ones.
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
    /// Time range that it is opened with, as pages write it in their addresses; null for the one of the page
    /// before.
    #[serde(default)]
    pub range: Option<String>,
    /// Fields that all panels may be narrowed by, at most 20.
    #[serde(default)]
    pub variables: Vec<DashboardVariable>,
    /// Its panels, at most 60.
    pub panels: Vec<DashboardPanel>,
}

/// A value that is chosen once for all panels: `$name` in the filter of a panel.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DashboardVariable {
    /// Name: a small letter, then up to 31 of a-z, 0-9 and _.
    pub name: String,
    /// Label on the page.
    pub label: String,
    /// Field whose values may be chosen, as the filter language names it.
    pub field: String,
    /// Value at the beginning; null for any.
    #[serde(default)]
    pub default: Option<String>,
}

/// How a panel is drawn.
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
    /// A distribution over time.
    Heatmap,
    /// A distribution.
    Histogram,
    /// Distributions of groups, side by side.
    Box,
    /// Shares of a whole.
    Pie,
}

/// One panel, on a grid of 12 columns.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DashboardPanel {
    /// Id, of its own on the dashboard: 1 to 64 characters of a-z, 0-9 and -.
    pub id: String,
    /// Title, at most 200 characters.
    pub title: String,
    /// Kind of panel.
    pub r#type: PanelKind,
    /// First column, 0 to 11.
    pub x: u32,
    /// First row, 0 to 10,000.
    pub y: u32,
    /// Columns, 1 to 12; not beyond the last.
    pub w: u32,
    /// Rows, 1 to 100.
    pub h: u32,
    /// Source of the figures, as in `/api/v1/query`.
    pub from: String,
    /// Filter; `$name` is the value of a variable.
    #[serde(default)]
    pub filter: String,
    /// Keys that figures are grouped by.
    #[serde(default)]
    pub group_by: Vec<String>,
    /// Width of steps: `auto` (default), `none`, or a duration such as `5m`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
    /// Which figure is shown: `count`, `cost`, `tokens`, `p95` …
    pub measure: String,
    /// Metric, where `from` is `metric`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// How points of the metric become one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agg: Option<String>,
    /// Most groups that are shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub top: Option<u32>,
    /// Whether series are stacked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stacked: Option<bool>,
}
