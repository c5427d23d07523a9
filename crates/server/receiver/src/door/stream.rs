//! A connection's byte stream that reports its progress.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::{Pulse, Seat};

/// The first bytes of HTTP/2 (RFC 9113, 3.4). No HTTP/1.1 method has this name.
const HTTP2: &[u8; 3] = b"PRI";

/// A stream that reports its progress to its pulse. It holds the connection's permit while it exists.
pub(crate) struct Stream<S> {
    stream: S,
    pulse: Arc<Pulse>,
    /// How many of the first bytes match HTTP/2 so far; `None` once that is decided.
    like_http2: Option<usize>,
    _seat: Seat,
}

impl<S> Stream<S> {
    pub(crate) const fn new(stream: S, pulse: Arc<Pulse>, seat: Seat) -> Self {
        Self { stream, pulse, like_http2: Some(0), _seat: seat }
    }

    fn look(&mut self, bytes: &[u8]) {
        let Some(known) = self.like_http2 else { return };
        let rest = HTTP2.get(known..).unwrap_or_default();
        let seen = bytes.get(..rest.len().min(bytes.len())).unwrap_or_default();
        self.like_http2 = rest.starts_with(seen).then_some(known + seen.len());
        if self.like_http2 == Some(HTTP2.len()) {
            self.like_http2 = None;
            self.pulse.speaks_http2();
        }
    }

    fn note(&self, polled: &Poll<io::Result<usize>>) {
        match polled {
            Poll::Ready(Ok(count)) => self.pulse.wrote(*count),
            Poll::Ready(Err(_)) => {}
            Poll::Pending => self.pulse.blocked(),
        }
    }
}

impl<S> Drop for Stream<S> {
    fn drop(&mut self) {
        self.pulse.gone();
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Stream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.pulse.is_over() {
            return Poll::Ready(Ok(()));
        }
        let before = into.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(cx, into);
        match &polled {
            Poll::Pending => {
                self.pulse.reads(cx.waker());
                // If the end came before the waker was set, the waker would never be called.
                if self.pulse.is_over() {
                    return Poll::Ready(Ok(()));
                }
            }
            Poll::Ready(Err(_)) => {}
            Poll::Ready(Ok(())) => {
                let bytes = into.filled().get(before..).unwrap_or_default();
                let fits = self.pulse.read(bytes.len());
                self.look(bytes);
                if !fits {
                    return Poll::Ready(Err(io::ErrorKind::OutOfMemory.into()));
                }
            }
        }
        polled
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Stream<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, from: &[u8]) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write(cx, from);
        self.note(&polled);
        polled
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        from: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write_vectored(cx, from);
        self.note(&polled);
        polled
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.stream).poll_flush(cx);
        match &polled {
            Poll::Ready(_) => self.pulse.flushed(),
            Poll::Pending => self.pulse.blocked(),
        }
        polled
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.stream).poll_shutdown(cx);
        if polled.is_pending() {
            self.pulse.blocked();
        }
        polled
    }
}
