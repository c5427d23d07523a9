//! Identity of a source as labels, for receivers without a scraper.

use std::collections::BTreeMap;

use quipu_core::Resource;

use crate::names::{Label, Labels, labels};

/// Additional labels of every series.
#[derive(Debug, Clone, Default)]
pub(crate) struct Target {
    more: BTreeMap<String, String>,
}

/// Labels that a scraper would add.
const OURS: [&str; 2] = ["job", "instance"];
/// Attributes behind these labels; `target_info` does not repeat them.
const MADE_OF: [&str; 3] = ["service.name", "service.namespace", "service.instance.id"];

impl Target {
    pub(crate) const fn new(more: BTreeMap<String, String>) -> Self {
        Self { more }
    }

    /// Adds `job` (`service.namespace/service.name`) and `instance` (`service.instance.id`) if the resource
    /// has them
    /// (<https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/#resource-attributes-1>),
    /// then the configured labels. A series' own label `job` or `instance` is renamed `exported_…`, as in
    /// Prometheus itself. All other own labels of a series take precedence.
    pub(crate) fn label(&self, resource: &Resource, own: &Labels) -> Labels {
        let mut all: BTreeMap<String, String> = own
            .iter()
            .map(|label| {
                let taken = OURS.contains(&label.name.as_str());
                let name = if taken { format!("exported_{}", label.name) } else { label.name.to_string() };
                (name, label.value.to_string())
            })
            .collect();
        let known = [("job", job(resource)), ("instance", instance(resource))];
        all.extend(known.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))));
        for (name, value) in &self.more {
            all.entry(name.clone()).or_insert_with(|| value.clone());
        }
        let label = |(name, value): (String, String)| Label { name: name.into(), value: value.into() };
        all.into_iter().filter(|(_, value)| !value.is_empty()).map(label).collect()
    }

    /// The labels of `target_info`; `None` for a source without an identity.
    pub(crate) fn info(&self, resource: &Resource) -> Option<Labels> {
        job(resource)?;
        let attributes = resource.attributes.iter().map(|(key, value)| (key.as_str(), value));
        let told = labels(attributes.filter(|(key, _)| !MADE_OF.contains(key)), "");
        Some(self.label(resource, &told))
    }
}

fn job(resource: &Resource) -> Option<String> {
    let service = resource.attributes.text("service.name").filter(|name| !name.is_empty())?;
    Some(match resource.attributes.text("service.namespace").filter(|name| !name.is_empty()) {
        Some(namespace) => format!("{namespace}/{service}"),
        None => service.to_owned(),
    })
}

fn instance(resource: &Resource) -> Option<String> {
    resource.attributes.text("service.instance.id").map(str::to_owned)
}
