//! A server for HTTP/1.1 and HTTP/2 on one port, without TLS.

use std::future::Future;
use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use hyper::Request;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Sleep;
use tower::ServiceExt;

/// A connection that takes longer to say which protocol it speaks, or to send a request's headers, is closed.
const HEADERS: Duration = Duration::from_secs(30);
/// Between pings on an HTTP/2 connection, and how long the answer may take.
const PING: Duration = Duration::from_secs(20);
/// Requests under way on one HTTP/2 connection.
const STREAMS: u32 = 256;
/// How long requests under way may go on after `shutdown`.
const DRAIN: Duration = Duration::from_secs(10);
/// Pause after an accept that failed for want of a resource.
const BREATH: Duration = Duration::from_millis(200);

/// Serves `app` on `listener` until `shutdown` resolves, then lets requests under way end, for at most ten seconds.
///
/// Speaks HTTP/1.1, with upgrades, and HTTP/2 with prior knowledge. Handlers find the peer in `ConnectInfo<SocketAddr>`.
///
/// # Errors
/// None at present; failures of single connections only end those.
pub async fn serve(listener: TcpListener, app: Router, shutdown: impl Future<Output = ()>) -> io::Result<()> {
    let builder = builder();
    let connections = GracefulShutdown::new();
    let mut shutdown = pin!(shutdown);
    loop {
        let (stream, peer) = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    pause_after(&error).await;
                    continue;
                }
            },
            () = &mut shutdown => break,
        };
        // Answers are small: waiting to fill a packet only delays them.
        let _ = stream.set_nodelay(true);
        let app = app.clone();
        let service = service_fn(move |request: Request<Incoming>| {
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(ConnectInfo(peer));
            app.clone().oneshot(request)
        });
        let stream = TokioIo::new(Prompt::new(stream));
        let connection = builder.serve_connection_with_upgrades(stream, service).into_owned();
        let connection = connections.watch(connection);
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%peer, %error, "connection ended");
            }
        });
    }
    drop(listener);
    if tokio::time::timeout(DRAIN, connections.shutdown()).await.is_err() {
        tracing::warn!("requests were still under way when the server stopped");
    }
    Ok(())
}

fn builder() -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEADERS);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(PING)
        .keep_alive_timeout(PING)
        .max_concurrent_streams(STREAMS)
        .adaptive_window(true);
    builder
}

/// A peer that is gone before it was accepted needs no pause; a lack of file descriptors does.
async fn pause_after(error: &io::Error) {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    if !matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset) {
        tracing::warn!(%error, "cannot accept connections");
        tokio::time::sleep(BREATH).await;
    }
}

/// A stream whose peer must begin to speak soon: telling HTTP/1.1 from HTTP/2 takes the first bytes, and waits for them without a
/// limit of its own.
struct Prompt {
    stream: TcpStream,
    /// Bytes still to come before the wait is over, and when that must be.
    missing: usize,
    deadline: Pin<Box<Sleep>>,
}

impl Prompt {
    /// Length of HTTP/2's preface, by which the protocol is known (RFC 9113, 3.4).
    const PREFACE: usize = 24;

    fn new(stream: TcpStream) -> Self {
        Self { stream, missing: Self::PREFACE, deadline: Box::pin(tokio::time::sleep(HEADERS)) }
    }
}

impl AsyncRead for Prompt {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = into.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(cx, into);
        if self.missing == 0 {
            return polled;
        }
        if polled.is_ready() {
            self.missing = self.missing.saturating_sub(into.filled().len() - before);
            return polled;
        }
        self.deadline.as_mut().poll(cx).map(|()| Err(io::ErrorKind::TimedOut.into()))
    }
}

impl AsyncWrite for Prompt {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, from: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, from)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        from: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, from)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
