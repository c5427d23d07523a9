//! Redaction of resources and scopes. Records of one source share them: each is searched once per batch and
//! stays shared.

use std::sync::Arc;

use foldhash::HashMap;
use quipu_core::{Resource, Scope};

use super::found::Findings;
use super::records;
use super::walk::Redactor;

/// Redacted resources and scopes by the address of the original.
#[derive(Default)]
pub(super) struct Sources {
    resources: HashMap<usize, (Arc<Resource>, Arc<Resource>)>,
    scopes: HashMap<usize, (Arc<Scope>, Arc<Scope>)>,
}

impl Sources {
    /// Redacts a record's resource.
    pub fn resource(&mut self, redactor: &Redactor, own: &mut Arc<Resource>, found: &mut Findings) {
        let place = Arc::as_ptr(own).addr();
        // The map holds the original, so no other value can get its address.
        let (_, clean) = self.resources.entry(place).or_insert_with(|| {
            let mut clean = Resource::clone(own);
            records::resource(redactor, &mut clean, found);
            let kept = if clean == **own { Arc::clone(own) } else { Arc::new(clean) };
            (Arc::clone(own), kept)
        });
        if !Arc::ptr_eq(own, clean) {
            *own = Arc::clone(clean);
        }
    }

    /// Redacts a record's scope in the same way.
    pub fn scope(&mut self, redactor: &Redactor, own: &mut Arc<Scope>, found: &mut Findings) {
        let place = Arc::as_ptr(own).addr();
        let (_, clean) = self.scopes.entry(place).or_insert_with(|| {
            let mut clean = Scope::clone(own);
            records::scope(redactor, &mut clean, found);
            let kept = if clean == **own { Arc::clone(own) } else { Arc::new(clean) };
            (Arc::clone(own), kept)
        });
        if !Arc::ptr_eq(own, clean) {
            *own = Arc::clone(clean);
        }
    }
}
