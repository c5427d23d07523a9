//! Groups of spans by process, because a Thrift batch has one process.

use std::sync::Arc;

use quipu_core::{Resource, Span};

/// Spans of one process.
pub(super) struct Group<'a> {
    pub resource: Arc<Resource>,
    pub spans: Vec<&'a Span>,
}

/// Groups spans by process, in their order.
pub(super) fn groups(spans: &[Span]) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    for run in spans.chunk_by(|one, next| same(&one.resource, &next.resource)) {
        let Some(first) = run.first() else { continue };
        match groups.iter_mut().find(|group| same(&group.resource, &first.resource)) {
            Some(group) => group.spans.extend(run),
            None => groups.push(Group { resource: Arc::clone(&first.resource), spans: run.iter().collect() }),
        }
    }
    groups
}

/// Whether two resources are shared or equal: spans from a spool do not share.
fn same(one: &Arc<Resource>, other: &Arc<Resource>) -> bool {
    Arc::ptr_eq(one, other) || one == other
}
