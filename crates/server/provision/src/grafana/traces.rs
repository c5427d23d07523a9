//! The dashboard of agent traces from Jaeger or Tempo.

use serde_json::{Value, json};

use super::build::{Dashboard, variable};
use super::panel::Panel;
use super::provisioning::TRACES;
use crate::Tracing;

/// Traces listed at most.
const LISTED: u32 = 50;

pub(super) fn dashboard(tracing: Tracing) -> Value {
    let source = json!({ "type": tracing.kind(), "uid": TRACES });
    let ((list, one), searched) = match tracing {
        Tracing::Jaeger => (jaeger(&source), Some(one_service())),
        Tracing::Tempo => (tempo(&source), None),
    };
    let asked = json!({
        "name": "trace",
        "label": "Trace",
        "type": "textbox",
        "query": "",
        "current": { "text": "", "value": "" },
        "options": [],
        "hide": 0,
    });
    let slow = "topk(8, histogram_quantile(0.95, sum by (service_name, kind, le) \
                (rate(quipu_operation_duration_seconds_bucket{$where}[$__rate_interval]))))";
    Dashboard::new(
        "quipu-traces",
        "Quipu: traces",
        "Traces of agents, and slow operations. Enter a trace id above to see the whole trace.",
    )
    .variable(asked)
    .variables(searched)
    .row(
        "Time by operation",
        vec![
            Panel::lines("Operation duration, p95", "s", slow, "{{service_name}} {{kind}}")
                .with_exemplars()
                .wide(24),
        ],
    )
    .row("Traces", vec![Panel::other("Latest traces", "table", source.clone(), list)])
    .row("One trace", vec![Panel::other("Trace", "traces", source, one)])
    .json()
}

/// Jaeger's data source searches one service at a time, and cannot fill a variable itself.
fn one_service() -> Value {
    let mut one = variable("traced", "Traces of", "label_values(quipu_operation_count_total, service_name)");
    if let Some(map) = one.as_object_mut() {
        map.extend([("includeAll".to_owned(), false.into()), ("multi".to_owned(), false.into())]);
        ["allValue", "current"].iter().for_each(|key| drop(map.remove(*key)));
    }
    one
}

fn jaeger(source: &Value) -> (Value, Value) {
    let list = json!({
        "refId": "A", "datasource": source, "queryType": "search", "service": "$traced", "operation": "All", "limit": LISTED,
    });
    (list, json!({ "refId": "A", "datasource": source, "query": "$trace" }))
}

fn tempo(source: &Value) -> (Value, Value) {
    let list = json!({
        "refId": "A", "datasource": source, "queryType": "traceql", "tableType": "traces", "limit": LISTED,
        "query": "{ resource.service.name =~ \"$service\" }",
    });
    (list, json!({ "refId": "A", "datasource": source, "queryType": "traceql", "query": "$trace" }))
}
