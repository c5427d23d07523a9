//! A passing answer body: each frame is passed on at once, and read on the way.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use quipu_core::Timestamp;
use quipu_http::ModelCall;
use quipu_http::wire::Answer;
use tokio::time::{Instant, Sleep};

use crate::Gateway;
use crate::coding::Decoder;
use crate::memory::Memory;
use crate::money::HeldReservation;
use crate::upstream::Upstream;

/// Copies of an answer's chunk that are held while it is read.
const COPIES: usize = 3;

/// The steps after the end of an answer.
pub(crate) struct After {
    pub gateway: Arc<Gateway>,
    pub upstream: Arc<Upstream>,
    pub held: HeldReservation,
    pub model: String,
    pub at: Timestamp,
    /// The session to store for the response.
    pub session: Option<String>,
}

/// A call whose answer is passing.
pub(crate) struct Watched {
    inner: Incoming,
    decoder: Decoder,
    call: Option<ModelCall>,
    after: Option<After>,
    memory: Memory,
    /// Bytes of it that belong to the request.
    kept: usize,
    idle: Duration,
    last: Instant,
    timer: Pin<Box<Sleep>>,
}

/// The end of an answer.
enum End {
    Whole,
    Failed(&'static str, String),
    Left,
}

/// The error of an interrupted answer.
#[derive(Debug)]
pub(crate) struct Broken(String);

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Broken {}

impl After {
    /// Ends a call and releases its reservation. An estimate of the usage runs outside the threads that pass
    /// bytes on.
    fn end(self, call: ModelCall, end: End) {
        if matches!(end, End::Left) {
            self.gateway.figures.left(&self.upstream.name);
        }
        let is_told = call.has_usage();
        let work = move || {
            let answer = match end {
                End::Whole => call.end(),
                End::Failed(kind, message) => call.fail(kind, &message),
                End::Left => call.cancel(),
            };
            self.settle(&answer);
        };
        match tokio::runtime::Handle::try_current() {
            Ok(handle) if !is_told => drop(handle.spawn_blocking(work)),
            _ => work(),
        }
    }

    /// Records that the call could not be made, or that its answer did not begin.
    pub fn fail(self, call: ModelCall, kind: &'static str, message: &str) {
        self.end(call, End::Failed(kind, message.to_owned()));
    }

    /// Records that the client disconnected before the answer began.
    pub fn leave(self, call: ModelCall) {
        self.end(call, End::Left);
    }

    fn settle(self, answer: &Answer) {
        if let (Some(id), Some(session)) = (&answer.id, &self.session) {
            self.gateway.sessions.keep(id, session);
        }
        self.gateway.money.ended(self.held, &self.upstream.provider, &self.model, self.at, answer);
    }
}

impl Watched {
    /// Creates the body. Reading it is charged to `memory`, in addition to the bytes already held.
    pub fn new(inner: Incoming, decoder: Decoder, call: ModelCall, after: After, memory: Memory) -> Self {
        let idle = crate::GatewayConfig::within(after.gateway.config.idle_ms);
        let last = Instant::now();
        let timer = Box::pin(tokio::time::sleep_until(last + idle));
        let (call, after, kept) = (Some(call), Some(after), memory.held());
        let mut watched = Self { inner, decoder, call, after, memory, kept, idle, last, timer };
        if watched.inner.is_end_stream() {
            watched.end(End::Whole);
        }
        watched
    }

    fn end(&mut self, end: End) {
        if let (Some(call), Some(after)) = (self.call.take(), self.after.take()) {
            after.end(call, end);
        }
    }

    /// Reads the next bytes. If memory is short, the rest passes unread and the usage is estimated.
    fn read(&mut self, bytes: &[u8]) {
        self.decoder.feed(&mut self.call, bytes);
        let Some(call) = &mut self.call else { return };
        let bytes = self.kept.saturating_add(call.held().saturating_mul(COPIES));
        if !self.memory.try_hold(bytes) {
            call.unreadable();
            self.memory.keep(self.kept);
        }
    }

    /// Returns whether the upstream was silent for too long. The timer is reset only when it fires.
    fn is_idle(&mut self, waker: &mut Context<'_>) -> bool {
        while self.timer.as_mut().poll(waker).is_ready() {
            let until = self.last + self.idle;
            if until <= Instant::now() {
                return true;
            }
            self.timer.as_mut().reset(until);
        }
        false
    }
}

impl Body for Watched {
    type Data = Bytes;
    type Error = Broken;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        waker: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Broken>>> {
        match Pin::new(&mut self.inner).poll_frame(waker) {
            Poll::Pending if self.is_idle(waker) => {
                self.end(End::Failed("timeout", "the provider stopped sending".to_owned()));
                Poll::Ready(Some(Err(Broken("the upstream stopped sending".to_owned()))))
            }
            Poll::Pending => Poll::Pending,
            Poll::Ready(Some(Ok(frame))) => {
                self.last = Instant::now();
                if let Some(bytes) = frame.data_ref() {
                    self.read(bytes);
                }
                // A reader that knows the length does not poll again.
                if self.inner.is_end_stream() {
                    self.end(End::Whole);
                }
                Poll::Ready(Some(Ok(frame)))
            }
            Poll::Ready(Some(Err(error))) => {
                self.end(End::Failed(
                    "upstream_disconnect",
                    "the provider interrupted its answer".to_owned(),
                ));
                Poll::Ready(Some(Err(Broken(error.to_string()))))
            }
            Poll::Ready(None) => {
                self.end(End::Whole);
                Poll::Ready(None)
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.end(End::Left);
    }
}
