//! One request, from its headers to the answer's.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::Request;
use bytes::Bytes;
use http::header::{CONTENT_ENCODING, UPGRADE};
use http::request::Parts as Head;
use http::{HeaderValue, Response, StatusCode, Uri};
use hyper::body::Incoming;
use quipu_core::{Clock, SystemClock, Value};
use quipu_http::ModelCall;
use quipu_http::wire::{Endpoint, Request as Asks, Shape};
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use crate::asked::Asked;
use crate::coding::{Decoder, coding, readable};
use crate::dialect::Refusal;
use crate::figures::Stopwatch;
use crate::money::{Admitted, Asking};
use crate::upstream::{Target, Upstream, with_model};
use crate::watched::{After, Watched};
use crate::who::Who;
use crate::{Gateway, GatewayConfig, body, headers, usage};

/// Says in an answer which model was asked for where a budget has chosen another.
const DEGRADED: &str = "x-quipu-degraded-from";

/// Bytes of a request from which on it is not read on a thread that passes bytes on.
const LONG: usize = 256 << 10;

/// Passes a request on.
///
/// # Errors
/// What the gateway itself has to say.
pub(crate) async fn pass(
    gateway: &Arc<Gateway>,
    target: Target,
    request: Request,
) -> Result<Response<Body>, Refusal> {
    let (head, body) = request.into_parts();
    if head.headers.contains_key(UPGRADE) && head.version < http::Version::HTTP_2 {
        let why = "connections that change their protocol, such as WebSockets, are not passed through";
        return Err(Refusal::new(StatusCode::NOT_IMPLEMENTED, "upgrade_unsupported", why));
    }
    let Target { upstream, uri, endpoint } = target;
    let Some(endpoint) = endpoint else {
        let body = body::bounded(&head.headers, body, gateway.config.upload_bytes)?;
        return plain(gateway, head, uri, body).await;
    };
    let config = &gateway.config;
    let within = GatewayConfig::within(config.request_ms);
    let body = body::whole(&head.headers, body, config.request_bytes, within).await?;
    let watch = Stopwatch::start();
    let (read, asks) = read(coding(&head.headers), &body, &endpoint, config).await;
    if asks.is_some() && !endpoint.fits(asks.as_ref()) {
        return plain(gateway, head, uri, Body::from(body)).await;
    }
    let call = Call { gateway, upstream, endpoint, head, uri, body, read, asks, watch, degraded: None };
    call.make().await
}

/// A body in readable form, and what it asks for. Long and compressed ones are read beside the threads that pass bytes on.
async fn read(
    coding: Option<String>,
    body: &Bytes,
    endpoint: &Endpoint,
    config: &GatewayConfig,
) -> (Option<Bytes>, Option<Asks>) {
    let Some(coding) = coding else { return (None, None) };
    let is_short = body.len() < LONG && coding.is_empty();
    let (body, endpoint, limit, prompts) =
        (body.clone(), endpoint.clone(), config.request_bytes, config.prompts);
    let work = move || {
        let read = readable(&coding, &body, limit);
        let asks = read.as_ref().and_then(|read| Asks::read(&endpoint, read, prompts));
        (read, asks)
    };
    if is_short { work() } else { spawn_blocking(work).await.unwrap_or_default() }
}

/// A request that is none to a model: nothing of it is read.
async fn plain(gateway: &Gateway, mut head: Head, uri: Uri, body: Body) -> Result<Response<Body>, Refusal> {
    headers::to_upstream(&mut head.headers, false);
    let response = send(gateway, head, uri, body).await.map_err(|(_, refusal)| refusal)?;
    let (mut head, body) = response.into_parts();
    headers::to_client(&mut head.headers);
    Ok(Response::from_parts(head, Body::new(body)))
}

