//! What the examples share: a model server of their own, so that they run without a key and without a network, and what they
//! print at their end.

mod model;
mod recorded;

pub use model::{ModelServer, Told};
pub use recorded::{data_dir, print_recorded};
