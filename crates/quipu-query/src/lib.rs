//! Questions to a store, parsed and paged.
