//! One model call, from its budgets to the headers of the answer.

use std::sync::Arc;

use axum::body::Body;
use bytes::Bytes;
use http::header::CONTENT_ENCODING;
use http::request::Parts as Head;
use http::{HeaderValue, Response, StatusCode, Uri};
use quipu_core::{Clock, SystemClock, Value};
use quipu_http::ModelCall;
use quipu_http::wire::{Endpoint, Request as Asks, Shape};
use quipu_tokens::{DEFAULT_OUTPUT, Input};
use tokio::task::spawn_blocking;

use crate::asked::RequestMembers;
use crate::coding::Decoder;
use crate::dialect::Refusal;
use crate::doubt::Doubt;
use crate::figures::Stopwatch;
use crate::memory::Memory;
use crate::money::{Admitted, Asking};
use crate::send::send;
use crate::upstream::{Upstream, with_model};
use crate::usage::{self, Most, Unsaid};
use crate::watched::{After, Watched};
use crate::who::Who;
use crate::{Gateway, GatewayConfig, headers};

/// Names the requested model in an answer if a budget has chosen another.
const DEGRADED: &str = "x-quipu-degraded-from";
/// The maximum size of a request body that is held until the answer ends, in bytes.
const KEPT: usize = 64 << 10;
/// Marks the record of an ambiguous call, with the reason.
const DOUBT: &str = "quipu.request.not_understood";

/// A request to a model, parsed and not yet sent.
pub(crate) struct Call<'a> {
    pub gateway: &'a Arc<Gateway>,
    pub upstream: Arc<Upstream>,
    pub endpoint: Endpoint,
    pub head: Head,
    pub uri: Uri,
    pub body: Bytes,
    /// The body, decompressed.
    pub read: Option<Bytes>,
    pub asks: Option<Asks>,
    /// The reason why the request is ambiguous.
    pub doubt: Option<Doubt>,
    /// The memory held for the request.
    pub memory: Memory,
    pub watch: Stopwatch,
    /// The requested model, if another is called.
    pub degraded: Option<String>,
}

