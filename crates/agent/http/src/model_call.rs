//! A model call whose guard reads request and answer.

use std::fmt;

use quipu_sdk::kind::{OfEmbedding, OfLlm};
use quipu_sdk::{CallsModel, Context, Field, Guard};

use crate::wire::{Answer, Bounds, Endpoint, Reader, Request};

/// A model call on the wire. It starts with the request, reads the bytes of the answer as they pass, and ends
/// with it.
///
/// An early drop records a cancellation with the known values. Middlewares and gateways use it; it needs no
/// HTTP library.
///
/// ```
/// use quipu_http::ModelCall;
/// use quipu_http::wire::{Endpoint, Request};
///
/// let context = quipu_sdk::Context::current();
/// let body = br#"{"model":"gpt-5","messages":[{"role":"user","content":"Hello"}]}"#;
/// if let Some(endpoint) = Endpoint::find("api.openai.com", "/v1/chat/completions") {
///     let request = Request::read(&endpoint, body, ModelCall::wants_contents(&context));
///     let mut call = ModelCall::begin(&context, &endpoint, request.as_ref());
///     call.status(200);
///     call.chunk(br#"{"model":"gpt-5-2025-08-07","usage":{"prompt_tokens":9,"completion_tokens":3}}"#);
///     call.end();
/// }
/// ```
#[derive(Debug)]
pub struct ModelCall {
    guard: Made,
    /// Reader of the answer; `None` at its end, or if it is unreadable.
    reader: Option<Reader>,
    status: u16,
    has_told_first: bool,
    is_settled: bool,
    /// Whether the answer's contents are recorded.
    wants_contents: bool,
    amend: Option<Amend>,
}

/// Bytes of an answer's contents that are kept if they are only needed for an estimate.
const SAMPLE: usize = 64 << 10;

/// Callback that changes an answer before it is recorded.
struct Amend(Box<dyn FnOnce(&mut Answer) + Send + Sync>);

impl fmt::Debug for Amend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Amend")
    }
}

#[derive(Debug)]
enum Made {
    Llm(Guard<OfLlm>),
    Embedding(Guard<OfEmbedding>),
}

/// Applies an expression to a guard of either kind.
macro_rules! with {
    ($made:expr, $guard:ident => $do:expr) => {
        match $made {
            Made::Llm($guard) => $do,
            Made::Embedding($guard) => $do,
        }
    };
}

impl ModelCall {
    /// Whether contents are recorded in this context.
    pub fn wants_contents(context: &Context) -> bool {
        context.is_sampled() != Some(false)
            && context.recorder().is_some_and(|recorder| recorder.config().log_full_prompts)
    }

    /// Starts a call in `context`. Without a readable `request`, the answer still provides the model.
    pub fn begin(context: &Context, endpoint: &Endpoint, request: Option<&Request>) -> Self {
        let asked = request.and_then(|request| request.model.as_deref());
        let model = asked.or(endpoint.model.as_deref()).unwrap_or_default();
        let mut guard = if endpoint.shape.is_embedding() {
            Made::Embedding(context.embedding(&endpoint.provider, model))
        } else {
            Made::Llm(context.llm(&endpoint.provider, model))
        };
        if let Some(request) = request {
            with!(&mut guard, guard => ask(guard, request));
        }
        if let (Made::Llm(guard), Some(request)) = (&mut guard, request) {
            guard.update(|guard| ask_llm(guard, request));
        }
        let is_recording = with!(&guard, guard => guard.is_recording());
        let wants_contents = Self::wants_contents(context);
        let reader = is_recording.then(|| Reader::new(endpoint.shape, wants_contents));
        let is_settled = !is_recording;
        Self { guard, reader, status: 0, has_told_first: false, is_settled, wants_contents, amend: None }
    }

