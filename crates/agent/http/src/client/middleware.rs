//! Middleware for `reqwest` that records requests.

use http::Extensions;
use http::header::CONTENT_ENCODING;
use quipu_core::SpanKind;
use quipu_sdk::{Context, FutureExt};
use reqwest_middleware::reqwest::{self, Method, Request, Response, ResponseBuilderExt, Url};
use reqwest_middleware::{Error, Next};

use super::Propagate;
use super::body::WatchedBody;
use super::propagate::{Rules, is_within};
use super::watch::Watch;
use crate::ModelCall;
use crate::method::method_word;
use crate::wire::{Bounds, Endpoint, Request as Asked};

/// Records the requests of a `reqwest` client: a span per request, with the context in its headers. A request
/// to a model provider gets the guard of an LLM or embedding call. The guard reads model and usage from the
/// answer as it passes.
///
/// ```
/// # fn build(client: reqwest_middleware::reqwest::Client) {
/// let client = reqwest_middleware::ClientBuilder::new(client).with(quipu_http::Middleware::new()).build();
/// # let _ = client;
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Middleware {
    rules: Rules,
    providers: Vec<(String, String)>,
    bounds: Bounds,
    urls: bool,
}

impl Default for Middleware {
    fn default() -> Self {
        Self::new()
    }
}

impl Middleware {
    /// Creates a middleware. Model providers get the trace ([`Propagate::Trace`]); other hosts also get the
    /// bound values ([`Propagate::All`]).
    pub fn new() -> Self {
        Self { rules: Rules::default(), providers: Vec::new(), bounds: Bounds::default(), urls: true }
    }

    /// Sets the propagation to model providers; default [`Propagate::Trace`].
    #[must_use]
    pub fn to_models(mut self, what: Propagate) -> Self {
        self.rules.models = what;
        self
    }

    /// Sets the propagation to all other hosts; default [`Propagate::All`].
    #[must_use]
    pub fn to_others(mut self, what: Propagate) -> Self {
        self.rules.others = what;
        self
    }

    /// Sets the propagation to this host and its subdomains, of any kind. The last matching call applies.
    #[must_use]
    pub fn to_host(mut self, host: &str, what: Propagate) -> Self {
        self.rules.hosts.push((host.to_owned(), what));
        self
    }

    /// Sets the provider behind a host and its subdomains, such as a gateway, by OpenTelemetry's name, such
    /// as `openai`. By default the host decides, and for unknown hosts the shape of the API.
    #[must_use]
    pub fn provider(mut self, host: &str, provider: &str) -> Self {
        self.providers.push((host.to_owned(), provider.to_owned()));
        self
    }

    /// Sets the limits for reading an answer.
    #[must_use]
    pub fn bounds(mut self, bounds: Bounds) -> Self {
        self.bounds = bounds;
        self
    }

    /// Sets whether `url.full` is recorded for requests to other hosts than model providers, without user,
    /// query and fragment. Default: on. Some services have secrets in paths.
    #[must_use]
    pub fn record_urls(mut self, record: bool) -> Self {
        self.urls = record;
        self
    }

    fn begin(&self, context: &Context, request: &Request) -> (Watch, bool) {
        match self.model(context, request) {
            Some(call) => (Watch::model(call), true),
            None => (Watch::other(self.span(context, request)), false),
        }
    }

    fn model(&self, context: &Context, request: &Request) -> Option<ModelCall> {
        let url = request.url();
        let host = host_of(url);
        let mut endpoint = (request.method() == Method::POST).then(|| Endpoint::find(host, url.path()))??;
        if let Some((_, provider)) = self.providers.iter().rev().find(|(name, _)| is_within(host, name)) {
            endpoint.provider = provider.as_str().into();
            endpoint.known_host = true;
        }
        let body = request.body().and_then(reqwest::Body::as_bytes);
        let asked = body.and_then(|body| Asked::read(&endpoint, body, ModelCall::wants_contents(context)));
        if !endpoint.fits(asked.as_ref()) {
            return None;
        }
        let mut call = ModelCall::begin(context, &endpoint, asked.as_ref()).bounds(self.bounds);
        call.server(host, url.port_or_known_default());
        Some(call)
    }

