//! Contents of a context: recorder, place in a trace, and bound values.

use std::sync::{Arc, OnceLock};

use crate::bound::Bound;
use crate::place::CurrentSpan;
use crate::recorder::{Recorder, global};
use crate::{local, mirror, wire};

/// Bound values, also encoded as record fields; the encoding happens at the first record.
#[derive(Debug, Default)]
pub(crate) struct BoundValues {
    bound: Bound,
    fields: OnceLock<Box<[u64]>>,
}

impl Clone for BoundValues {
    /// A copy is made to be changed, so it drops the encoded fields.
    fn clone(&self) -> Self {
        Self { bound: self.bound.clone(), fields: OnceLock::new() }
    }
}

impl BoundValues {
    pub fn bound(&self) -> &Bound {
        &self.bound
    }

    #[inline]
    pub fn fields(&self) -> &[u64] {
        self.fields.get_or_init(|| wire::bound(&self.bound))
    }
}

/// Contents of a context.
#[derive(Debug, Clone, Default)]
pub(crate) struct At {
    pub recorder: Option<Recorder>,
    pub place: Option<CurrentSpan>,
    /// Shared between a context and its descendants; `None` if nothing is bound, without an allocation.
    pub held: Option<Arc<BoundValues>>,
}

impl At {
    pub const NOWHERE: Self = Self { recorder: None, place: None, held: None };

    /// The current thread's context. Without one, new traces start in the installed recorder.
    #[inline]
    pub fn current() -> Self {
        let mut current = Self::look(Self::clone);
        current.recorder = current.recorder.or_else(global);
        if let Some(outer) = mirror::outer()
            && current.place.is_none_or(|place| place.span_id != outer.span_id)
        {
            let mirror::OuterSpan { trace_id, span_id, sampled } = outer;
            current.place = Some(CurrentSpan { trace_id, span_id, sampled, remote: true });
        }
        current
    }

    /// Reads the thread's context without a clone.
    #[inline]
    pub fn look<T>(look: impl Fn(&Self) -> T) -> T {
        local::with(|local| local.current.try_borrow().ok().map(|current| look(&current)))
            .flatten()
            .unwrap_or_else(|| look(&Self::NOWHERE))
    }

    pub fn root(recorder: Recorder) -> Self {
        Self { recorder: Some(recorder), ..Self::NOWHERE }
    }

    /// Makes this the thread's context and returns the previous one.
    #[inline]
    pub fn replace(self) -> Self {
        let mut new = Some(self);
        let before = local::with(|local| match (local.current.try_borrow_mut(), new.take()) {
            (Ok(mut current), Some(new)) => std::mem::replace(&mut *current, new),
            _ => Self::NOWHERE,
        });
        before.unwrap_or_default()
    }

    pub fn recorder(&self) -> Option<Recorder> {
        self.recorder
    }

    pub fn place(&self) -> Option<CurrentSpan> {
        self.place
    }

    pub fn set_place(&mut self, place: Option<CurrentSpan>) {
        self.place = place;
    }

    pub fn bound(&self) -> Option<&Bound> {
        self.held.as_deref().map(|held| &held.bound)
    }

    pub fn change(&mut self, set: impl FnOnce(&mut Bound)) {
        change(&mut self.held, set);
    }
}

/// Changes the bound values of this holder alone.
pub(crate) fn change(held: &mut Option<Arc<BoundValues>>, set: impl FnOnce(&mut Bound)) {
    let held = Arc::make_mut(held.get_or_insert_default());
    held.fields.take();
    set(&mut held.bound);
}
