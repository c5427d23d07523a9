//! Price books, and where they lie on disk.

pub use quipu_prices::*;
pub use quipu_runtime::prices::*;
