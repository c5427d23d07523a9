//! Adapter for Rig and its peculiarities.
//!
//! Source: the telemetry and agent modules of `rig-core`.
//!
//! - A run is an `invoke_agent` span without a target of Rig's own; its target is the module.
//! - A model's turn is a `chat` span of the target `rig::agent_chat`.
//! - A call outside agents has the target `rig::completions`.
//! - Embeddings, reranking, speech and images have the target `rig::modalities`.

use compact_str::CompactString;
use quipu_core::{Adapter, Canonical, Kind, Lens, Messages, Span};
use quipu_normalize::{Slots, canonical, lens, messages, scope_begins};
use quipu_semconv::{RIG_PARENT, RIG_TARGETS, TRACING_TARGET};

/// Rig's name of an agent without one.
const UNNAMED: &str = "Unnamed Agent";

/// Reads Rig.
#[derive(Debug, Clone, Copy, Default)]
pub struct Rig;

impl Adapter for Rig {
    fn name(&self) -> &'static str {
        "rig"
    }

    fn claims(&self, span: &Span) -> bool {
        let is_rigs = |target: &str| RIG_TARGETS.iter().any(|prefix| target.starts_with(prefix));
        TRACING_TARGET.iter().filter_map(|key| span.attributes.text(key)).any(is_rigs)
            || span.attributes.get(RIG_PARENT).is_some()
            || scope_begins(span, RIG_TARGETS)
    }

    fn canonical(&self, span: &Span) -> Canonical {
        let mut read = canonical(&Slots::of(span), self.name());
        read.framework = Some(CompactString::const_new("rig"));
        read.agent = read.agent.take().filter(|name| name != UNNAMED);
        // Only the operation marks streams.
        let streams = read.operation.as_deref().is_some_and(|operation| operation.ends_with("_streaming"));
        if streams && read.kind == Kind::Llm {
            read.params.stream = read.params.stream.or(Some(true));
        }
        read
    }

    fn messages(&self, span: &Span) -> Messages {
        messages(span)
    }

    fn lens(&self, span: &Span, read: &Canonical) -> Lens {
        lens(span, read)
    }
}
