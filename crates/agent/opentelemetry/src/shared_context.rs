//! One current span for Quipu's guards and for `opentelemetry`.

use std::cell::RefCell;

use opentelemetry::trace::TraceContextExt as _;
use opentelemetry::{Context, ContextGuard};
use quipu_core::{SpanId, TraceId};
use quipu_sdk::{Mirror, Opened, OuterSpan, set_mirror};

use crate::tracer::context;

thread_local! {
    /// Guards that this thread has entered, as contexts of `opentelemetry`.
    static ENTERED: RefCell<Vec<(SpanId, ContextGuard)>> = const { RefCell::new(Vec::new()) };
}

struct Shared;

/// Error: another mirror, such as that of the bridge to `tracing`, observes the guards of this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("another mirror already observes the guards of this process")]
pub struct MirrorTaken;

/// Shares the current span in both directions. A span of an `opentelemetry` tracer within an entered guard is
/// a child of the guard. A guard within a current span of `opentelemetry` is a child of that span, in its
/// trace and with its sampling decision.
///
/// # Errors
/// [`MirrorTaken`] if another mirror is installed. A second call is no error.
pub fn share_context() -> Result<(), MirrorTaken> {
    static INSTALLED: std::sync::OnceLock<Result<(), MirrorTaken>> = std::sync::OnceLock::new();
    *INSTALLED.get_or_init(|| set_mirror(&Shared).map_err(|_| MirrorTaken))
}

impl Mirror for Shared {
    fn opened(&self, _opened: &Opened<'_>) {}

    fn entered(&self, span: SpanId) {
        let current = quipu_sdk::Context::entered_place();
        let Some((trace_id, span_id, true)) = current else { return };
        let entered = Context::current().with_remote_span_context(context(trace_id, span_id)).attach();
        let _ = ENTERED.try_with(|all| all.borrow_mut().push((span, entered)));
    }

    fn left(&self, span: SpanId) {
        let left = ENTERED.try_with(|all| {
            let mut all = all.borrow_mut();
            let at = all.iter().rposition(|(entered, _)| *entered == span)?;
            Some(all.remove(at))
        });
        // Detached after the borrow, because it may call back.
        drop(left);
    }

    fn closed(&self, _span: SpanId) {}

    fn outer(&self) -> Option<OuterSpan> {
        let context = Context::current();
        let span = context.span();
        let span = span.span_context();
        let trace_id = TraceId::from_bytes(span.trace_id().to_bytes()).ok()?;
        let span_id = SpanId::from_bytes(span.span_id().to_bytes()).ok()?;
        Some(OuterSpan { trace_id, span_id, sampled: span.is_sampled() })
    }
}
