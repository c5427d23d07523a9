//! Contexts in [`http::HeaderMap`].

use http::{HeaderMap, HeaderName, HeaderValue};
use quipu_sdk::Context;
use quipu_sdk::propagate::{Extractor, Formats, Injector};

/// Headers to read a context from.
pub(crate) struct Incoming<'a>(pub &'a HeaderMap);

impl Extractor for Incoming<'_> {
    fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(|value| value.to_str().ok())
    }

    fn get_all(&self, name: &str) -> Vec<&str> {
        self.0.get_all(name).iter().filter_map(|value| value.to_str().ok()).collect()
    }

    fn names(&self) -> Vec<&str> {
        self.0.keys().map(HeaderName::as_str).collect()
    }
}

/// Headers to write a context to.
struct Outgoing<'a>(&'a mut HeaderMap);

impl Injector for Outgoing<'_> {
    fn set(&mut self, name: &str, value: String) {
        // A custom key that is no valid header name is not sent.
        if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::try_from(value))
        {
            self.0.insert(name, value);
        }
    }
}

/// Writes a context into the headers of an outgoing request, in the formats of its recorder: the current
/// span, and bound values as baggage.
pub fn inject(context: &Context, headers: &mut HeaderMap) {
    context.inject(&mut Outgoing(headers));
}

/// Writes a context into the headers of an outgoing request in these formats.
pub fn inject_as(context: &Context, formats: &Formats, headers: &mut HeaderMap) {
    context.inject_as(formats, &mut Outgoing(headers));
}

/// Moves the current context into the span that an incoming request's headers name, and binds the values of
/// their baggage. It reads W3C, B3 and Jaeger headers. Invalid headers change nothing.
pub fn extract(headers: &HeaderMap) -> Context {
    Context::current().extract(&Incoming(headers))
}
