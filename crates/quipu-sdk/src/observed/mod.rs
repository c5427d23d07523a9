//! What `#[quipu::observe]` does while a program runs. The attribute's code calls this and is nothing else: it is no
//! interface of the user's, and may change with the attribute.
#![doc(hidden)]

mod call;
mod probe;
mod site;

pub use call::{Observed, call, never, within};
pub use probe::{
    Failure, Measured, OfAny, OfAnything, OfDebug, OfDisplay, OfMeasured, Probe, Recorded, error_of, value_of,
};
pub use site::Site;
