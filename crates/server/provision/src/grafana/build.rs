//! A dashboard builder that places panels in rows.

use serde_json::{Map, Value, json};

use super::panel::{CHOSEN, Panel};

/// Columns of Grafana's grid.
const COLUMNS: u32 = 24;
/// The version of the JSON model.
const SCHEMA: u32 = 41;

/// A dashboard that grows row by row.
pub(super) struct Dashboard {
    uid: &'static str,
    title: &'static str,
    about: &'static str,
    variables: Vec<Value>,
    panels: Vec<Value>,
    next_id: u32,
    bottom: u32,
}

impl Dashboard {
    /// Creates a dashboard without panels, with variables for the data source and the service.
    pub(super) fn new(uid: &'static str, title: &'static str, about: &'static str) -> Self {
        let metrics = json!({
            "name": "datasource",
            "label": "Prometheus",
            "type": "datasource",
            "query": "prometheus",
            "refresh": 1,
            "regex": "",
            "hide": 0,
        });
        let variables = vec![
            metrics,
            variable("service", "Service", "label_values(quipu_operation_count_total, service_name)"),
        ];
        Self { uid, title, about, variables, panels: Vec::new(), next_id: 1, bottom: 0 }
    }

    /// Adds a variable.
    pub(super) fn variable(self, variable: Value) -> Self {
        self.variables([variable])
    }

    /// Adds variables.
    pub(super) fn variables(mut self, variables: impl IntoIterator<Item = Value>) -> Self {
        self.variables.extend(variables);
        self
    }

    /// Adds a row with a title. Its panels go from left to right, as many in a line as fit.
    pub(super) fn row(mut self, title: &str, panels: Vec<Panel>) -> Self {
        let (mut x, mut tallest) = (0, 0);
        // The first panel of all has the number 1, which alerts refer to.
        let first = self.next_id;
        self.next_id += u32::try_from(panels.len()).unwrap_or_default();
        let head = json!({
            "id": self.next_id,
            "type": "row",
            "title": title,
            "collapsed": false,
            "gridPos": { "x": 0, "y": self.bottom, "w": COLUMNS, "h": 1 },
            "panels": [],
        });
        self.next_id += 1;
        self.bottom += 1;
        self.panels.push(head);
        for (id, panel) in (first..).zip(panels) {
            let (width, height) = panel.size();
            if x + width > COLUMNS {
                self.bottom += tallest;
                (x, tallest) = (0, 0);
            }
            self.panels.push(panel.json(id, (x, self.bottom)));
            x += width;
            tallest = tallest.max(height);
        }
        self.bottom += tallest;
        self
    }

    /// Returns Grafana's JSON, with sorted keys in every object.
    pub(super) fn json(self) -> Value {
        sorted(json!({
            "uid": self.uid,
            "title": self.title,
            "description": self.about,
            "tags": ["quipu"],
            "schemaVersion": SCHEMA,
            "version": 1,
            "editable": true,
            "graphTooltip": 1,
            "refresh": "30s",
            "timezone": "browser",
            "time": { "from": "now-6h", "to": "now" },
            "timepicker": {},
            "fiscalYearStartMonth": 0,
            "annotations": { "list": [] },
            "links": [{
                "title": "Quipu",
                "type": "dashboards",
                "tags": ["quipu"],
                "asDropdown": true,
                "includeVars": true,
                "keepTime": true,
                "targetBlank": false,
                "icon": "external link",
                "tooltip": "",
                "url": "",
            }],
            "templating": { "list": self.variables },
            "panels": self.panels,
        }))
    }
}

/// A variable with the values of a label, of which any number can be selected.
pub(super) fn variable(name: &str, label: &str, query: &str) -> Value {
    json!({
        "name": name,
        "label": label,
        "type": "query",
        "datasource": { "type": "prometheus", "uid": CHOSEN },
        "query": { "query": query, "refId": "A" },
        "includeAll": true,
        "allValue": ".*",
        "multi": true,
        "current": { "text": "All", "value": "$__all" },
        "options": [],
        "refresh": 2,
        "regex": "",
        "sort": 1,
        "hide": 0,
    })
}

/// Sorts all keys, so that the result does not depend on the features of serde_json.
fn sorted(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<(String, Value)> = map.into_iter().collect();
            entries.sort_by(|one, other| one.0.cmp(&other.0));
            Value::Object(entries.into_iter().map(|(key, value)| (key, sorted(value))).collect::<Map<_, _>>())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(sorted).collect()),
        other => other,
    }
}
