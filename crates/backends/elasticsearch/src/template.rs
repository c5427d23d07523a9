//! Templates and policies for the cluster: fields, streams and retention.

use serde_json::{Map, Value, json};

use crate::{Config, Product};

/// Increased with every change of the fields.
pub(crate) const VERSION: u64 = 1;
/// Higher than the templates that both products and their agents install (100 to 200).
const PRIORITY: u64 = 500;
/// Days after which a stream gets a new index, unless the retention is shorter.
const ROLLOVER_DAYS: u32 = 7;
/// Shard size after which a stream gets a new index.
const ROLLOVER_SIZE: &str = "50gb";
/// Additional days before a month's index of costs is removed, because its latest rows are from the month's
/// last day.
const MONTH_DAYS: u32 = 31;

/// One item to install.
pub(crate) struct TemplateItem {
    pub path: String,
    pub body: Value,
    /// Location of the version in an answer; `None` for policies, which are never replaced.
    pub list: Option<&'static str>,
}

/// All items, each after those that it refers to.
pub(crate) fn parts(config: &Config, product: Product) -> Vec<TemplateItem> {
    let mut parts = policies(config, product);
    parts.push(TemplateItem {
        path: format!("_component_template/{}-fields", config.dataset),
        body: json!({"version": VERSION, "_meta": meta(), "template": {"mappings": mappings(product)}}),
        list: Some("component_templates"),
    });
    for stream in ["traces", "logs", "metrics"] {
        parts.push(index_template(config, product, stream));
    }
    parts.push(index_template(config, product, COSTS));
    parts
}

/// Not a data stream, because its documents are replaced.
const COSTS: &str = "costs";

fn index_template(config: &Config, product: Product, stream: &str) -> TemplateItem {
    let dataset = &config.dataset;
    let is_costs = stream == COSTS;
    let name = if is_costs { format!("{dataset}-{COSTS}") } else { format!("{stream}-{dataset}") };
    let mut template = Map::new();
    match product {
        Product::Elasticsearch if config.keep_days > 0 => {
            let policy = if is_costs { format!("{dataset}-costs") } else { format!("{dataset}-streams") };
            template.insert("settings".to_owned(), json!({"index.lifecycle.name": policy}));
        }
        Product::Serverless if config.keep_days > 0 && !is_costs => {
            let kept = format!("{}d", config.keep_days);
            template.insert("lifecycle".to_owned(), json!({"data_retention": kept}));
        }
        // OpenSearch's policies name their own streams.
        _ => {}
    }
    let mut body = json!({
        "index_patterns": [format!("{name}-*")],
        "composed_of": [format!("{dataset}-fields")],
        "priority": PRIORITY,
        "version": VERSION,
        "_meta": meta(),
        "template": template,
    });
    if !is_costs {
        body["data_stream"] = json!({});
    }
    TemplateItem { path: format!("_index_template/{name}"), body, list: Some("index_templates") }
}

fn meta() -> Value {
    json!({"managed_by": "quipu", "description": "Increase version to keep your own changes"})
}

fn policies(config: &Config, product: Product) -> Vec<TemplateItem> {
    if config.keep_days == 0 {
        return Vec::new();
    }
    let (dataset, days) = (&config.dataset, config.keep_days);
    let roll = ROLLOVER_DAYS.min(days);
    let costs = days.saturating_add(MONTH_DAYS);
    let part = |path: String, body: Value| TemplateItem { path, body, list: None };
    match product {
        Product::Elasticsearch => {
            let roll =
                json!({"rollover": {"max_age": format!("{roll}d"), "max_primary_shard_size": ROLLOVER_SIZE}});
            let delete = |days: u32| json!({"min_age": format!("{days}d"), "actions": {"delete": {}}});
            let streams = json!({"phases": {"hot": {"actions": roll}, "delete": delete(days)}});
            let costs = json!({"phases": {"delete": delete(costs)}});
            vec![
                part(format!("_ilm/policy/{dataset}-streams"), json!({"policy": streams})),
                part(format!("_ilm/policy/{dataset}-costs"), json!({"policy": costs})),
            ]
        }
        Product::Opensearch => {
            let streams: Vec<String> =
                ["traces", "logs", "metrics"].iter().map(|stream| format!("{stream}-{dataset}-*")).collect();
            let roll = json!([{"rollover": {"min_index_age": format!("{roll}d"), "min_primary_shard_size": ROLLOVER_SIZE}}]);
            let streams = state_policy(&streams, roll, json!({"min_rollover_age": format!("{days}d")}));
            let names = [format!("{dataset}-costs-*")];
            let costs = state_policy(&names, json!([]), json!({"min_index_age": format!("{costs}d")}));
            vec![
                part(format!("_plugins/_ism/policies/{dataset}-streams"), streams),
                part(format!("_plugins/_ism/policies/{dataset}-costs"), costs),
            ]
        }
        Product::Serverless | Product::Auto => Vec::new(),
    }
}