impl Call<'_> {
    /// Makes the call if the budgets allow it. A body in `passing` is streamed, in place of the held one.
    ///
    /// # Errors
    /// A budget rejects the call, or the provider cannot be reached.
    pub async fn make(mut self, passing: Option<Body>) -> Result<Response<Body>, Refusal> {
        let who = self.who();
        let admitted = self.admitted(&who).await?;
        if let Some(delay) = admitted.held.delay() {
            self.watch.pause();
            tokio::time::sleep(delay.min(GatewayConfig::within(self.gateway.config.throttle_ms))).await;
            self.watch.go_on();
        }
        self.edit(admitted.held.degrade_to().as_deref())?;
        let at = SystemClock.now();
        let model = self.model();
        let input = self.counted(admitted.input).await;
        let most =
            Most { input: admitted.most_input, output: self.most_output(), tier: admitted.dear_tier.clone() };
        let call = self.begin(&who, &model, input, most);
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
        self.sent(call, after, passing).await
    }

    fn model(&self) -> String {
        let asked = self.asks.as_ref().and_then(|asks| asks.model.as_deref());
        asked.or(self.endpoint.model.as_deref()).unwrap_or_default().to_owned()
    }

    fn asked(&self) -> RequestMembers<'_> {
        self.read.as_ref().map(|read| RequestMembers::read(read)).unwrap_or_default()
    }

    fn who(&self) -> Who {
        let who = Who::of(self.gateway.recorder, &self.head.headers, &self.asked(), &self.gateway.sessions);
        who.tagged(&self.gateway.config.tags)
    }

    async fn admitted(&self, who: &Who) -> Result<Admitted, Refusal> {
        let model = self.model();
        let asking = Asking {
            subject: who.subject(&self.gateway.config.service, &self.upstream.provider, &model),
            provider: self.upstream.provider.to_string(),
            model,
            body: self.read.clone(),
            length: self.body.len(),
            max_output: self.most_output(),
            tier: self.asks.as_ref().and_then(|asks| asks.service_tier.clone()),
        };
        self.gateway.money.admit(asking, self.gateway.config.unpriced).await
    }

    /// Changes the body if a budget or the configuration requires it.
    ///
    /// # Errors
    /// A budget requires another model, and the request has no changeable model name.
    fn edit(&mut self, degrade_to: Option<&str>) -> Result<(), Refusal> {
        if let Some(to) = degrade_to.filter(|to| *to != self.model()) {
            self.degrade(to)?;
        }
        if self.gateway.config.ask_usage && self.doubt.is_none() && self.endpoint.shape == Shape::OpenAiChat {
            let asked = self.asked();
            let read = self.read.as_ref().filter(|_| asked.hides_usage());
            let changed = read.and_then(|read| asked.with_usage(read));
            self.replace(changed);
        }
        Ok(())
    }

    fn degrade(&mut self, to: &str) -> Result<(), Refusal> {
        let from = self.model();
        // In an ambiguous body the provider may read another model than the one that would be replaced.
        let read = self.read.as_ref().filter(|_| self.doubt.is_none());
        let in_body = read.and_then(|read| RequestMembers::read(read).with_model(read, to));
        let in_path = with_model(&self.uri, &from, to);
        let is_changed = if self.endpoint.model.is_some() { in_path.is_some() } else { in_body.is_some() };
        if !is_changed {
            let why = "a budget is used up and requires another model, but the model of this request cannot be changed";
            return Err(Refusal::new(StatusCode::FORBIDDEN, "cannot_degrade", why));
        }
        self.replace(in_body);
        self.uri = in_path.unwrap_or_else(|| self.uri.clone());
        self.endpoint.model = self.endpoint.model.take().map(|_| to.into());
        if let Some(asks) = &mut self.asks {
            asks.model = Some(to.to_owned());
        }
        self.degraded = Some(from);
        Ok(())
    }

    /// Replaces the body with an uncompressed one.
    fn replace(&mut self, body: Option<Vec<u8>>) {
        if let Some(body) = body {
            self.body = Bytes::from(body);
            self.read = Some(self.body.clone());
            self.head.headers.remove(CONTENT_ENCODING);
        }
    }

    /// Returns the input tokens. A long body is counted now, so that it need not be held until the answer
    /// ends.
    async fn counted(&self, known: Option<u64>) -> Option<u64> {
        let long = self.read.clone().filter(|read| known.is_none() && read.len() > KEPT);
        let Some(read) = long else { return known };
        let (estimator, model) = (self.gateway.money.estimator.clone(), self.model());
        let count = move || {
            let body = std::str::from_utf8(&read).ok()?;
            Some(estimator.tokens(&model, Input::Body(body)).expected)
        };
        spawn_blocking(count).await.unwrap_or_default()
    }

    /// Begins the record of the call.
    fn begin(&self, who: &Who, model: &str, input: Option<u64>, most: Most) -> ModelCall {
        let unsaid = Unsaid {
            estimator: self.gateway.money.estimator.clone(),
            model: model.to_owned(),
            body: self.read.clone().filter(|_| input.is_none()),
            input,
            length: self.body.len(),
            output: self.likely_output(),
            most,
            is_embedding: self.endpoint.shape.is_embedding(),
        };
        let call = ModelCall::begin(&who.context, &self.endpoint, self.asks.as_ref());
        let mut call = call.amend(&self.endpoint, move |answer| usage::complete(answer, unsaid));
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
        if let Some(doubt) = self.doubt {
            call.set(DOUBT, doubt.word().into());
        }
        call
    }

    /// The maximum number of output tokens; without a limit, the length of a long model answer.
    fn most_output(&self) -> u64 {
        let (told, answers) =
            self.asks.as_ref().map_or((None, 1), |asks| (asks.most_output, asks.most_answers));
        told.unwrap_or_else(|| DEFAULT_OUTPUT.2.saturating_mul(answers))
    }

    /// The assumed output tokens of a call without any part of an answer.
    fn likely_output(&self) -> u64 {
        if self.endpoint.shape.is_embedding() {
            return 0;
        }
        let answers = self.asks.as_ref().map_or(1, |asks| asks.most_answers);
        let usual = DEFAULT_OUTPUT.1.saturating_mul(answers);
        let most = self.asks.as_ref().and_then(|asks| asks.most_output);
        most.map_or(usual, |most| most.min(usual))
    }

    async fn sent(
        self,
        call: ModelCall,
        after: After,
        passing: Option<Body>,
    ) -> Result<Response<Body>, Refusal> {
        let kept = self.read.as_ref().map_or(0, |read| read.len().min(KEPT));
        let Self { gateway, mut head, uri, body, read, mut memory, mut watch, degraded, .. } = self;
        drop(read);
        headers::to_upstream(&mut head.headers, passing.is_none());
        headers::narrow(&mut head.headers);
        let body = passing.unwrap_or_else(|| Body::from(body));
        watch.pause();
        // If the client disconnects now, dropping `waiting` records that.
        let mut waiting = Waiting(Some((call, after)));
        let answered = send(gateway, head, uri, body).await;
        watch.go_on();
        let Some((mut call, after)) = waiting.0.take() else {
            return Err(Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "the call was lost"));
        };
        let response = match answered {
            Ok(response) => response,
            Err((kind, refusal)) => {
                if kind == "connect" {
                    call.unsent();
                }
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
        // The request's body has been sent.
        memory.keep(kept);
        let body = Body::new(Watched::new(body, decoder, call, after, memory));
        gateway.figures.added(watch.stop());
        Ok(Response::from_parts(head, body))
    }
}

/// A call without an answer yet; dropped if the client disconnects.
struct Waiting(Option<(ModelCall, After)>);

impl Drop for Waiting {
    fn drop(&mut self) {
        if let Some((call, after)) = self.0.take() {
            after.leave(call);
        }
    }
}