/// Sends a request, and waits for the answer's headers. An error's word is for records.
async fn send(
    gateway: &Gateway,
    head: Head,
    uri: Uri,
    body: Body,
) -> Result<Response<Incoming>, (&'static str, Refusal)> {
    let mut request = http::Request::new(body);
    *request.method_mut() = head.method;
    *request.uri_mut() = uri;
    *request.headers_mut() = head.headers;
    let within = GatewayConfig::within(gateway.config.answer_ms);
    match timeout(within, gateway.client.request(request)).await {
        Ok(Ok(response)) => Ok(response),
        Ok(Err(error)) if error.is_connect() => {
            let why = "the provider cannot be reached";
            Err(("connect", Refusal::new(StatusCode::BAD_GATEWAY, "upstream_unreachable", why)))
        }
        Ok(Err(error)) if body::is_too_long(&error) => {
            Err(("too_large", body::too_large(gateway.config.upload_bytes)))
        }
        Ok(Err(_)) => {
            let why = "the provider ended the connection before it answered";
            Err(("upstream_disconnect", Refusal::new(StatusCode::BAD_GATEWAY, "upstream_disconnected", why)))
        }
        Err(_) => {
            let why = "the provider did not answer in time";
            Err(("timeout", Refusal::new(StatusCode::GATEWAY_TIMEOUT, "upstream_timeout", why)))
        }
    }
}

/// A request to a model, read and not yet sent.
struct Call<'a> {
    gateway: &'a Arc<Gateway>,
    upstream: Arc<Upstream>,
    endpoint: Endpoint,
    head: Head,
    uri: Uri,
    body: Bytes,
    /// The body in readable form.
    read: Option<Bytes>,
    asks: Option<Asks>,
    watch: Stopwatch,
    /// The model that was asked for where another is called.
    degraded: Option<String>,
}

