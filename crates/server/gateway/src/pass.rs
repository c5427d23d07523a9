//! The classification and forwarding of one request.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::Request;
use bytes::Bytes;
use http::header::UPGRADE;
use http::request::Parts as Head;
use http::{Method, Response, StatusCode, Uri};
use http_body::Body as _;
use quipu_http::wire::{Endpoint, Request as Asks, Shape};
use tokio::task::spawn_blocking;

use crate::asked::RequestMembers;
use crate::call::Call;
use crate::coding::{Unread, coding, readable};
use crate::dialect::{Dialect, Refusal};
use crate::doubt::{self, Doubt};
use crate::figures::Stopwatch;
use crate::memory::Memory;
use crate::send::send;
use crate::upstream::{Route, Target, Upstream};
use crate::who::Who;
use crate::{Gateway, GatewayConfig, body, headers};

/// Bodies of at least this size, in bytes, are parsed outside the threads that pass bytes on.
const LONG: usize = 256 << 10;

/// Copies of the contents that are held during recording: as a tree, as messages, as their text.
const COPIES: usize = 3;

/// Passes a request on.
///
/// # Errors
/// An error answer of the gateway itself.
pub(crate) async fn pass(
    gateway: &Arc<Gateway>,
    target: Target,
    request: Request,
) -> Result<Response<Body>, Refusal> {
    let (head, body) = request.into_parts();
    check(&head)?;
    let Target { upstream, uri, route } = target;
    match route {
        Route::Free => {
            let body = body::bounded(&head.headers, body, gateway.config.upload_bytes)?;
            plain(gateway, head, uri, body).await
        }
        Route::Model(_) | Route::Unknown if gateway.refuses_unrecorded() => Err(unrecorded()),
        Route::Model(endpoint) => model(gateway, upstream, endpoint, head, uri, body).await,
        Route::Unknown => unknown(gateway, upstream, head, uri, body).await,
    }
}

/// The error answer while records of earlier calls cannot be delivered.
fn unrecorded() -> Refusal {
    let why = "records of earlier calls cannot be stored, so calls would pass unrecorded: see the log of the \
        gateway, free disk space or start the server, and retry";
    Refusal {
        retry_after: Some(2),
        ..Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "records_undelivered", why)
    }
}

/// Rejects protocol upgrades, unsupported methods, overrides, and bodies that lose their description.
fn check(head: &Head) -> Result<(), Refusal> {
    if head.headers.contains_key(UPGRADE) && head.version < http::Version::HTTP_2 {
        let why = "connections that change their protocol, such as WebSockets, are not forwarded";
        return Err(Refusal::new(StatusCode::NOT_IMPLEMENTED, "upgrade_unsupported", why));
    }
    if head.method == Method::CONNECT || head.method == Method::TRACE {
        let why = "CONNECT and TRACE are not forwarded";
        return Err(Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "method_unsupported", why));
    }
    doubt::not_taken_away(&head.headers)?;
    doubt::not_overridden(&head.headers, &head.uri)
}

/// Handles a request to a model's path.
async fn model(
    gateway: &Arc<Gateway>,
    upstream: Arc<Upstream>,
    endpoint: Endpoint,
    head: Head,
    uri: Uri,
    body: Body,
) -> Result<Response<Body>, Refusal> {
    let mut sure = Sure { gateway, upstream: &upstream, head: &head, doubt: None };
    sure.doubt(doubt::of_head(&head.method, &head.headers, &head.uri)).await?;
    let config = &gateway.config;
    let within = GatewayConfig::within(config.request_ms);
    let mut memory = Memory::of(&gateway.memory, &head.extensions);
    let body = body::whole(&head.headers, body, config.request_bytes, within, &mut memory).await?;
    let watch = Stopwatch::start();
    let read = read(coding(&head.headers), &body, &endpoint, config, memory).await?;
    sure.doubt(read.doubt).await?;
    let doubt = sure.doubt;
    let Read { body: read, asks, memory, .. } = read;
    let degraded = None;
    let call =
        Call { gateway, upstream, endpoint, head, uri, body, read, asks, doubt, memory, watch, degraded };
    call.make(None).await
}

/// Handles a request to an unknown path, which is recorded as a call. Its body is held if there are budgets
/// or if it is JSON; otherwise it is streamed.
async fn unknown(
    gateway: &Arc<Gateway>,
    upstream: Arc<Upstream>,
    head: Head,
    uri: Uri,
    body: Body,
) -> Result<Response<Body>, Refusal> {
    let mut sure = Sure { gateway, upstream: &upstream, head: &head, doubt: None };
    sure.doubt(Some(Doubt::Route)).await?;
    let doubt = sure.doubt;
    let config = &gateway.config;
    let shape = match upstream.dialect {
        Dialect::OpenAi => Shape::OpenAiChat,
        Dialect::Anthropic => Shape::AnthropicMessages,
        Dialect::Gemini => Shape::GeminiGenerate,
    };
    let provider = upstream.provider.clone();
    let endpoint = Endpoint { provider, shape, model: None, stream: false, known_host: false };
    let is_judged = gateway.money.budgets.as_ref().is_some_and(|budgets| !budgets.is_empty());
    let is_json = doubt::is_json(&head.headers) && !body.is_end_stream();
    let watch = Stopwatch::start();
    let mut memory = Memory::of(&gateway.memory, &head.extensions);
    let (body, passing, read) = if is_judged || is_json {
        let within = GatewayConfig::within(config.request_ms);
        let body = body::whole(&head.headers, body, config.request_bytes, within, &mut memory).await?;
        let read = read(coding(&head.headers), &body, &endpoint, config, memory).await?;
        (body, None, read)
    } else {
        let passing = body::bounded(&head.headers, body, config.upload_bytes)?;
        (Bytes::new(), Some(passing), Read { memory, body: None, asks: None, doubt: None })
    };
    let Read { body: read, asks, memory, .. } = read;
    let degraded = None;
    let call =
        Call { gateway, upstream, endpoint, head, uri, body, read, asks, doubt, memory, watch, degraded };
    call.make(passing).await
}

