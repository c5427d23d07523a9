//! Cost analysis and figures, computed from the ledger and the store.
//!
//! Verb: ANALYSE.
//! Takes: stored ledger rows and spans, and price books.
//! Gives: the reasons and the course of spending, and its cost at other prices. Figures by group and over
//! time; a trace in display order, and its graph; documents of users.
//! Never: counts a call, or prices one otherwise than the pipeline does.

pub mod agents;
pub mod analysis;
mod catalog;
mod documents;
mod erase;
pub mod explain;
pub mod figures;
mod graph;
pub mod guardrails;
mod inferred;
mod outline;
mod parts;
pub mod plans;
pub mod reprice;
mod rows;
pub mod summary;
pub mod tools;
pub mod unpriced;
mod within;

pub use within::usage_within;

pub use catalog::{Catalog, Offer};
pub use documents::{Document, DocumentError, Documents, Shelf};
pub use erase::Ids;
pub use graph::{Flow, Graph, Handoff, NodeId, NodeKind};
pub use inferred::inferred_rows;
pub use outline::{Outline, OutlineDraft, OutlineRow};
pub use parts::ErrorCount;
