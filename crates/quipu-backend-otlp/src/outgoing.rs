//! Records as they are to leave.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use quipu_core::{Batch, Event, Metric, Resource, Span};

/// Adds attributes to resources that have none of their name.
#[derive(Debug)]
pub(crate) struct Resources<'a> {
    added: &'a BTreeMap<String, String>,
    /// By the address of the resource as it came, which its records share; held, so that no other one gets this address.
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

    /// The records with what is added; as they are when nothing is.
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

/// The spans of a batch, as they came, that left as these; with their ledger rows, without which they would not leave the same again.
pub(crate) fn originals(batch: &Batch, left: &[Span]) -> Batch {
    let ids: HashSet<_> = left.iter().map(|span| (span.trace_id, span.span_id)).collect();
    let spans = batch.spans.iter().filter(|span| ids.contains(&(span.trace_id, span.span_id)));
    let costs = batch.costs.iter().filter(|cost| ids.contains(&(cost.trace_id, cost.span_id)));
    Batch { spans: spans.cloned().collect(), costs: costs.cloned().collect(), ..Batch::default() }
}
