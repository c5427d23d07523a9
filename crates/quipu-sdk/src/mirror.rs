//! Who else watches guards: one listener of the process, such as the bridge to `tracing`.
//!
//! Without a listener each hook costs one relaxed load.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use quipu_core::{SpanId, TraceId};

use crate::Context;

/// What a listener is told of guards. It is called on the instrumented code's thread: it must neither block nor panic.
///
/// Spans that [`crate::Context::foreign`] makes are not told of: they come from a listener's side.
pub trait Mirror: Send + Sync {
    /// A guard was made.
    fn opened(&self, opened: &Opened<'_>);

    /// A guard's context became the current thread's.
    fn entered(&self, span: SpanId);

    /// A guard's context is the current thread's no more.
    fn left(&self, span: SpanId);

    /// A guard has ended.
    fn closed(&self, span: SpanId);
}

/// A guard that was just made.
#[derive(Debug, Clone, Copy)]
pub struct Opened<'a> {
    /// The word for its kind.
    pub kind: &'a str,
    /// What it was named.
    pub name: &'a str,
    /// The trace.
    pub trace_id: TraceId,
    /// The span.
    pub span_id: SpanId,
    /// The context within it.
    pub context: &'a Context,
    /// The span above it, where there is one.
    pub parent_id: Option<SpanId>,
}

static ON: AtomicBool = AtomicBool::new(false);
static MIRROR: OnceLock<&'static dyn Mirror> = OnceLock::new();

/// Installs the process's listener. Guards made before are not told of.
///
/// # Errors
/// There is one already; it stays.
pub fn set_mirror(mirror: &'static dyn Mirror) -> Result<(), &'static dyn Mirror> {
    MIRROR.set(mirror)?;
    ON.store(true, Ordering::Release);
    Ok(())
}

/// Whether there is a listener.
#[inline]
pub(crate) fn listens() -> bool {
    cfg!(feature = "enable") && ON.load(Ordering::Relaxed)
}

/// Tells the listener, where there is one.
#[inline]
pub(crate) fn tell(what: impl FnOnce(&'static dyn Mirror)) {
    if listens() {
        tell_on(what);
    }
}

#[cold]
fn tell_on(what: impl FnOnce(&'static dyn Mirror)) {
    if let Some(mirror) = MIRROR.get() {
        what(*mirror);
    }
}
