//! Guards of Quipu as spans of `tracing`, so its subscribers see the current step.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use quipu_core::SpanId;
use quipu_core::locks::Mutex;
use quipu_sdk::{Context, Mirror, Opened, set_mirror};
use tracing::Span;
use tracing::span::Id;

/// Target of mirrored spans. The layer never records them.
pub const MIRROR_TARGET: &str = "quipu::guard";

/// Error: another mirror already watches the process's guards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("another mirror already observes the guards of this process")]
pub struct MirrorTaken;

/// Number of locks for open spans, against contention.
const SHARDS: usize = 16;

struct Spans([Mutex<HashMap<SpanId, Span>>; SHARDS]);

thread_local! {
    /// Context of the guard whose span is being created.
    static OPENING: RefCell<Option<Context>> = const { RefCell::new(None) };
    /// Whether this thread is notifying `tracing`; reactions of the layer are not mirrored back.
    static TELLING: Cell<bool> = const { Cell::new(false) };
    /// Spans that this thread has entered.
    static ENTERED: RefCell<Vec<(SpanId, Span)>> = const { RefCell::new(Vec::new()) };
}

/// Mirrors every new guard to the subscribers of `tracing`, as a span with the target [`MIRROR_TARGET`] and
/// the level INFO. The span has the name of the guard's kind and the fields `name`, `trace_id` and `span_id`.
/// It is entered and left with the guard's context and closed at the guard's end. If the subscriber disables
/// the target, the cost is one check.
///
/// # Errors
/// [`MirrorTaken`] if another mirror is installed; a second call is no error.
pub fn mirror() -> Result<(), MirrorTaken> {
    static INSTALLED: std::sync::OnceLock<Result<(), MirrorTaken>> = std::sync::OnceLock::new();
    static SPANS: std::sync::LazyLock<Spans> =
        std::sync::LazyLock::new(|| Spans(std::array::from_fn(|_| Mutex::default())));
    *INSTALLED.get_or_init(|| set_mirror(&*SPANS).map_err(|_| MirrorTaken))
}

/// Context of the guard whose span is being created on this thread.
pub(crate) fn opening() -> Option<Context> {
    OPENING.try_with(|opening| opening.borrow().clone()).ok().flatten()
}

/// Whether this thread is notifying `tracing` of a guard.
pub(crate) fn is_telling() -> bool {
    TELLING.try_with(Cell::get).unwrap_or(true)
}

/// Runs `tell`, unless it is called from within another notification.
fn telling(tell: impl FnOnce()) {
    struct EndOfNotification;
    impl Drop for EndOfNotification {
        fn drop(&mut self) {
            let _ = TELLING.try_with(|telling| telling.set(false));
        }
    }
    if TELLING.try_with(|telling| telling.replace(true)) == Ok(false) {
        let _told = EndOfNotification;
        tell();
    }
}

impl Spans {
    fn shard(&self, span: SpanId) -> &Mutex<HashMap<SpanId, Span>> {
        &self.0[usize::from(span.as_bytes()[7]) % SHARDS]
    }

    fn find(&self, span: SpanId) -> Option<Span> {
        self.shard(span).lock().get(&span).cloned()
    }
}

macro_rules! by_kind {
    ($opened:ident, $parent:ident, [$($word:literal),*]) => {
        match $opened.kind {
            $($word => by_kind!(@ $opened, $parent, $word),)*
            _ => by_kind!(@ $opened, $parent, "span"),
        }
    };
    (@ $opened:ident, $parent:ident, $word:literal) => {
        tracing::info_span!(
            target: MIRROR_TARGET,
            parent: $parent,
            $word,
            name = $opened.name,
            trace_id = %$opened.trace_id,
            span_id = %$opened.span_id,
        )
    };
}

/// Creates the span. `tracing` needs a static name, so the name is the guard's kind.
fn show(opened: &Opened<'_>, parent: Option<Id>) -> Span {
    by_kind!(
        opened,
        parent,
        [
            "agent",
            "workflow",
            "task",
            "llm",
            "embedding",
            "rerank",
            "tool",
            "retrieval",
            "memory",
            "guardrail",
            "evaluator",
            "planning",
            "session",
            "context_assembly",
            "file_operation",
            "shell_command",
            "vcs"
        ]
    )
}

impl Mirror for Spans {
    fn opened(&self, opened: &Opened<'_>) {
        telling(|| {
            let _ = OPENING.try_with(|opening| opening.replace(Some(opened.context.clone())));
            let parent = opened.parent_id.and_then(|parent| self.find(parent)).and_then(|span| span.id());
            let parent = parent.or_else(|| Span::current().id());
            let span = show(opened, parent);
            let _ = OPENING.try_with(RefCell::take);
            if !span.is_disabled() {
                self.shard(opened.span_id).lock().insert(opened.span_id, span);
            }
        });
    }

    fn entered(&self, span: SpanId) {
        telling(|| {
            let Some(shown) = self.find(span) else { return };
            shown.with_subscriber(|(id, dispatch)| dispatch.enter(id));
            let _ = ENTERED.try_with(|entered| entered.borrow_mut().push((span, shown)));
        });
    }

    fn left(&self, span: SpanId) {
        telling(|| {
            // From the thread's own list, because a guard can end before its context is left.
            if let Ok(Some(shown)) = ENTERED.try_with(|entered| {
                let mut entered = entered.borrow_mut();
                let at = entered.iter().rposition(|(known, _)| *known == span)?;
                Some(entered.remove(at).1)
            }) {
                shown.with_subscriber(|(id, dispatch)| dispatch.exit(id));
            }
        });
    }

    fn closed(&self, span: SpanId) {
        let closed = self.shard(span).lock().remove(&span);
        telling(|| drop(closed));
    }
}
