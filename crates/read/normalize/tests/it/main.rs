//! Tests with handmade spans, one rule each.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod identity;
mod kinds;
mod lens;
mod marks;
mod usage;

use std::sync::Arc;

use quipu_core::{Canonical, Scope, Span, SpanId, Timestamp, TraceId, Value};
use quipu_normalize::{Slots, canonical};

/// A root span of a scope, with these attributes.
pub fn span(scope: &str, attributes: &[(&str, Value)]) -> Span {
    let (trace, id) = (TraceId::from_bytes([1; 16]).unwrap(), SpanId::from_bytes([1; 8]).unwrap());
    let mut span = Span::new(trace, id, "x", Timestamp::from_nanos(1), Timestamp::from_nanos(2));
    span.attributes = attributes.iter().cloned().collect();
    span.scope = Arc::new(Scope { name: scope.into(), ..Scope::default() });
    span
}

/// The canonical values of a span with this scope and these attributes.
pub fn read(scope: &str, attributes: &[(&str, Value)]) -> Canonical {
    canonical(&Slots::of(&span(scope, attributes)), "genai")
}
