//! Runtime of `#[quipu::observe]`. Only the attribute's code calls it. It is not a public interface and may
//! change with the attribute.
#![doc(hidden)]

mod call;
mod probe;
mod site;

pub use call::{Observed, call, never, within};
pub use probe::{
    Failure, Measured, OfAny, OfAnything, OfDebug, OfDisplay, OfMeasured, Probe, Recorded, error_of, value_of,
};
pub use site::Site;
