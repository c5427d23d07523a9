//! Propagation of contexts in headers, so a trace continues in the next process.
//!
//! Requests are read in all formats: W3C first, then B3 with one header, B3 with several, Jaeger. The config
//! selects the formats of outgoing requests ([`Formats`]). Invalid headers are ignored: the request then
//! starts its own trace. Reading never rejects a request and never panics.
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
//! use quipu_sdk::{Recorder, RecorderConfig};
//!
//! let (recorder, _drain) = Recorder::new(RecorderConfig::default());
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

/// A span of another process from headers.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Remote {
    trace_id: TraceId,
    span_id: SpanId,
    sampled: bool,
    /// Whether the caller requested the whole trace regardless of sampling.
    debug: bool,
    /// W3C trace state, empty for other formats.
    trace_state: CompactString,
}

impl Context {
    /// Writes this context into the headers of an outgoing request, in the formats of its recorder: the
    /// current span, and bound values. Without a recorder it writes W3C headers.
    pub fn inject(&self, headers: &mut impl Injector) {
        let default = Formats::default();
        let formats = self.recorder().map_or(&default, |recorder| &recorder.config().propagate);
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

    /// Moves this context into the span that an incoming request's headers name, and binds their values.
    /// Missing or invalid headers change nothing.
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
        // Jaeger's baggage loses the case of keys, so W3C's takes precedence.
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