impl Call<'_> {
    async fn make(mut self) -> Result<Response<Body>, Refusal> {
        let who = self.who();
        let admitted = self.admitted(&who).await?;
        if let Some(delay) = admitted.held.delay() {
            self.watch.pause();
            tokio::time::sleep(delay.min(GatewayConfig::within(self.gateway.config.throttle_ms))).await;
            self.watch.go_on();
        }
        self.edit(admitted.held.degrade_to().as_deref());
        let at = SystemClock.now();
        let model = self.model();
        let call = self.begin(&who, &model, admitted.input);
        let after = After {
            gateway: Arc::clone(self.gateway),
            upstream: Arc::clone(&self.upstream),
            held: admitted.held.for_call(call.context()),
            model,
            at,
            session: (self.endpoint.shape == Shape::OpenAiResponses)
                .then(|| who.session().map(str::to_owned))
                .flatten(),
        };
        self.sent(call, after).await
    }

    fn model(&self) -> String {
        let asked = self.asks.as_ref().and_then(|asks| asks.model.as_deref());
        asked.or(self.endpoint.model.as_deref()).unwrap_or_default().to_owned()
    }

    fn asked(&self) -> Asked<'_> {
        self.read.as_ref().map(|read| Asked::read(read)).unwrap_or_default()
    }

    fn who(&self) -> Who {
        Who::of(self.gateway.recorder, &self.head.headers, &self.asked(), &self.gateway.sessions)
    }

    async fn admitted(&self, who: &Who) -> Result<Admitted, Refusal> {
        let model = self.model();
        let asking = Asking {
            subject: who.subject(&self.gateway.config.service, &self.upstream.provider, &model),
            provider: self.upstream.provider.to_string(),
            model,
            body: self.read.clone(),
            length: self.body.len(),
            max_output: self.asks.as_ref().and_then(most_output),
        };
        self.gateway.money.admit(asking).await
    }

    /// Changes the body where a budget or the configuration asks for it, and only then.
    fn edit(&mut self, degrade_to: Option<&str>) {
        if let Some(to) = degrade_to.filter(|to| *to != self.model()) {
            let from = self.model();
            let in_body = self.read.as_ref().and_then(|read| Asked::read(read).with_model(read, to));
            let in_path = with_model(&self.uri, &from, to);
            if in_body.is_some() || in_path.is_some() {
                self.replace(in_body);
                self.uri = in_path.unwrap_or_else(|| self.uri.clone());
                self.endpoint.model = self.endpoint.model.take().map(|_| to.into());
                if let Some(asks) = &mut self.asks {
                    asks.model = Some(to.to_owned());
                }
                self.degraded = Some(from);
            }
        }
        if self.gateway.config.ask_usage && self.endpoint.shape == Shape::OpenAiChat {
            let asked = self.asked();
            let read = self.read.as_ref().filter(|_| asked.hides_usage());
            let changed = read.and_then(|read| asked.with_usage(read));
            self.replace(changed);
        }
    }

    /// Sends another body, which is not compressed.
    fn replace(&mut self, body: Option<Vec<u8>>) {
        if let Some(body) = body {
            self.body = Bytes::from(body);
            self.read = Some(self.body.clone());
            self.head.headers.remove(CONTENT_ENCODING);
        }
    }

    /// Begins the record of the call.
    fn begin(&self, who: &Who, model: &str, input: Option<u64>) -> ModelCall {
        let (estimator, model) = (self.gateway.money.estimator.clone(), model.to_owned());
        let read = self.read.clone();
        let call = ModelCall::begin(&who.context, &self.endpoint, self.asks.as_ref());
        let mut call = call.amend(&self.endpoint, move |answer| {
            let counted = || {
                let body = read.and_then(|read| serde_json::from_slice::<serde_json::Value>(&read).ok());
                body.map_or(0, |body| estimator.tokens(&model, &body).expected)
            };
            usage::complete(answer, &estimator, &model, || input.unwrap_or_else(counted));
        });
        call.server(self.upstream.host(), self.upstream.port());
        if !who.tags.is_empty() {
            let tags = who.tags.iter().map(|tag| Value::from(tag.as_str())).collect();
            call.set("tag.tags", Value::Array(tags).into());
        }
        if let Some(project) = &who.project {
            call.set("quipu.project", project.into());
        }
        if who.by_head {
            call.set("quipu.session.by", "conversation_head".into());
        }
        if let Some(from) = &self.degraded {
            call.set("quipu.degraded_from", from.into());
        }
        call
    }

    async fn sent(self, call: ModelCall, after: After) -> Result<Response<Body>, Refusal> {
        let Self { gateway, mut head, uri, body, mut watch, degraded, .. } = self;
        headers::to_upstream(&mut head.headers, true);
        watch.pause();
        // Whoever goes away now drops the call, which says so.
        let mut waiting = Waiting(Some((call, after)));
        let answered = send(gateway, head, uri, Body::from(body)).await;
        watch.go_on();
        let Some((mut call, after)) = waiting.0.take() else {
            return Err(Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "the call was lost"));
        };
        let response = match answered {
            Ok(response) => response,
            Err((kind, refusal)) => {
                after.fail(call, kind, &refusal.message);
                return Err(refusal);
            }
        };
        let (mut head, body) = response.into_parts();
        headers::to_client(&mut head.headers);
        call.status(head.status.as_u16());
        let decoder = Decoder::new(&head.headers);
        if !decoder.is_readable() {
            call.unreadable();
        }
        if let Some(from) = degraded.and_then(|from| HeaderValue::try_from(from).ok()) {
            head.headers.insert(DEGRADED, from);
        }
        let body = Body::new(Watched::new(body, decoder, call, after));
        gateway.figures.added(watch.stop());
        Ok(Response::from_parts(head, body))
    }
}

/// Tokens that may come out at most: the limit holds for each answer where several are asked for.
fn most_output(asks: &Asks) -> Option<u64> {
    asks.max_tokens.map(|tokens| tokens.saturating_mul(asks.choices.unwrap_or(1).max(1)))
}

/// A call whose answer has not begun: dropped with the client gone.
struct Waiting(Option<(ModelCall, After)>);

impl Drop for Waiting {
    fn drop(&mut self) {
        if let Some((call, after)) = self.0.take() {
            after.leave(call);
        }
    }
}
