//! Import of growing files, with positions that survive restarts.

mod follower;
mod mark;
mod state;
mod wake;

pub use follower::{Follower, Round};
pub use state::WatchMarks;
pub use wake::Wake;
