//! Health of a backend, and the findings of its connection check.

/// Health of a backend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Health {
    /// It works.
    Ready,
    /// It works in part, or slowly; the text names the problem.
    Degraded(String),
    /// It accepts nothing now; the text names the cause.
    Down(String),
}

/// One step of a backend's connection check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Name of the step: `reach`, `tls`, `auth`, `traces` …
    pub step: String,
    /// Whether the step succeeded.
    pub ok: bool,
    /// Result in words for the user; on failure, the remedy. Never a secret.
    pub said: String,
}
