//! One panel of a dashboard.

use serde_json::{Value, json};

/// The data source that the user has selected.
pub(super) const CHOSEN: &str = "${datasource}";
/// The replacement of `$where` in an expression: one service, or all. Metrics of a single program lack this
/// label, which `.*` matches.
const WHERE: &str = "service_name=~\"$service\"";

/// The kind of display.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// One number.
    Stat,
    /// Lines over time.
    Lines,
    /// Bars over the displayed time, one for each series.
    Bars,
    /// Spans or traces of another data source.
    Other(&'static str),
}

/// A query of a panel.
#[derive(Debug, Clone)]
struct Query {
    expr: String,
    legend: &'static str,
}

/// A panel without a position.
#[derive(Debug, Clone)]
pub(super) struct Panel {
    kind: Kind,
    title: &'static str,
    about: &'static str,
    unit: &'static str,
    width: u32,
    height: u32,
    stacked: bool,
    exemplars: bool,
    /// The threshold for red.
    alarm: Option<f64>,
    queries: Vec<Query>,
    /// The query of another kind of panel, in the form of its data source.
    other: Value,
    source: Value,
}

impl Panel {
    const fn new(kind: Kind, title: &'static str, unit: &'static str, width: u32, height: u32) -> Self {
        Self {
            kind,
            title,
            about: "",
            unit,
            width,
            height,
            stacked: false,
            exemplars: false,
            alarm: None,
            queries: Vec::new(),
            other: Value::Null,
            source: Value::Null,
        }
    }

    /// One number; units are Grafana's.
    pub(super) fn stat(title: &'static str, unit: &'static str, expr: &str) -> Self {
        Self::new(Kind::Stat, title, unit, 4, 4).query(expr, "")
    }

    /// Lines over time.
    pub(super) fn lines(title: &'static str, unit: &'static str, expr: &str, legend: &'static str) -> Self {
        Self::new(Kind::Lines, title, unit, 12, 8).query(expr, legend)
    }

    /// One bar for each series.
    pub(super) fn bars(title: &'static str, unit: &'static str, expr: &str, legend: &'static str) -> Self {
        Self::new(Kind::Bars, title, unit, 12, 8).query(expr, legend)
    }

    /// A panel of another data source.
    pub(super) fn other(title: &'static str, kind: &'static str, source: Value, query: Value) -> Self {
        Self { other: query, source, ..Self::new(Kind::Other(kind), title, "short", 24, 12) }
    }

    /// Adds a query.
    pub(super) fn query(mut self, expr: &str, legend: &'static str) -> Self {
        self.queries.push(Query { expr: expr.replace("$where", WHERE), legend });
        self
    }

    /// Adds an explanation for the user.
    pub(super) fn about(self, about: &'static str) -> Self {
        Self { about, ..self }
    }

    /// Stacks the areas.
    pub(super) fn stacked(self) -> Self {
        Self { stacked: true, ..self }
    }

    /// Adds exemplars, which link to traces.
    pub(super) fn with_exemplars(self) -> Self {
        Self { exemplars: true, ..self }
    }

    /// Shows figures from this threshold on in red.
    pub(super) fn alarm(self, from: f64) -> Self {
        Self { alarm: Some(from), ..self }
    }

    /// Sets the width, of 24 columns.
    pub(super) fn wide(self, width: u32) -> Self {
        Self { width, ..self }
    }

    pub(super) const fn size(&self) -> (u32, u32) {
        (self.width, self.height)
    }

    /// Returns Grafana's JSON with the panel's position.
    pub(super) fn json(&self, id: u32, (x, y): (u32, u32)) -> Value {
        let kind = match self.kind {
            Kind::Stat => "stat",
            Kind::Lines => "timeseries",
            Kind::Bars => "bargauge",
            Kind::Other(kind) => kind,
        };
        let targets = match self.kind {
            Kind::Other(_) => vec![self.other.clone()],
            _ => self.queries.iter().enumerate().map(|(at, query)| self.target(at, query)).collect(),
        };
        let source = match self.kind {
            Kind::Other(_) => self.source.clone(),
            _ => json!({ "type": "prometheus", "uid": CHOSEN }),
        };
        json!({
            "id": id,
            "type": kind,
            "title": self.title,
            "description": self.about,
            "datasource": source,
            "gridPos": { "x": x, "y": y, "w": self.width, "h": self.height },
            "fieldConfig": { "defaults": self.defaults(), "overrides": [] },
            "options": self.options(),
            "targets": targets,
        })
    }

    fn target(&self, at: usize, query: &Query) -> Value {
        let names = ["A", "B", "C", "D", "E", "F"];
        let now = self.kind != Kind::Lines;
        json!({
            "refId": names.get(at).copied().unwrap_or("Z"),
            "datasource": { "type": "prometheus", "uid": CHOSEN },
            "expr": query.expr,
            "legendFormat": query.legend,
            "instant": now,
            "range": !now,
            "exemplar": self.exemplars,
        })
    }

    fn defaults(&self) -> Value {
        let mut steps = vec![json!({ "color": "green", "value": null })];
        steps.extend(self.alarm.map(|from| json!({ "color": "red", "value": from })));
        let custom = match self.kind {
            Kind::Lines => json!({
                "drawStyle": "line",
                "lineWidth": 1,
                "fillOpacity": if self.stacked { 40 } else { 8 },
                "showPoints": "never",
                "spanNulls": false,
                "stacking": { "group": "A", "mode": if self.stacked { "normal" } else { "none" } },
            }),
            _ => json!({}),
        };
        json!({
            "unit": self.unit,
            "min": 0,
            "color": { "mode": if self.kind == Kind::Lines { "palette-classic" } else { "thresholds" } },
            "thresholds": { "mode": "absolute", "steps": steps },
            "custom": custom,
        })
    }

    fn options(&self) -> Value {
        let last = json!({ "calcs": ["lastNotNull"], "fields": "", "values": false });
        match self.kind {
            Kind::Stat => json!({
                "reduceOptions": last,
                "colorMode": "value",
                "graphMode": "none",
                "justifyMode": "auto",
                "orientation": "auto",
                "textMode": "auto",
            }),
            Kind::Lines => json!({
                "legend": { "displayMode": "table", "placement": "bottom", "showLegend": true, "calcs": ["mean", "max"] },
                "tooltip": { "mode": "multi", "sort": "desc" },
            }),
            Kind::Bars => json!({
                "reduceOptions": last,
                "displayMode": "gradient",
                "orientation": "horizontal",
                "showUnfilled": true,
            }),
            Kind::Other(_) => json!({}),
        }
    }
}
