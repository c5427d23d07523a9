//! Guards: a span lasts from the creation of its guard to its end.

mod call;
mod common;
#[cfg_attr(not(feature = "enable"), path = "ended_off.rs")]
mod ended;
mod entered;
mod foreign;
pub mod kind;
#[cfg_attr(not(feature = "enable"), path = "live_off.rs")]
mod live;
mod make;
mod steps;

pub use call::{CallsModel, Converses};
pub use common::Guard;
pub use ended::Ended;
pub use entered::EnteredGuard;
pub use kind::*;
pub(crate) use make::program;
pub use make::*;
