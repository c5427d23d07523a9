//! One connection, from its first byte to its end.

use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Version;
use axum::{BoxError, Router};
use hyper::body::Incoming as Wire;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::{Builder, UpgradeableConnection};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{Instant, Sleep};
use tower::ServiceExt;

use crate::door::{Answer, Door, End, Incoming, Pulse, Rules, Seat, Stream};
use crate::sender::Line;
use crate::tls::ClientCertificate;

/// The interval between pings on an HTTP/2 connection, and the timeout of each answer.
const PING: Duration = Duration::from_secs(20);
/// The size of the buffer for headers and for reads of a body, in bytes.
const BUFFER: usize = 64 << 10;
/// HTTP/2 flow control in bytes: the windows of a stream and of a connection.
const WINDOW: u32 = 1 << 20;
const WINDOWS: u32 = 2 << 20;
/// The interval between two checks of a connection without a deadline.
const LATER: Duration = Duration::from_secs(3_600);

/// A connection that stays silent for so long after the stop of the server has no request in progress.
const LAST: Duration = Duration::from_millis(50);

/// The phase of a listener.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd)]
pub(crate) enum Phase {
    /// The listener accepts requests.
    Open,
    /// The listener rejects new requests; those in progress may end.
    Closing,
    /// The listener has stopped.
    Over,
}

/// The parts of one connection.
pub(crate) struct Connection {
    pub(crate) app: Router,
    pub(crate) door: Arc<Door>,
    pub(crate) peer: SocketAddr,
    pub(crate) phase: watch::Receiver<Phase>,
}

impl Connection {
    /// Serves the connection until it ends.
    pub(crate) async fn attend(self, stream: TcpStream, seat: Seat) {
        if !self.speaks(&stream).await {
            return;
        }
        // This future takes kilobytes, so silent connections do not allocate it.
        Box::pin(self.talk(stream, seat)).await;
    }

    /// Waits for the first byte.
    async fn speaks(&self, stream: &TcpStream) -> bool {
        let mut first = [0];
        // A TLS client sends its greeting at once, because it has nothing to wait for.
        let (patience, reason) = match self.door.tls {
            Some(_) => (self.door.rules.headers, "handshake"),
            None => (self.door.rules.idle, End::Idle.word()),
        };
        tokio::select! {
            // `readable` would not do, because it reports a new stream as readable before the first read.
            seen = stream.peek(&mut first) => matches!(seen, Ok(1)),
            () = tokio::time::sleep(patience) => {
                self.cut(reason);
                false
            }
            // A client that has sent nothing has no request in progress.
            () = reached(&self.phase, Phase::Closing) => {
                matches!(tokio::time::timeout(LAST, stream.peek(&mut [0])).await, Ok(Ok(1)))
            }
        }
    }

    async fn talk(self, stream: TcpStream, seat: Seat) {
        let pulse = Pulse::new(&self.door.crowd);
        let Some(tls) = self.door.tls.clone() else {
            return self.converse(Stream::new(stream, Arc::clone(&pulse), seat), pulse, None).await;
        };
        let handshake = tls.accept(stream);
        let greeted = tokio::select! {
            greeted = tokio::time::timeout(self.door.rules.headers, handshake) => greeted,
            () = reached(&self.phase, Phase::Over) => return,
        };
        match greeted {
            Ok(Ok((stream, certificate))) => {
                let stream = Stream::new(stream, Arc::clone(&pulse), seat);
                Box::pin(self.converse(stream, pulse, certificate)).await;
            }
            Ok(Err(error)) => {
                tracing::debug!(peer = %self.peer, %error, "the TLS handshake failed");
                self.cut("handshake");
            }
            Err(_) => self.cut("handshake"),
        }
    }

    async fn converse<S>(self, stream: Stream<S>, pulse: Arc<Pulse>, shown: Option<ClientCertificate>)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let (app, peer, line) = (self.app.clone(), self.peer, Line::default());
        let (turns, pace) = (Arc::clone(&pulse), self.door.rules.pace);
        let service = service_fn(move |request: Request<Wire>| {
            let turn = turns.begin();
            let pieces = request.version() == Version::HTTP_2;
            let mut request = request.map(|body| Body::new(Incoming::new(body, pace)));
            let extensions = request.extensions_mut();
            extensions.insert(ConnectInfo(peer));
            extensions.insert(line.clone());
            shown.clone().map(|shown| extensions.insert(shown));
            let answer = app.clone().oneshot(request);
            async move {
                let answer: Response<Body> = answer.await?;
                Ok::<_, Infallible>(answer.map(|body| Answer::new(body, pieces, turn)))
            }
        });
        let builder = builder(self.door.streams);
        let connection = builder.serve_connection_with_upgrades(TokioIo::new(stream), service);
        // The stream is dropped here, unless an upgrade handed it over.
        self.watch(connection, &pulse).await;
        if pulse.is_open() {
            tokio::select! {
                () = pulse.closed() => {}
                () = reached(&self.phase, Phase::Closing) => pulse.hang_up(),
            }
        }
    }

    /// Drives a connection to its end, or until a deadline passes.
    async fn watch<T: Talk>(&self, connection: T, pulse: &Pulse) {
        let mut connection = pin!(connection);
        let rules = &self.door.rules;
        let (mut leaving, mut last) = (false, None);
        let mut timer = pin!(tokio::time::sleep(rules.headers));
        loop {
            tokio::select! {
                biased;
                ended = connection.as_mut() => {
                    if let Err(error) = ended {
                        tracing::debug!(peer = %self.peer, %error, "connection ended");
                    }
                    return;
                }
                () = reached(&self.phase, Phase::Over) => return,
                () = reached(&self.phase, Phase::Closing), if !leaving => {
                    leaving = true;
                    connection.as_mut().leave();
                }
                end = overdue(pulse, rules, timer.as_mut(), last) => {
                    if last.is_some() {
                        return;
                    }
                    self.cut(end.word());
                    if end != End::Idle {
                        return;
                    }
                    (leaving, last) = (true, Some(Instant::now() + rules.headers));
                    connection.as_mut().leave();
                }
            }
        }
    }

    fn cut(&self, reason: &'static str) {
        tracing::debug!(peer = %self.peer, reason, "a connection is cut off");
        self.door.meter.add("quipu_connections_cut_total", &[("reason", reason)], 1);
    }
}

