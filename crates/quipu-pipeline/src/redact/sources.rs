//! Resources and scopes, which records of one source share: each is looked at once a batch, and stays shared.

use std::sync::Arc;

use foldhash::HashMap;
use quipu_core::{Resource, Scope};

use super::found::Found;
use super::records;
use super::walk::Redactor;

/// What was made of those that were seen, by where they are.
#[derive(Default)]
pub(super) struct Sources {
    resources: HashMap<usize, (Arc<Resource>, Arc<Resource>)>,
    scopes: HashMap<usize, (Arc<Scope>, Arc<Scope>)>,
}

impl Sources {
    /// A record's resource without what is to be taken out.
    pub fn resource(&mut self, redactor: &Redactor, own: &mut Arc<Resource>, found: &mut Found) {
        let place = Arc::as_ptr(own).addr();
        // The one that was seen is held, so that no other can be at its place.
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

    /// A record's scope, in the same way.
    pub fn scope(&mut self, redactor: &Redactor, own: &mut Arc<Scope>, found: &mut Found) {
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
