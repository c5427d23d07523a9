//! How a backend is doing, and what a look at its other side found.

/// How a backend is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Health {
    /// It works.
    Ready,
    /// It works in part, or slowly; the text says what is off.
    Degraded(String),
    /// It takes nothing now; the text says why.
    Down(String),
}

/// One step of a backend's look at the other side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What was looked at: `reach`, `tls`, `auth`, `traces` …
    pub step: String,
    /// Whether all is well there.
    pub ok: bool,
    /// What was seen, in words for the user: on failure what to do about it. Never a secret.
    pub said: String,
}
