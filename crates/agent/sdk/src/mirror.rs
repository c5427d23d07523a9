//! Mirror of guards for another instrumentation, such as the bridge to `tracing`. A process has one mirror.
//!
//! Without a mirror each hook costs one relaxed load.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use quipu_core::{SpanId, TraceId};

use crate::Context;

/// Mirror of guards. Its methods run on the instrumented thread, so they must neither block nor panic.
///
/// Spans from [`crate::Context::foreign`] are not reported, because they come from a bridge.
///
/// ```
/// use quipu_core::SpanId;
/// use quipu_sdk::{Mirror, Opened};
///
/// struct Names;
///
/// impl Mirror for Names {
///     fn opened(&self, opened: &Opened<'_>) {
///         println!("{} {}", opened.kind, opened.name);
///     }
///     fn entered(&self, _: SpanId) {}
///     fn left(&self, _: SpanId) {}
///     fn closed(&self, _: SpanId) {}
/// }
/// # let _: &dyn Mirror = &Names;
/// ```
pub trait Mirror: Send + Sync {
    /// A guard was created.
    fn opened(&self, opened: &Opened<'_>);

    /// A guard's context became the thread's current one.
    fn entered(&self, span: SpanId);

    /// A guard's context is no longer the thread's current one.
    fn left(&self, span: SpanId);

    /// A guard has ended.
    fn closed(&self, span: SpanId);

    /// The thread's current span in the other instrumentation. If it is not the current guard, it is within
    /// it, so it becomes the parent of the next guard.
    fn outer(&self) -> Option<OuterSpan> {
        None
    }
}

/// A current span of another instrumentation in the same process.
///
/// ```
/// use quipu_sdk::OuterSpan;
///
/// fn describe(outer: &OuterSpan) -> String {
///     format!("{}/{}, sampled: {}", outer.trace_id, outer.span_id, outer.sampled)
/// }
/// # let _ = describe;
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OuterSpan {
    /// Trace id.
    pub trace_id: TraceId,
    /// Span id.
    pub span_id: SpanId,
    /// Whether its trace is sampled.
    pub sampled: bool,
}

/// A new guard.
///
/// ```
/// fn describe(opened: &quipu_sdk::Opened<'_>) -> String {
///     format!("{} {} within {:?}", opened.kind, opened.name, opened.parent_id)
/// }
/// # let _ = describe;
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Opened<'a> {
    /// Word of its kind.
    pub kind: &'a str,
    /// Name.
    pub name: &'a str,
    /// Trace id.
    pub trace_id: TraceId,
    /// Span id.
    pub span_id: SpanId,
    /// The context in the span.
    pub context: &'a Context,
    /// Parent span, if there is one.
    pub parent_id: Option<SpanId>,
}

static ON: AtomicBool = AtomicBool::new(false);
static MIRROR: OnceLock<&'static dyn Mirror> = OnceLock::new();

/// Installs the process's mirror. Existing guards are not reported.
///
/// ```
/// fn install(mirror: &'static dyn quipu_sdk::Mirror) {
///     if quipu_sdk::set_mirror(mirror).is_err() {
///         println!("another mirror is installed and stays");
///     }
/// }
/// # let _ = install;
/// ```
///
/// # Errors
/// A mirror is already installed; it stays.
pub fn set_mirror(mirror: &'static dyn Mirror) -> Result<(), &'static dyn Mirror> {
    MIRROR.set(mirror)?;
    ON.store(true, Ordering::Release);
    Ok(())
}

/// Whether there is a mirror.
#[inline]
pub(crate) fn listens() -> bool {
    cfg!(feature = "enable") && ON.load(Ordering::Relaxed)
}

/// The current span of the mirrored instrumentation; `None` without a mirror.
#[inline]
pub(crate) fn outer() -> Option<OuterSpan> {
    if listens() { MIRROR.get().and_then(|mirror| mirror.outer()) } else { None }
}

/// Calls the mirror, if there is one.
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
