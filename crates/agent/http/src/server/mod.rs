//! Layer for `tower` servers.

mod body;
mod future;
mod layer;

pub use body::TraceBody;
pub use future::TraceFuture;
pub use layer::{Trace, TraceLayer};
