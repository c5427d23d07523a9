//! Conformance suite: one list of cases that every backend, store and adapter runs.
//!
//! Verb: JUDGE the plug-ins.
//! Takes: a way to make a fresh store or backend, or an adapter with recorded spans.
//! Gives: a report of every case as passed, failed or ignored with its reason, compared with a committed
//! list.
//! Never: is part of the product; it is a dev-dependency only.
//!
//! Wiring a store:
//!
//! ```text
//! #[tokio::test(flavor = "multi_thread")]
//! async fn every_case() {
//!     let make = || async { Arc::new(MyStore::open_fresh()) as Arc<dyn Store> };
//!     // Only if data outlives `close`.
//!     let reopen = |info: StoreInfo| async move { MyStore::open(&info.uri) };
//!     let report = Suite::of_stores(make).reopening(reopen).run().await;
//!     report.assert_matches_snapshot(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/conformance.txt"));
//! }
//! // An exporter, which answers no queries, has its own laws: `run_exporter(make)`.
//! // Its report is compared with a committed list too.
//! // Comparison of a store with the reference:
//! // assert_equal_histories(&MyStore::open_fresh(), &Memory::new(), seed, 60).await;
//! ```

mod adapter;
mod answers;
mod ask;
mod case;
mod cases;
#[cfg(doctest)]
mod guide;
mod history;
mod outcome;
mod questions;
mod report;
pub mod sample;
pub mod snapshot;
mod suite;

pub use adapter::{Enriched, Recording, golden, run_adapter, run_enricher};
pub use answers::{assert_equal_answers, difference};
pub use case::{Boxed, Case, Need, Reopen, Subject};
pub use cases::{all as cases, exporters};
pub use history::{assert_equal_histories, history};
pub use outcome::{Failure, Outcome};
pub use report::{Report, Verdict};
pub use suite::{Suite, run_backend, run_exporter, run_store};
