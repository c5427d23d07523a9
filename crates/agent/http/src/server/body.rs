//! Response body of a server in the request's span.

use std::pin::Pin;
use std::task::{Context as Waker, Poll, ready};

use http_body::{Body, Frame, SizeHint};
use quipu_sdk::{Context, Span};

/// Ends a span during the unwinding of a panic, so the span records it. An executor drops the future only
/// after it has caught the panic.
pub(super) struct Unwinding<'a>(pub &'a mut Option<Span>);

impl Drop for Unwinding<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.take();
        }
    }
}

pin_project_lite::pin_project! {
    /// A response body without changes. It is polled in the request's span and ends it.
    #[derive(Debug)]
    pub struct TraceBody<B> {
        #[pin]
        inner: B,
        context: Context,
        span: Option<Span>,
        has_begun: bool,
    }

    impl<B> PinnedDrop for TraceBody<B> {
        fn drop(this: Pin<&mut Self>) {
            let this = this.project();
            // A body that was never polled, such as that of an answer to HEAD, is not truncated.
            if let Some(mut span) = this.span.take()
                && *this.has_begun
                && !std::thread::panicking()
            {
                span.cancelled();
            }
        }
    }
}

impl<B: Body> TraceBody<B> {
    pub(super) fn new(inner: B, context: Context, span: Span) -> Self {
        let span = (!inner.is_end_stream()).then_some(span);
        Self { inner, context, span, has_begun: false }
    }
}

impl<B: Body> Body for TraceBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        waker: &mut Waker<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let mut this = self.project();
        *this.has_begun = true;
        let polled = {
            let _unwinding = Unwinding(this.span);
            let _entered = this.context.clone().enter();
            this.inner.as_mut().poll_frame(waker)
        };
        let frame = ready!(polled);
        match &frame {
            Some(Ok(_)) if !this.inner.is_end_stream() => {}
            Some(Err(_)) => {
                if let Some(mut span) = this.span.take() {
                    span.error("body", "the response's body failed");
                }
            }
            _ => drop(this.span.take()),
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
