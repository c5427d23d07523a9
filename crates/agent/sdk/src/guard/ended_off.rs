//! Empty ended span, for builds without recording.

use std::time::Duration;

use quipu_core::{Cost, Span, Timestamp, Usage, Usd};

/// An ended model call: empty in this build.
#[derive(Debug, Default)]
pub struct Ended(());

macro_rules! none {
    ($($name:ident -> $kind:ty;)*) => {
        impl Ended {
            $(
                /// `None` in this build.
                #[inline]
                pub const fn $name(&self) -> Option<$kind> {
                    None
                }
            )*
        }
    };
}

none! {
    span -> Span;
    row -> Cost;
    cost -> Usd;
    usage -> Usage;
    tokens -> u64;
    started_at -> Timestamp;
    duration -> Duration;
}

impl From<Ended> for () {
    #[inline]
    fn from(_: Ended) {}
}