    fn span(&self, context: &Context, request: &Request) -> quipu_sdk::Span {
        let (url, method) = (request.url(), method_word(request.method()));
        let mut span = context.span(method);
        span.span_kind(SpanKind::Client);
        span.set("http.request.method", method);
        span.set("server.address", host_of(url));
        if let Some(port) = url.port_or_known_default() {
            span.set("server.port", port);
        }
        if self.urls {
            span.set("url.full", bare(url));
        }
        span
    }
}

#[async_trait::async_trait]
impl reqwest_middleware::Middleware for Middleware {
    async fn handle(
        &self,
        mut request: Request,
        extensions: &mut Extensions,
        next: Next<'_>,
    ) -> reqwest_middleware::Result<Response> {
        let context = Context::current();
        if context.recorder().is_none() {
            // Nothing is recorded here; a trace from the caller still continues.
            let host = host_of(request.url()).to_owned();
            let is_model = Endpoint::find(&host, request.url().path()).is_some();
            self.rules.write(&context, &host, is_model, request.headers_mut());
            return next.run(request, extensions).await;
        }
        let (mut watch, is_model) = self.begin(&context, &request);
        let within = watch.context();
        let host = host_of(request.url()).to_owned();
        self.rules.write(&within, &host, is_model, request.headers_mut());
        match next.run(request, extensions).in_context(within).await {
            Ok(response) => Ok(watched(response, watch)),
            Err(error) => {
                match &error {
                    Error::Reqwest(error) => {
                        let (kind, message) = kind_of(error);
                        watch.fail(kind, &message);
                    }
                    Error::Middleware(_) => watch.fail("middleware", "another middleware failed"),
                }
                Err(error)
            }
        }
    }
}

/// The same response with a body that is read along.
fn watched(response: Response, mut watch: Watch) -> Response {
    let is_encoded = response.headers().get(CONTENT_ENCODING).is_some_and(|coding| coding != "identity");
    watch.answered(response.status().as_u16(), is_encoded);
    let url = response.url().clone();
    let (mut parts, inner) = http::Response::<reqwest::Body>::from(response).into_parts();
    if http_body::Body::is_end_stream(&inner) {
        watch.end();
    }
    // The final URL after redirects is an extension of the response.
    if let Ok(addressed) = http::Response::builder().url(url).body(()) {
        parts.extensions.extend(addressed.into_parts().0.extensions);
    }
    let body = reqwest::Body::wrap(WatchedBody { inner, watch });
    Response::from(http::Response::from_parts(parts, body))
}

/// Kind of an error, and the text of its root cause. The error's own text may contain the URL with its query.
pub(super) fn kind_of(error: &reqwest::Error) -> (&'static str, String) {
    let kinds = [
        (error.is_timeout(), "timeout"),
        (error.is_connect(), "connect"),
        (error.is_redirect(), "redirect"),
        (error.is_body(), "body"),
        (error.is_decode(), "decode"),
        (error.is_builder(), "builder"),
        (error.is_request(), "request"),
    ];
    let kind = kinds.iter().find(|(is, _)| *is).map_or("_OTHER", |(_, kind)| kind);
    let mut cause = std::error::Error::source(error);
    while let Some(deeper) = cause.and_then(std::error::Error::source) {
        cause = Some(deeper);
    }
    let cause = cause.filter(|cause| !cause.is::<reqwest::Error>());
    let message = cause.map_or_else(|| kind.to_owned(), ToString::to_string);
    (kind, if message.contains("://") { kind.to_owned() } else { message })
}

fn host_of(url: &Url) -> &str {
    url.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']')
}

/// URL without parts that may be secret: user, query, fragment.
fn bare(url: &Url) -> String {
    let mut bare = url.clone();
    // Both fail only for URLs without a host, which have no user either.
    let _ = bare.set_username("");
    let _ = bare.set_password(None);
    bare.set_query(None);
    bare.set_fragment(None);
    bare.into()
}
