//! Mark of answers that lack parts of the store.

/// Header of an answer that lacks parts of the store: their names, separated by commas.
pub const PARTIAL_HEADER: &str = "quipu-partial";
