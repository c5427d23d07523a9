//! Guards: a span lasts from the creation of its guard to its end.

mod call;
mod common;
mod entered;
mod foreign;
pub mod kind;
#[cfg_attr(not(feature = "enable"), path = "live_off.rs")]
mod live;
mod make;
mod steps;

pub use call::{CallsModel, Converses};
pub use common::Guard;
pub use entered::EnteredGuard;
pub use kind::*;
pub use make::*;
