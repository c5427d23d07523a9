//! One call of a model: a guard that learns what its request and its answer say.

use std::fmt;

use quipu_sdk::kind::{OfEmbedding, OfLlm};
use quipu_sdk::{CallsModel, Context, Field, Guard};

use crate::wire::{Answer, Bounds, Endpoint, Reader, Request};

/// One call of a model on the wire: begun with the request, shown the bytes of the answer as they pass, ended with it.
///
/// Dropped before the answer's end it says that it was cancelled, and records what is known by then. Middlewares and gateways
/// are made of it; no HTTP library is needed.
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
    /// What reads the answer; `None` once it was read, or where it cannot be.
    reader: Option<Reader>,
    status: u16,
    has_told_first: bool,
    is_settled: bool,
    /// Whether what the model said is recorded.
    wants_contents: bool,
    amend: Option<Amend>,
}

/// Bytes of what a model says that are kept where they are counted only.
const SAMPLE: usize = 64 << 10;

/// Changes an answer before it is recorded.
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

/// The same for a guard of either kind.
macro_rules! with {
    ($made:expr, $guard:ident => $do:expr) => {
        match $made {
            Made::Llm($guard) => $do,
            Made::Embedding($guard) => $do,
        }
    };
}

impl ModelCall {
    /// Whether what is said to and by models is recorded in this context.
    pub fn wants_contents(context: &Context) -> bool {
        context.is_sampled() != Some(false)
            && context.recorder().is_some_and(|recorder| recorder.settings().log_full_prompts)
    }

    /// Begins a call in `context`. Without a `request` that could be read, the answer still tells the model.
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

    /// Has `amend` change the answer once it is read, before it is recorded: to estimate a usage that the provider did not
    /// tell. It is shown what the model said in [`Answer::output`], whether or not that is recorded: the first 64 KiB where it is
    /// not. For a call whose answer has not begun.
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

    /// Whether anything is recorded: where not, the answer need not be shown.
    pub fn is_recording(&self) -> bool {
        with!(&self.guard, guard => guard.is_recording())
    }

    /// The context within the call: what the request's headers are to carry.
    pub fn context(&self) -> Context {
        with!(&self.guard, guard => guard.context())
    }

    /// With other bounds of reading. For a call whose answer has not begun.
    #[must_use]
    pub fn bounds(mut self, bounds: Bounds) -> Self {
        self.reader = self.reader.take().map(|reader| reader.bounds(bounds));
        self
    }

    /// Where the request goes.
    pub fn server(&mut self, address: &str, port: Option<u16>) {
        self.set("server.address", address.into());
        if let Some(port) = port {
            self.set("server.port", port.into());
        }
    }

    /// The answer's HTTP status.
    pub fn status(&mut self, status: u16) {
        self.status = status;
        self.set("http.response.status_code", status.into());
    }

    /// Whether the answer has told its usage so far.
    pub fn has_usage(&self) -> bool {
        self.reader.as_ref().is_some_and(Reader::has_usage)
    }

    /// The request was never sent: no usage is made up for it.
    pub fn unsent(&mut self) {
        self.amend = None;
    }

    /// Bytes of the answer that are held to read it.
    pub fn held(&self) -> usize {
        self.reader.as_ref().map_or(0, Reader::held)
    }

    /// The answer cannot be read, as its bytes are compressed or there is no memory for it.
    pub fn unreadable(&mut self) {
        self.reader = None;
    }

    /// The next bytes of the answer's body.
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

    /// The answer came to its end. Gives what it said.
    pub fn end(mut self) -> Answer {
        self.settle()
    }

    /// It failed before or within the answer: `kind` is a low-cardinality word, `message` holds nothing secret. Gives what was
    /// said until then.
    pub fn fail(mut self, kind: &str, message: &str) -> Answer {
        let answer = self.settle();
        with!(&mut self.guard, guard => guard.error(kind, message));
        answer
    }

    /// Nobody reads on. Gives what was said until then; unless that was all, the call is recorded as cancelled.
    pub fn cancel(mut self) -> Answer {
        self.leave()
    }

    /// A further attribute.
    pub fn set(&mut self, key: &str, value: Field<'_>) {
        with!(&mut self.guard, guard => guard.set(key, value));
    }

    fn leave(&mut self) -> Answer {
        // Whoever has seen the answer's own end need not read on to that of the body.
        let is_done = self.reader.as_ref().is_some_and(Reader::is_complete) || self.status >= 400;
        let answer = self.settle();
        if !is_done && !std::thread::panicking() {
            with!(&mut self.guard, guard => guard.cancelled());
        }
        answer
    }

    /// Records what the answer said, once.
    fn settle(&mut self) -> Answer {
        if std::mem::replace(&mut self.is_settled, true) {
            return Answer::default();
        }
        let mut answer = self.reader.take().map(Reader::finish).unwrap_or_default();
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

    /// An error by the provider's word for it, else by the status. Its message may repeat what was asked, and is told only
    /// where contents are.
    fn fail_as_told(&mut self, answer: &Answer) {
        let status = self.status;
        if status < 400 && answer.failure.is_none() {
            return;
        }
        let failure = answer.failure.as_ref();
        let message = failure.and_then(|failure| failure.message.clone()).unwrap_or_else(|| match status {
            400.. => format!("HTTP {status}"),
            _ => "the provider broke off its answer".to_owned(),
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

/// What both kinds of requests say.
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

/// The parameters of a request to a language model.
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

/// What both kinds of answers say.
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
