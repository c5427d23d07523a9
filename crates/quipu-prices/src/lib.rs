//! Price books as data, with exact decimal look-up.
//!
//! Verb: price.
//! Takes: a provider, a model, a time, a context, and what was used.
//! Gives: an exact bill with the rule behind it, or the reason why there is none.
//! Never: does I/O, rounds through floats, or calls an unknown price zero.

mod bill;
mod book;
mod cache;
mod clause;
mod counts;
mod list;
mod lookup;
mod name;
mod rates;
pub mod schema;
mod unit;

pub use book::Book;
pub use list::{ListedPrice, ListedRule};
pub use name::provider_id;
pub use unit::{Direction, Unit};