/// The ambiguity of a request, once the configuration has allowed it.
struct Sure<'a> {
    gateway: &'a Gateway,
    upstream: &'a Upstream,
    head: &'a Head,
    doubt: Option<Doubt>,
}

impl Sure<'_> {
    /// Records a reason for ambiguity. Only headers identify the request here, because its body could be read
    /// in two ways.
    ///
    /// # Errors
    /// The configuration rejects such requests.
    async fn doubt(&mut self, doubt: Option<Doubt>) -> Result<(), Refusal> {
        let Some(doubt) = doubt.filter(|_| self.doubt.is_none()) else { return Ok(()) };
        let Self { gateway, upstream, head, .. } = self;
        let who = Who::of(gateway.recorder, &head.headers, &RequestMembers::default(), &gateway.sessions);
        let who = who.tagged(&gateway.config.tags);
        let subject = who.subject(&gateway.config.service, &upstream.provider, "");
        if gateway.money.refuses(gateway.config.unknown, subject).await? {
            return Err(doubt.refusal());
        }
        gateway.figures.not_understood(&upstream.name, doubt.word());
        self.doubt = Some(doubt);
        Ok(())
    }
}

/// A decompressed body, its parsed request, and the reason for ambiguity.
struct Read {
    body: Option<Bytes>,
    asks: Option<Asks>,
    doubt: Option<Doubt>,
    memory: Memory,
}

/// Parses a body. Long and compressed ones are parsed outside the threads that pass bytes on.
///
/// # Errors
/// Memory is short.
async fn read(
    coding: Option<String>,
    body: &Bytes,
    endpoint: &Endpoint,
    config: &GatewayConfig,
    memory: Memory,
) -> Result<Read, Refusal> {
    let is_short = body.len() < LONG && coding.as_ref().is_some_and(String::is_empty);
    let (body, endpoint, limit, prompts) =
        (body.clone(), endpoint.clone(), config.request_bytes, config.prompts);
    let work = move || looked_into(coding.as_deref(), &body, &endpoint, (limit, prompts), memory);
    if is_short {
        return work();
    }
    spawn_blocking(work).await.unwrap_or_else(|_| {
        let why = "the request could not be read";
        Err(Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", why))
    })
}

fn looked_into(
    coding: Option<&str>,
    body: &Bytes,
    endpoint: &Endpoint,
    (limit, prompts): (usize, bool),
    mut memory: Memory,
) -> Result<Read, Refusal> {
    let came = body.len();
    let decoded = coding.map_or(Err(Unread::Broken), |coding| {
        readable(coding, body, limit, &mut |bytes| memory.try_hold(came.saturating_add(bytes)))
    });
    let read = match decoded {
        Ok(read) => read,
        Err(Unread::Full) => return Err(memory.refusal()),
        Err(Unread::Broken) => {
            return Ok(Read { body: None, asks: None, doubt: Some(Doubt::Coding), memory });
        }
    };
    // A text with escape sequences is copied for counting, and recorded contents are parsed as a tree.
    let own = if read.as_ptr() == body.as_ptr() { 0 } else { read.len() };
    let tree = if prompts { Asks::tree_bytes(&read).saturating_mul(COPIES) } else { 0 };
    if !memory.try_hold(came.saturating_add(own).saturating_add(read.len()).saturating_add(tree)) {
        return Err(memory.refusal());
    }
    let mut asks = Asks::read(endpoint, &read, prompts);
    // Azure and Google call the model in the path, whatever the body names.
    if let (Some(asks), Some(model)) = (&mut asks, &endpoint.model) {
        asks.model = Some(model.to_string());
    }
    let doubt = RequestMembers::read(&read).doubt;
    let shape = (!has_contents(endpoint, asks.as_ref())).then_some(Doubt::Shape);
    Ok(Read { doubt: doubt.or(shape), body: Some(read), asks, memory })
}

/// Returns whether a body contains any input for a model.
fn has_contents(endpoint: &Endpoint, asks: Option<&Asks>) -> bool {
    let members: &[&str] = match endpoint.shape {
        Shape::OpenAiChat => &["messages", "prompt"],
        Shape::OpenAiResponses => &["input", "prompt", "previous_response_id", "conversation"],
        Shape::OpenAiEmbeddings => &["input"],
        Shape::AnthropicMessages => &["messages"],
        Shape::GeminiGenerate => &["contents", "request"],
        Shape::GeminiEmbed => &["content", "requests", "instances"],
    };
    asks.is_some_and(|asks| members.iter().any(|member| asks.has(member)))
}

/// Passes on a request that reaches no model, without reading its body.
async fn plain(gateway: &Gateway, mut head: Head, uri: Uri, body: Body) -> Result<Response<Body>, Refusal> {
    headers::to_upstream(&mut head.headers, false);
    let response = send(gateway, head, uri, body).await.map_err(|(_, refusal)| refusal)?;
    let (mut head, body) = response.into_parts();
    headers::to_client(&mut head.headers);
    Ok(Response::from_parts(head, Body::new(body)))
}