    /// Lets `amend` change the answer before it is recorded, for example to estimate a missing usage.
    /// [`Answer::output`] then has the contents even if they are not recorded, but only the first 64 KiB of
    /// them. Call it before the answer starts.
    #[must_use]
    pub fn amend(
        mut self,
        endpoint: &Endpoint,
        amend: impl FnOnce(&mut Answer) + Send + Sync + 'static,
    ) -> Self {
        let reader = || {
            let reader = Reader::new(endpoint.shape, true);
            if self.wants_contents { reader } else { reader.keep(SAMPLE) }
        };
        self.reader = self.reader.as_ref().map(|_| reader());
        self.amend = Some(Amend(Box::new(amend)));
        self
    }

    /// Whether the call is recorded. If not, the caller need not pass the answer.
    pub fn is_recording(&self) -> bool {
        with!(&self.guard, guard => guard.is_recording())
    }

    /// The context in the call, for the request's headers.
    pub fn context(&self) -> Context {
        with!(&self.guard, guard => guard.context())
    }

    /// Sets other limits for reading. Call it before the answer starts.
    #[must_use]
    pub fn bounds(mut self, bounds: Bounds) -> Self {
        self.reader = self.reader.take().map(|reader| reader.bounds(bounds));
        self
    }

    /// Sets address and port of the server.
    pub fn server(&mut self, address: &str, port: Option<u16>) {
        self.set("server.address", address.into());
        if let Some(port) = port {
            self.set("server.port", port.into());
        }
    }

    /// Sets the HTTP status of the answer.
    pub fn status(&mut self, status: u16) {
        self.status = status;
        self.set("http.response.status_code", status.into());
    }

    /// Whether the answer has reported its usage so far.
    pub fn has_usage(&self) -> bool {
        self.reader.as_ref().is_some_and(Reader::has_usage)
    }

    /// Marks the request as not sent, so no usage is estimated.
    pub fn unsent(&mut self) {
        self.amend = None;
    }

    /// Buffered bytes of the answer.
    pub fn held(&self) -> usize {
        self.reader.as_ref().map_or(0, Reader::held)
    }

    /// Marks the answer as unreadable, because it is compressed or there is no memory for it.
    pub fn unreadable(&mut self) {
        self.reader = None;
    }

    /// Reads the next bytes of the answer's body.
    pub fn chunk(&mut self, bytes: &[u8]) {
        let Some(reader) = &mut self.reader else { return };
        reader.chunk(bytes);
        if !self.has_told_first
            && reader.is_stream()
            && reader.has_output()
            && let Made::Llm(guard) = &mut self.guard
        {
            self.has_told_first = true;
            guard.first_token();
        }
    }

    /// Ends the call. Returns the answer.
    pub fn end(mut self) -> Answer {
        self.settle()
    }

    /// Records a failure before or during the answer. `kind` has low cardinality; `message` must not contain
    /// secrets. Returns the answer so far.
    pub fn fail(mut self, kind: &str, message: &str) -> Answer {
        let answer = self.settle();
        with!(&mut self.guard, guard => guard.error(kind, message));
        answer
    }

    /// Ends the call because the client stops reading. Returns the answer so far. Records a cancellation
    /// unless the answer was complete.
    pub fn cancel(mut self) -> Answer {
        self.leave()
    }

    /// Sets an attribute.
    pub fn set(&mut self, key: &str, value: Field<'_>) {
        with!(&mut self.guard, guard => guard.set(key, value));
    }

    fn leave(&mut self) -> Answer {
        // A client that has seen the answer's own end need not read to the end of the body.
        let is_done = self.reader.as_ref().is_some_and(Reader::is_complete) || self.status >= 400;
        let answer = self.settle();
        if !is_done && !std::thread::panicking() {
            with!(&mut self.guard, guard => guard.cancelled());
        }
        answer
    }

    /// Records the answer, once.
    fn settle(&mut self) -> Answer {
        if std::mem::replace(&mut self.is_settled, true) {
            return Answer::default();
        }
        let unread = || Answer { is_unread: true, ..Answer::default() };
        let mut answer = self.reader.take().map_or_else(unread, Reader::finish);
        answer.status = self.status;
        if let Some(Amend(amend)) = self.amend.take() {
            amend(&mut answer);
        }
        if !self.wants_contents {
            answer.forget_contents();
        }
        with!(&mut self.guard, guard => guard.update(|guard| tell(guard, &answer)));
        if let Made::Llm(guard) = &mut self.guard {
            for reason in &answer.finish_reasons {
                guard.update(|guard| guard.finish_reason(reason));
            }
            if let Some(output) = &answer.output {
                guard.set("gen_ai.output.messages", output.to_string());
            }
        }
        self.fail_as_told(&answer);
        answer
    }

