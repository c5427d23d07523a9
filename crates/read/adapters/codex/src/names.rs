//! Names that mark the records of Codex.

/// Name of the family of sources with common meetings.
pub(crate) const FAMILY: &str = "codex";
/// Prefix of the names of its records and metrics.
pub(crate) const PREFIX: &str = "codex.";
/// Prefixes of the names of its scopes: `codex_exec`, `codex_cli_rs`, `codex-app-server`,
/// `codex_otel.log_only` …
pub(crate) const SCOPES: &[&str] = &["codex_", "codex-"];
