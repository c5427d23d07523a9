//! One panel of a dashboard.

use serde_json::{Value, json};

/// The data source that the reader has chosen.
pub(super) const CHOSEN: &str = "${datasource}";
/// What `$where` in an expression stands for: a service, or all; a page of one program has no such label, which `.*` matches.
const WHERE: &str = "service_name=~\"$service\"";

/// How it shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// One number.
    Stat,
    /// Lines over time.
    Lines,
    /// Bars, one a series, of the time shown.
    Bars,
    /// Spans or traces of another data source.
    Other(&'static str),
}

/// What it asks.
#[derive(Debug, Clone)]
struct Query {
    expr: String,
    legend: &'static str,
}

/// A panel that has no place yet.
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
    /// From when on it is shown in red.
    alarm: Option<f64>,
    queries: Vec<Query>,
    /// Of another kind: its query as its data source wants it.
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

    /// One bar a series.
    pub(super) fn bars(title: &'static str, unit: &'static str, expr: &str, legend: &'static str) -> Self {
        Self::new(Kind::Bars, title, unit, 12, 8).query(expr, legend)
    }

    /// A panel of another data source.
    pub(super) fn other(title: &'static str, kind: &'static str, source: Value, query: Value) -> Self {
        Self { other: query, source, ..Self::new(Kind::Other(kind), title, "short", 24, 12) }
    }

    /// One more query.
    pub(super) fn query(mut self, expr: &str, legend: &'static str) -> Self {
        self.queries.push(Query { expr: expr.replace("$where", WHERE), legend });
        self
    }

    /// What a reader may not know.
    pub(super) fn about(self, about: &'static str) -> Self {
        Self { about, ..self }
    }

    /// Areas one upon the other.
    pub(super) fn stacked(self) -> Self {
        Self { stacked: true, ..self }
    }

    /// With the traces that single observations lead to.
    pub(super) fn with_exemplars(self) -> Self {
        Self { exemplars: true, ..self }
    }

    /// Red from this figure on.
    pub(super) fn alarm(self, from: f64) -> Self {
        Self { alarm: Some(from), ..self }
    }

    /// Of 24 columns.
    pub(super) fn wide(self, width: u32) -> Self {
        Self { width, ..self }
    }

    pub(super) const fn size(&self) -> (u32, u32) {
        (self.width, self.height)
    }

    /// In Grafana's JSON, at its place.
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
