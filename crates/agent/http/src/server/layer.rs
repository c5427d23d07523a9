//! The `tower` layer that records the requests of a server, and its service.

use std::fmt;
use std::sync::Arc;
use std::task::{Context as Waker, Poll};

use http::header::HOST;
use http::request::Parts;
use http::uri::Authority;
use http::{Request, Response};
use http_body::Body;
use quipu_core::SpanKind;
use quipu_sdk::{Context, Span};
use tower_layer::Layer;
use tower_service::Service;

use super::{TraceBody, TraceFuture};
use crate::headers::Incoming;
use crate::method::method_word;

type Route = Arc<dyn Fn(&Parts) -> Option<String> + Send + Sync>;

/// Creates a span for each request, as a child of the caller's span if the request's headers name one.
///
/// The span is the current one while the inner service and the response's body are polled, and ends with that
/// body. A status of 500 or more, an error or a panic marks it as failed; a panic continues. Query and
/// headers are not recorded.
///
/// The route depends on the framework. With axum:
///
/// ```
/// # fn router() -> axum::Router {
/// use axum::extract::MatchedPath;
///
/// let layer = quipu_http::TraceLayer::new()
///     .route(|parts| parts.extensions.get::<MatchedPath>().map(|path| path.as_str().to_owned()));
/// axum::Router::new().route("/orders/{id}", axum::routing::get(|| async { "fine" })).layer(layer)
/// # }
/// ```
#[derive(Clone, Default)]
pub struct TraceLayer {
    context: Option<Context>,
    route: Option<Route>,
}

impl fmt::Debug for TraceLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TraceLayer").field("route", &self.route.is_some()).finish_non_exhaustive()
    }
}

impl TraceLayer {
    /// Creates a layer that records to the installed recorder, or to that of the current context of a call.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the context of the spans, such as [`quipu_sdk::Recorder::context`].
    #[must_use]
    pub fn context(mut self, context: Context) -> Self {
        self.context = Some(context);
        self
    }

    /// Sets the function that returns the route, such as `/orders/{id}`. The route names the span and becomes
    /// `http.route`, so it should have low cardinality.
    #[must_use]
    pub fn route(mut self, route: impl Fn(&Parts) -> Option<String> + Send + Sync + 'static) -> Self {
        self.route = Some(Arc::new(route));
        self
    }
}

impl<S> Layer<S> for TraceLayer {
    type Service = Trace<S>;

    fn layer(&self, inner: S) -> Trace<S> {
        Trace { inner, layer: self.clone() }
    }
}

/// A service that records its requests.
#[derive(Debug, Clone)]
pub struct Trace<S> {
    inner: S,
    layer: TraceLayer,
}

impl<S, B, R> Service<Request<B>> for Trace<S>
where
    S: Service<Request<B>, Response = Response<R>>,
    R: Body,
{
    type Response = Response<TraceBody<R>>;
    type Error = S::Error;
    type Future = TraceFuture<S::Future>;

    fn poll_ready(&mut self, waker: &mut Waker<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(waker)
    }

    fn call(&mut self, request: Request<B>) -> TraceFuture<S::Future> {
        let (parts, body) = request.into_parts();
        let base = self.layer.context.clone().unwrap_or_else(Context::current);
        let context = base.extract(&Incoming(&parts.headers));
        let span = self.layer.begin(&context, &parts);
        let context = if span.is_recording() { span.context() } else { context };
        let request = Request::from_parts(parts, body);
        let inner = context.scope(|| self.inner.call(request));
        TraceFuture::new(inner, context, span)
    }
}

impl TraceLayer {
    fn begin(&self, context: &Context, parts: &Parts) -> Span {
        if context.recorder().is_none() {
            return Span::default();
        }
        let method = method_word(&parts.method);
        let route = self.route.as_ref().and_then(|route| route(parts));
        let mut span = match &route {
            Some(route) => context.span(&format!("{method} {route}")),
            None => context.span(method),
        };
        span.span_kind(SpanKind::Server);
        span.set("http.request.method", method);
        span.set("url.path", parts.uri.path());
        if let Some(route) = &route {
            span.set("http.route", route);
        }
        if let Some(scheme) = parts.uri.scheme_str() {
            span.set("url.scheme", scheme);
        }
        if let Some(authority) = authority(parts) {
            span.set("server.address", authority.host());
            if let Some(port) = authority.port_u16() {
                span.set("server.port", port);
            }
        }
        span
    }
}

/// Requested host: from the request's target, else from its `Host` header.
fn authority(parts: &Parts) -> Option<Authority> {
    let host = || parts.headers.get(HOST).and_then(|host| host.to_str().ok()?.parse().ok());
    parts.uri.authority().cloned().or_else(host)
}
