//! The guides' examples, compiled and run as documentation tests.

/// docs/guide/writing-a-backend.md
#[doc = include_str!("../../../docs/guide/writing-a-backend.md")]
pub struct WritingABackend;

/// docs/guide/writing-an-adapter.md
#[doc = include_str!("../../../docs/guide/writing-an-adapter.md")]
pub struct WritingAnAdapter;
