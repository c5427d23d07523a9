//! Estimates what calls used whose sources say no usage.

use quipu_core::{Adapters, Batch, Span, Stage, Status, TokenSpread, Usage, UsageEstimate};

/// Stage that estimates the usage of calls without usage, from their messages, before they are counted. A
/// failed call without an answer gets no estimate.
pub struct EstimateUsage(Adapters);

impl EstimateUsage {
    /// Reads messages by these adapters.
    pub const fn new(adapters: Adapters) -> Self {
        Self(adapters)
    }
}

impl Stage for EstimateUsage {
    fn name(&self) -> &'static str {
        "estimate"
    }

    fn only_adds(&self) -> bool {
        true
    }

    fn apply(&self, batch: &mut Batch) {
        for span in batch.spans.iter_mut().filter(|span| is_unknown(span)) {
            // An adapter may have the source's own estimate. Messages give a better one.
            let estimate = estimate(&self.0, span);
            span.canonical.estimate = estimate.or(span.canonical.estimate.take());
        }
    }
}

/// Whether a span is an ended call without usage.
fn is_unknown(span: &Span) -> bool {
    let read = &span.canonical;
    let says = read.usage.as_ref().is_some_and(Usage::has_figures);
    read.kind.is_call() && !says && !read.never_count && span.end.is_some()
}

fn estimate(adapters: &Adapters, span: &Span) -> Option<Box<UsageEstimate>> {
    let model = span.canonical.model()?;
    let said = adapters.messages(span);
    let failed = span.status == Status::Error || span.canonical.error_type.is_some();
    if failed && said.output.is_empty() {
        return None;
    }
    let used = crate::used(&said, model)?;
    let estimate = UsageEstimate {
        input: TokenSpread::from(used.input),
        output: TokenSpread::from(used.output),
        cost: None,
    };
    Some(Box::new(estimate))
}
