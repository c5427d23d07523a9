//! Names that mark the records of Claude Code.

/// Name of the family of sources with common meetings.
pub(crate) const FAMILY: &str = "claude-code";
/// Prefix of the names of its spans, records and metrics.
pub(crate) const PREFIX: &str = "claude_code.";
/// Prefix of the names of its scopes.
pub(crate) const SCOPES: &[&str] = &["com.anthropic.claude_code"];
