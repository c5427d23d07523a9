//! Building blocks of agents that watch themselves.
//!
//! Verb: COMPOSE.
//! Takes: asynchronous functions.
//! Gives: the same in sequence, in parallel, routed, cached, timed, retried or with a fallback, with spans and metrics.
//! Never: changes what a function gives, or swallows its error.
//!
//! Each block is made by a function of its name, set up by value, and run. `run` takes work that gives a `Result` and records
//! its error; where work gives a plain value there is `run_value` or its like. Futures are `Send` when the work is, and may be
//! dropped at any time: the spans of what was given up say `cancelled`.
//!
//! ```
//! use std::time::Duration;
//!
//! use quipu_primitives::{TimedOut, fallback, retry, sequence, timeout};
//!
//! #[derive(Debug, thiserror::Error)]
//! enum Failure {
//!     #[error("the model is overloaded")]
//!     Overloaded,
//!     #[error(transparent)]
//!     TimedOut(#[from] TimedOut),
//! }
//!
//! async fn ask(model: &str, question: String) -> Result<String, Failure> {
//!     if model == "large" { Err(Failure::Overloaded) } else { Ok(format!("{question} Yes.")) }
//! }
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() -> Result<(), Failure> {
//! let patient = |question: String| async move {
//!     let patience = timeout("ask", Duration::from_secs(20));
//!     retry("ask").attempts(3).run(|_| patience.run(ask("large", question.clone()))).await
//! };
//! let model = fallback("model", "large", patient).or("small", |question| ask("small", question));
//! let answer = sequence("answer")
//!     .map("tidy", |question: String| async move { question.trim().to_owned() })
//!     .then("ask", move |question| {
//!         let model = model.clone();
//!         async move { model.run(question).await }
//!     })
//!     .run(" Is it true? ".to_owned())
//!     .await?;
//! assert_eq!(answer, "Is it true? Yes.");
//! # Ok(())
//! # }
//! ```

mod cache;
mod fallback;
#[cfg(doctest)]
mod guide;
mod parallel;
mod retry;
mod router;
mod sequence;
mod spawn;
mod timeout;
mod watched;

pub use cache::{Cache, cache};
pub use fallback::{Fallback, fallback};
pub use parallel::{Parallel, parallel};
pub use retry::{Always, Retry, RetryIf, When, retry};
pub use router::{CompleteRouter, NoRoute, Router, router};
pub use sequence::{Sequence, sequence};
pub use spawn::{spawn, spawn_blocking, thread_spawn};
pub use timeout::{TimedOut, Timeout, timeout};
