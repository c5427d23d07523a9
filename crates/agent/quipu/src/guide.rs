//! Guide of the library, so its examples are compiled.

/// The page about the library.
#[doc = include_str!("../../../../docs/guide/library.md")]
pub struct Library;
