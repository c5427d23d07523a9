//! Scopes of the records of one call, for budgets.

use compact_str::CompactString;

use crate::{Cost, TraceId};

/// The facts of a record of a call by which budgets select spending. Its trace has the others.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RecordScope {
    /// The trace of the record.
    pub trace_id: TraceId,
    /// Service that sent it.
    pub service: Option<CompactString>,
    /// Framework that made the call.
    pub framework: Option<CompactString>,
    /// Agent that made the call.
    pub agent: Option<CompactString>,
}

impl RecordScope {
    /// The scope of a ledger row.
    pub fn of(cost: &Cost) -> Self {
        Self {
            trace_id: cost.trace_id,
            service: cost.service.clone(),
            framework: cost.framework.clone(),
            agent: cost.agent.clone(),
        }
    }
}

impl Cost {
    /// Largest number of scopes of other records; further ones are left out.
    pub const MOST_SCOPES: usize = 8;

    /// Adds the scopes of the record of another sender.
    pub fn add_scopes_of(&mut self, record: &Self) {
        let own = RecordScope::of(self);
        for scope in std::iter::once(RecordScope::of(record)).chain(record.scopes.iter().cloned()) {
            if scope != own && !self.scopes.contains(&scope) && self.scopes.len() < Self::MOST_SCOPES {
                self.scopes.push(scope);
            }
        }
    }
}
