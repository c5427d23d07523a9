//! Price books and their files on disk.

pub use quipu_prices::*;
pub use quipu_runtime::prices::*;
