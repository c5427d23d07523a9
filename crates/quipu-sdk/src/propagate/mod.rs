//! Contexts in and out of headers, so that a trace goes on in the next process.
//!
//! Whatever a request brings is read: W3C first, then B3 as one header, B3 as several, Jaeger. What is written is a
//! setting ([`Formats`]). Headers that break their specification are passed over: the request then begins a trace of
//! its own, and nothing is ever refused or panics.
//!
//! | Format | Headers | Specification |
//! |---|---|---|
//! | [`Format::TraceContext`] | `traceparent`, `tracestate` | [W3C Trace Context Level 2](https://www.w3.org/TR/trace-context-2/) |
//! | [`Format::Baggage`] | `baggage` | [W3C Baggage](https://www.w3.org/TR/baggage/) |
//! | [`Format::B3`] | `b3` | [B3 propagation](https://github.com/openzipkin/b3-propagation) |
//! | [`Format::B3Multi`] | `X-B3-TraceId` … | the same |
//! | [`Format::Jaeger`] | `uber-trace-id`, `uberctx-…`, `jaeger-debug-id`, `jaeger-baggage` | [Jaeger's propagation format](https://www.jaegertracing.io/sdk-migration/#propagation-format) |
//!
//! ```
//! # if cfg!(not(feature = "enable")) { return; }
//! use quipu_sdk::{Recorder, Settings};
//!
//! let (recorder, _drain) = Recorder::new(Settings::default());
//! let agent = recorder.context().agent("planner").session_id("s-1");
//!
//! let mut headers: Vec<(String, String)> = Vec::new();
//! agent.context().inject(&mut headers);
//! assert!(headers.iter().any(|(name, _)| name == "traceparent"));
//!
//! let arrived = recorder.context().extract(&headers);
//! assert_eq!(arrived.span_id(), agent.span_id());
//! assert_eq!(arrived.bound().and_then(|bound| bound.session.as_deref()), Some("s-1"));
//! ```

mod b3;
mod baggage;
mod carrier;
mod formats;
mod hex;
mod jaeger;
mod percent;
mod trace_context;

use compact_str::CompactString;
use quipu_core::{SpanId, TraceId};

pub use carrier::{Extractor, Injector};
pub use formats::{Format, Formats, UnknownFormat};

use crate::Context;

/// A span of another process, as headers named it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Remote {
    trace_id: TraceId,
    span_id: SpanId,
    sampled: bool,
    /// Whether all of the trace was asked for, whatever is sampled.
    debug: bool,
    /// W3C trace state, empty for other formats.
    trace_state: CompactString,
}

impl Context {
    /// Writes this context into the headers of an outgoing request, in the formats of its recorder's settings: the span
    /// where it stands in one, and what is bound. Without a recorder it writes W3C headers.
    pub fn inject(&self, headers: &mut impl Injector) {
        let default = Formats::default();
        let formats = self.recorder().map_or(&default, |recorder| &recorder.settings().propagate);
        self.inject_as(formats, headers);
    }

    /// Writes this context into the headers of an outgoing request in the given formats.
    pub fn inject_as(&self, formats: &Formats, headers: &mut impl Injector) {
        for format in formats.iter() {
            match format {
                Format::TraceContext => trace_context::inject(self, headers),
                Format::Baggage => baggage::inject(self, headers),
                Format::B3 => b3::inject(self, headers),
                Format::B3Multi => b3::inject_multi(self, headers),
                Format::Jaeger => jaeger::inject(self, headers),
            }
        }
    }

    /// This context moved to where the headers of an incoming request say that it came from, with what they bind. Headers
    /// that say nothing, or nothing valid, leave it as it is.
    #[must_use]
    pub fn extract(mut self, headers: &impl Extractor) -> Self {
        let remote = trace_context::extract(headers)
            .or_else(|| b3::extract(headers))
            .or_else(|| b3::extract_multi(headers))
            .or_else(|| jaeger::extract(headers));
        let debug_id = if remote.is_none() { jaeger::debug_id(headers) } else { None };
        if let Some(remote) = remote {
            self = self.moved_to(remote);
        }
        // Jaeger's is the poorer copy where both are there: names of headers have no case.
        let w3c = baggage::extract(headers);
        baggage::bind(&mut self, if w3c.is_empty() { jaeger::baggage(headers) } else { w3c });
        if let Some(id) = debug_id {
            self.change(|bound| {
                bound.debug = true;
                bound.set_data(jaeger::DEBUG_ID, &id);
            });
        }
        self
    }

    fn moved_to(self, remote: Remote) -> Self {
        let mut context = self.within(remote.trace_id, remote.span_id, remote.sampled);
        let held = context.bound().map(|bound| (bound.trace_state.as_str(), bound.debug)).unwrap_or_default();
        if held != (remote.trace_state.as_str(), remote.debug) {
            context.change(|bound| {
                bound.trace_state = remote.trace_state;
                bound.debug = remote.debug;
            });
        }
        context
    }
}

fn is_debug(context: &Context) -> bool {
    context.bound().is_some_and(|bound| bound.debug)
}
