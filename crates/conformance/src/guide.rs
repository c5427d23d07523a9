//! Examples of the guides, compiled and run as documentation tests.

/// Examples of docs/guide/writing-a-backend.md.
#[doc = include_str!("../../../docs/guide/writing-a-backend.md")]
pub struct WritingABackend;

/// Examples of docs/guide/writing-an-adapter.md.
#[doc = include_str!("../../../docs/guide/writing-an-adapter.md")]
pub struct WritingAnAdapter;
