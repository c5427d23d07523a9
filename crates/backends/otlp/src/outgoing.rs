//! Prepares records for export.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use quipu_core::{Batch, Event, Metric, Resource, Span};

/// Adds attributes to resources that lack them.
#[derive(Debug)]
pub(crate) struct Resources<'a> {
    added: &'a BTreeMap<String, String>,
    /// Results by the address of the original resource, which its records share. The original is held, so its
    /// address stays unique.
    done: HashMap<usize, (Arc<Resource>, Arc<Resource>)>,
}

/// A record with a resource.
pub(crate) trait Resourced: Clone {
    fn resource(&mut self) -> &mut Arc<Resource>;
}

impl Resourced for Span {
    fn resource(&mut self) -> &mut Arc<Resource> {
        &mut self.resource
    }
}

impl Resourced for Event {
    fn resource(&mut self) -> &mut Arc<Resource> {
        &mut self.resource
    }
}

impl Resourced for Metric {
    fn resource(&mut self) -> &mut Arc<Resource> {
        &mut self.resource
    }
}

impl<'a> Resources<'a> {
    pub fn new(added: &'a BTreeMap<String, String>) -> Self {
        Self { added, done: HashMap::new() }
    }

    /// The records with added attributes; borrowed if nothing is added.
    pub fn add<'r, T: Resourced>(&mut self, records: Cow<'r, [T]>) -> Cow<'r, [T]> {
        if self.added.is_empty() || records.is_empty() {
            return records;
        }
        let mut records = records.into_owned();
        for record in &mut records {
            let resource = record.resource();
            *resource = self.of(resource);
        }
        Cow::Owned(records)
    }

    fn of(&mut self, resource: &Arc<Resource>) -> Arc<Resource> {
        let (_, done) = self.done.entry(Arc::as_ptr(resource).addr()).or_insert_with(|| {
            let mut more = Resource::clone(resource);
            for (name, text) in self.added {
                if more.attributes.get(name).is_none() {
                    more.attributes.push(name.as_str(), text.clone());
                }
            }
            (Arc::clone(resource), Arc::new(more))
        });
        Arc::clone(done)
    }
}

/// The original spans of a batch for these exported ones, with their ledger rows. Without the rows a retry
/// would export other figures.
pub(crate) fn originals(batch: &Batch, left: &[Span]) -> Batch {
    let ids: HashSet<_> = left.iter().map(|span| (span.trace_id, span.span_id)).collect();
    let spans = batch.spans.iter().filter(|span| ids.contains(&(span.trace_id, span.span_id)));
    let costs = batch.costs.iter().filter(|cost| ids.contains(&(cost.trace_id, cost.span_id)));
    Batch { spans: spans.cloned().collect(), costs: costs.cloned().collect(), ..Batch::default() }
}
