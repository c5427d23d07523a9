//! Import of growing files, with positions that survive restarts.

mod follower;
mod mark;
mod state;
mod wake;

pub use follower::{Follower, Round};
pub use state::State;
pub use wake::Wake;
