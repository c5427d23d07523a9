//! Shared code of the examples: a model server, so they run without a key and without a network, and their
//! final output.

mod model;
mod recorded;

pub use model::{ModelServer, Told};
pub use recorded::{data_dir, print_recorded};
