//! Common fields of every document, and the source of its record.

use quipu_core::{Attributes, Resource, Scope, Timestamp, Value};

use super::attributes::attributes;
use super::fields::Fields;
use super::{ECS, StreamName};

/// ECS names of resource attributes. If ECS has one field for two attributes, the first existing one is used.
const RESOURCE: [(&str, &[&str]); 15] = [
    ("service.name", &["service.name"]),
    ("service.version", &["service.version"]),
    ("service.environment", &["deployment.environment.name", "deployment.environment"]),
    ("service.node.name", &["service.instance.id"]),
    ("host.name", &["host.name"]),
    ("host.id", &["host.id"]),
    ("host.architecture", &["host.arch"]),
    ("os.type", &["os.type"]),
    ("container.id", &["container.id"]),
    ("orchestrator.cluster.name", &["k8s.cluster.name"]),
    ("orchestrator.namespace", &["k8s.namespace.name"]),
    ("kubernetes.pod.name", &["k8s.pod.name"]),
    ("cloud.provider", &["cloud.provider"]),
    ("cloud.region", &["cloud.region"]),
    ("process.pid", &["process.pid"]),
];

/// Writes time, schema and data stream.
pub(crate) fn begin(fields: &mut Fields<'_>, stream: &str, place: &StreamName<'_>, time: Timestamp) {
    fields.time("@timestamp", Some(time));
    fields.text("ecs.version", ECS);
    fields.text("data_stream.type", stream);
    fields.text("data_stream.dataset", place.dataset);
    fields.text("data_stream.namespace", place.namespace);
    fields.text("event.dataset", place.dataset);
}

/// Writes resource and scope.
pub(crate) fn source(fields: &mut Fields<'_>, resource: &Resource, scope: &Scope) {
    for (name, keys) in RESOURCE {
        match keys.iter().find_map(|key| resource.attributes.get(key)) {
            Some(Value::String(text)) if name != "process.pid" => fields.text(name, text),
            Some(Value::Int(number)) if name == "process.pid" => fields.plain(name, Some(number)),
            _ => {}
        }
    }
    attributes(fields, "resource.attributes", &resource.attributes);
    fields.text("scope.name", &scope.name);
    fields.text("scope.version", &scope.version);
    attributes(fields, "scope.attributes", &scope.attributes);
}

/// The first text of the key in any of the lists.
pub(crate) fn first_text<'a>(of: impl IntoIterator<Item = &'a Attributes>, key: &str) -> Option<&'a str> {
    of.into_iter().find_map(|list| list.text(key))
}