    /// Records an error by the provider's error type, else by the status. The message may repeat the request,
    /// so it is recorded only with contents.
    fn fail_as_told(&mut self, answer: &Answer) {
        let status = self.status;
        if status < 400 && answer.failure.is_none() {
            return;
        }
        let failure = answer.failure.as_ref();
        let message = failure.and_then(|failure| failure.message.clone()).unwrap_or_else(|| match status {
            400.. => format!("HTTP {status}"),
            _ => "the provider interrupted its answer".to_owned(),
        });
        let kind = failure.and_then(|failure| failure.kind.as_deref());
        let kind = kind.map_or_else(
            || if status < 400 { "_OTHER".to_owned() } else { status.to_string() },
            str::to_owned,
        );
        with!(&mut self.guard, guard => guard.error(&kind, &message));
    }
}

impl Drop for ModelCall {
    fn drop(&mut self) {
        if !self.is_settled {
            self.leave();
        }
    }
}

/// Common attributes of both kinds of requests.
fn ask<K>(guard: &mut Guard<K>, request: &Request) {
    if let Some(tier) = &request.service_tier {
        guard.set("gen_ai.request.service_tier", tier);
    }
    if let Some(dimensions) = request.dimensions {
        guard.set("gen_ai.embeddings.dimension.count", dimensions);
    }
    let Some(said) = &request.said else { return };
    for (key, value) in [
        ("gen_ai.input.messages", &said.messages),
        ("gen_ai.system_instructions", &said.system),
        ("gen_ai.tool.definitions", &said.tools),
    ] {
        if let Some(value) = value {
            guard.set(key, value.to_string());
        }
    }
}

/// Parameters of a request to a language model.
fn ask_llm(mut guard: Guard<OfLlm>, request: &Request) -> Guard<OfLlm> {
    let mut number = |key: &str, value: Option<f64>| {
        if let Some(value) = value {
            guard.set(key, value);
        }
    };
    number("gen_ai.request.top_k", request.top_k);
    number("gen_ai.request.frequency_penalty", request.frequency_penalty);
    number("gen_ai.request.presence_penalty", request.presence_penalty);
    if let Some(count) = request.choices.filter(|count| *count != 1) {
        guard.set("gen_ai.request.choice.count", count);
    }
    if let Some(seed) = request.seed {
        guard.set("gen_ai.request.seed", seed);
    }
    if let Some(level) = &request.reasoning_level {
        guard.set("gen_ai.request.reasoning.level", level);
    }
    if let Some(tools) = request.tools {
        guard.set("quipu.request.tools", tools);
    }
    guard = guard.stream(request.stream);
    if let Some(temperature) = request.temperature {
        guard = guard.temperature(temperature);
    }
    if let Some(bound) = request.top_p {
        guard = guard.top_p(bound);
    }
    if let Some(tokens) = request.max_tokens {
        guard = guard.max_tokens(tokens);
    }
    guard
}

/// Common attributes of both kinds of answers.
fn tell<K: CallsModel>(mut guard: Guard<K>, answer: &Answer) -> Guard<K> {
    if let Some(model) = &answer.model {
        guard = guard.response_model(model);
    }
    if let Some(id) = &answer.id {
        guard = guard.response_id(id);
    }
    if let Some(tier) = &answer.service_tier {
        guard = guard.service_tier(tier);
    }
    if let Some(usage) = &answer.usage {
        guard = guard.usage(usage.clone());
    }
    if let Some(cost) = answer.cost {
        guard = guard.cost(cost);
    }
    if answer.is_cut {
        guard.set("quipu.answer.cut", true);
    }
    guard
}
