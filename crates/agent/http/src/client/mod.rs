//! Middleware for `reqwest`, through `reqwest-middleware`.

mod body;
mod middleware;
mod propagate;
mod watch;

pub use middleware::Middleware;
pub use propagate::Propagate;