/// <https://docs.opensearch.org/latest/im-plugin/ism/policies/>
fn state_policy(patterns: &[String], hot: Value, until: Value) -> Value {
    let states = json!([
        {"name": "hot", "actions": hot, "transitions": [{"state_name": "delete", "conditions": until}]},
        {"name": "delete", "actions": [{"delete": {}}], "transitions": []},
    ]);
    json!({"policy": {
        "description": "Data of Quipu",
        "default_state": "hot",
        "states": states,
        "ism_template": [{"index_patterns": patterns, "priority": PRIORITY}],
    }})
}

/// The fields of every document. Other fields are stored but not indexed, so no sender can make the mapping
/// grow.
fn mappings(product: Product) -> Value {
    let is_opensearch = product == Product::Opensearch;
    let object = if is_opensearch {
        json!({"type": "flat_object"})
    } else {
        json!({"type": "flattened", "depth_limit": 20})
    };
    let only_kept = json!({"type": "object", "enabled": false});
    let mut properties = Map::new();
    let mut put = |names: &[&str], kind: &Value| {
        for name in names {
            insert(&mut properties, name, kind);
        }
    };
    put(&["@timestamp", "event.start", "event.end"], &json!({"type": "date_nanos"}));
    put(KEYWORDS, &json!({"type": "keyword", "ignore_above": 1024}));
    put(LONGS, &json!({"type": "long"}));
    put(DOUBLES, &json!({"type": "double"}));
    put(&["quipu.cost.counted", "quipu.guardrail_triggered"], &json!({"type": "boolean"}));
    put(&["message", "error.message"], &json!({"type": "text"}));
    put(&["error.stack_trace"], &json!({"type": "keyword", "index": false, "doc_values": false}));
    put(&["attributes", "resource.attributes", "scope.attributes"], &object);
    put(ONLY_KEPT, &only_kept);
    json!({"dynamic": false, "properties": properties})
}

/// Inserts the type of a field into the nested `properties`.
fn insert(into: &mut Map<String, Value>, name: &str, kind: &Value) {
    match name.split_once('.') {
        None => drop(into.insert(name.to_owned(), kind.clone())),
        Some((first, rest)) => {
            let within = into.entry(first).or_insert_with(|| json!({"properties": {}}));
            if let Some(properties) = within["properties"].as_object_mut() {
                insert(properties, rest, kind);
            }
        }
    }
}

const KEYWORDS: &[&str] = &[
    "ecs.version",
    "data_stream.type",
    "data_stream.dataset",
    "data_stream.namespace",
    "event.dataset",
    "event.kind",
    "event.action",
    "event.outcome",
    "trace.id",
    "span.id",
    "span.name",
    "span.kind",
    "span.trace_state",
    "parent.id",
    "error.type",
    "log.level",
    "user.id",
    "tags",
    "service.name",
    "service.version",
    "service.environment",
    "service.node.name",
    "host.name",
    "host.id",
    "host.architecture",
    "os.type",
    "container.id",
    "orchestrator.cluster.name",
    "orchestrator.namespace",
    "kubernetes.pod.name",
    "cloud.provider",
    "cloud.region",
    "scope.name",
    "scope.version",
    "gen_ai.operation.name",
    "gen_ai.provider.name",
    "gen_ai.agent.name",
    "gen_ai.agent.id",
    "gen_ai.conversation.id",
    "gen_ai.workflow.name",
    "gen_ai.tool.name",
    "gen_ai.tool.call.id",
    "gen_ai.request.model",
    "gen_ai.request.stop_sequences",
    "gen_ai.response.id",
    "gen_ai.response.model",
    "gen_ai.response.finish_reasons",
    "quipu.kind",
    "quipu.signal",
    "quipu.framework",
    "quipu.convention",
    "quipu.project",
    "quipu.service_tier",
    "quipu.billing",
    "quipu.cost.rule",
    "quipu.cost.reason",
    "quipu.cost.price.source",
    "quipu.cost.price.version",
    "quipu.cost.price.id",
    "metric.name",
    "metric.unit",
    "metric.instrument",
    "metric.temporality",
    "metric.not_a_number",
];

const LONGS: &[&str] = &[
    "event.duration",
    "event.severity",
    "process.pid",
    "gen_ai.request.top_k",
    "gen_ai.retrieval.top_k",
    "gen_ai.request.max_tokens",
    "gen_ai.request.seed",
    "gen_ai.request.choice.count",
    "gen_ai.usage.input_tokens",
    "gen_ai.usage.output_tokens",
    "gen_ai.usage.cache_read.input_tokens",
    "gen_ai.usage.cache_creation.input_tokens",
    "gen_ai.usage.reasoning.output_tokens",
    "metric.count",
];

const DOUBLES: &[&str] = &[
    "gen_ai.request.temperature",
    "gen_ai.request.top_p",
    "gen_ai.request.frequency_penalty",
    "gen_ai.request.presence_penalty",
    "quipu.time_to_first_token",
    "quipu.cost.usd",
    "quipu.cost.reported_usd",
    "metric.value",
    "metric.sum",
    "metric.min",
    "metric.max",
];

const ONLY_KEPT: &[&str] = &[
    "attributes_long",
    "resource.attributes_long",
    "scope.attributes_long",
    "span.events",
    "span.links",
    "metric.buckets",
    "metric.quantiles",
    "metric.exemplars",
];
