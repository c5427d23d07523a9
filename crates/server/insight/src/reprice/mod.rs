//! Re-pricing of stored calls: dry run, journal, and undo.

mod answer;
mod erase;
mod journal;
mod plan;
mod verdict;
mod write;

pub use answer::{Applied, Ask, ModelChange, Past, Plan, RepriceState, Undone};
pub use erase::erase;
pub use plan::plan;
pub use write::{apply, finish, list, undo};