/// The common operations of hyper's connection types.
trait Talk: Future<Output = Result<(), BoxError>> {
    /// Accepts no more requests, and ends after those in progress.
    fn leave(self: Pin<&mut Self>);
}

impl<S, H> Talk for UpgradeableConnection<'_, TokioIo<Stream<S>>, H, TokioExecutor>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    H: hyper::service::Service<Request<Wire>, Response = Response<Answer>, Error = Infallible>,
    H::Future: Send + 'static,
{
    fn leave(self: Pin<&mut Self>) {
        self.graceful_shutdown();
    }
}

/// Waits until the listener reaches a phase or is dropped.
async fn reached(phase: &watch::Receiver<Phase>, at: Phase) {
    let _ = phase.clone().wait_for(|phase| *phase >= at).await;
}

/// Waits until a deadline passes; `last` is a deadline in any case.
async fn overdue(pulse: &Pulse, rules: &Rules, mut timer: Pin<&mut Sleep>, last: Option<Instant>) -> End {
    std::future::poll_fn(|cx| {
        loop {
            let due = match last {
                Some(last) => pulse
                    .due(rules)
                    .filter(|(at, end)| *end != End::Idle && *at < last)
                    .or(Some((last, End::Idle))),
                None => pulse.due(rules),
            };
            let now = Instant::now();
            let at = match due {
                Some((at, end)) if at <= now => return Poll::Ready(end),
                Some((at, _)) => at,
                None => now + LATER,
            };
            // Only an earlier deadline resets the timer. A timer that fires early checks the deadlines again.
            if at < timer.deadline() || timer.is_elapsed() {
                timer.as_mut().reset(at);
            }
            std::task::ready!(timer.as_mut().poll(cx));
        }
    })
    .await
}

fn builder(streams: u32) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    // The pulse keeps the timeouts, because it distinguishes idle connections from unfinished headers.
    builder.http1().timer(TokioTimer::new()).header_read_timeout(None).max_buf_size(BUFFER);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(PING)
        .keep_alive_timeout(PING)
        .max_concurrent_streams(streams)
        .initial_stream_window_size(WINDOW)
        .initial_connection_window_size(WINDOWS)
        .max_send_buf_size(BUFFER);
    builder
}

#[cfg(test)]
mod tests {
    use std::mem::size_of_val;
    use std::task::Context;

    use quipu_core::{Limits, NoMeter};
    use tokio::io::AsyncWriteExt;
    use tokio::net::TcpListener;

    use super::*;
    use crate::door::Gate;

    /// Bytes of the task of a silent connection. The runtime and the allocator use the rest of its 4 KiB.
    const SILENT: usize = 1_024;

    #[tokio::test]
    async fn nothing_is_built_for_a_connection_before_its_first_byte() {
        let door = Arc::new(Door::new(&Limits::default(), Arc::new(NoMeter)));
        let seat = Gate::new(&door.crowd).enter([127, 0, 0, 1].into()).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (stream, peer) = listener.accept().await.unwrap();
        let (_open, phase) = watch::channel(Phase::Open);
        let connection = Connection { app: Router::new(), door, peer, phase };
        {
            let mut speaks = pin!(connection.speaks(&stream));
            // A new stream counts as readable at first; the wait must ignore that.
            for _ in 0..10 {
                let polled =
                    std::future::poll_fn(|cx: &mut Context<'_>| Poll::Ready(speaks.as_mut().poll(cx))).await;
                assert!(polled.is_pending());
                tokio::task::yield_now().await;
            }
            client.write_all(b"G").await.unwrap();
            assert!(speaks.await);
        }
        let attended = connection.attend(stream, seat);
        assert!(size_of_val(&attended) <= SILENT, "{} bytes", size_of_val(&attended));
    }
}
