//! Price books as data, with exact decimal look-up.
//!
//! Verb: price.
//! Takes: a provider, a model, a time, a context, and the usage.
//! Gives: an exact bill with the rule behind it, or the reason why there is none.
//! Never: does I/O, rounds through floats, or calls an unknown price zero.

mod added;
mod answer;
mod bill;
mod books;
mod cache;
mod check;
mod clause;
#[cfg(feature = "convert")]
pub mod convert;
mod counts;
mod decimal;
mod diff;
mod edition;
mod list;
mod listed;
mod lists;
mod lookup;
mod name;
mod rates;
mod region;
pub mod schema;
mod state;
mod unit;
mod user;

pub use added::{NewPrice, NewPriceError};
pub use books::{Books, SourceInfo};
pub use check::Disagreement;
pub use diff::{Change, Diff, diff};
pub use list::{ListedPrice, ListedRule, ModelPrice};
pub use name::provider_id;
pub use unit::{Direction, Unit};
pub use user::{Currency, USER, UserBook, UserError};
