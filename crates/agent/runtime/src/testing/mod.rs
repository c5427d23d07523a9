//! Capture of telemetry in unit tests, with assertions.

mod capture;
mod captured;
mod sink;

pub use capture::Capture;
pub use captured::Captured;
pub use quipu_sdk::ManualClock;
