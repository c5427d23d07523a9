//! Empty context contents, for builds without recording.

use crate::bound::Bound;
use crate::place::CurrentSpan;
use crate::recorder::Recorder;

/// Contents of a context: none.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct At;

#[expect(clippy::unused_self, reason = "the same signatures as with recording compiled in")]
impl At {
    #[inline]
    pub fn current() -> Self {
        Self
    }

    #[inline]
    pub fn look<T>(look: impl Fn(&Self) -> T) -> T {
        look(&Self)
    }

    #[inline]
    pub fn root(_: Recorder) -> Self {
        Self
    }

    #[inline]
    pub fn replace(self) -> Self {
        self
    }

    #[inline]
    pub fn recorder(&self) -> Option<Recorder> {
        None
    }

    #[inline]
    pub fn place(&self) -> Option<CurrentSpan> {
        None
    }

    #[inline]
    pub fn set_place(&mut self, _: Option<CurrentSpan>) {}

    #[inline]
    pub fn bound(&self) -> Option<&Bound> {
        None
    }

    #[inline]
    pub fn change(&mut self, _: impl FnOnce(&mut Bound)) {}
}
