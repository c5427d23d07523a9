//! Building blocks of agents with their own spans and metrics.
//!
//! Verb: COMPOSE.
//! Takes: asynchronous functions.
//! Gives: their composition in sequence, in parallel, routed, cached, timed, retried or with a fallback, with
//! spans and metrics.
//! Never: changes the result of a function, or hides its error.
//!
//! A function with the block's name creates it; methods by value configure it. `run` takes work that returns
//! a `Result` and records its error; `run_value` and similar methods take work with a plain value. Futures
//! are `Send` if the work is. They can be dropped at any time: spans of dropped work are marked `cancelled`.
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
