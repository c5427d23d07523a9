//! Empty event builder state, for builds without recording.

use quipu_core::Level;

use crate::{Context, Field};

/// An event that is never recorded.
#[derive(Debug)]
pub(super) struct Making;

#[expect(clippy::unused_self, reason = "the same signatures as with recording compiled in")]
impl Making {
    #[inline]
    pub fn begin(_: Option<&Context>, _: Level, _: &str, _: bool) -> Self {
        Self
    }

    #[inline]
    pub fn name(&self) -> &str {
        ""
    }

    #[inline]
    pub fn is_recording(&self) -> bool {
        false
    }

    #[inline]
    pub fn listens(&self) -> bool {
        false
    }

    #[inline]
    pub fn takes_contents(&self) -> bool {
        false
    }

    #[inline]
    pub fn level(&mut self, _: Level) {}

    #[inline]
    pub fn move_to(&mut self, _: &Context) {}

    #[inline]
    pub fn attribute(&mut self, _: &str, _: Field<'_>) {}

    #[inline]
    pub fn scope(&mut self, _: &'static str) {}

    #[inline]
    pub fn body(&mut self, _: Field<'_>) {}

    #[inline]
    pub fn emit(self) {}
}
