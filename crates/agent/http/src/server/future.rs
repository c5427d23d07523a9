//! Future of a response in the request's span.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context as Waker, Poll, ready};

use http::Response;
use http_body::Body;
use quipu_sdk::{Context, Span};

use super::TraceBody;
use super::body::Unwinding;

pin_project_lite::pin_project! {
    /// Future of a response, polled in the request's span. An early drop, such as after a disconnect of the
    /// client, records a cancellation.
    #[derive(Debug)]
    pub struct TraceFuture<F> {
        #[pin]
        inner: F,
        context: Context,
        span: Option<Span>,
    }

    impl<F> PinnedDrop for TraceFuture<F> {
        fn drop(this: Pin<&mut Self>) {
            if let Some(mut span) = this.project().span.take()
                && !std::thread::panicking()
            {
                span.cancelled();
            }
        }
    }
}

impl<F> TraceFuture<F> {
    pub(super) fn new(inner: F, context: Context, span: Span) -> Self {
        Self { inner, context, span: Some(span) }
    }
}

impl<F, R, E> Future for TraceFuture<F>
where
    F: Future<Output = Result<Response<R>, E>>,
    R: Body,
{
    type Output = Result<Response<TraceBody<R>>, E>;

    fn poll(self: Pin<&mut Self>, waker: &mut Waker<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let polled = {
            let _unwinding = Unwinding(this.span);
            let _entered = this.context.clone().enter();
            this.inner.poll(waker)
        };
        let result = ready!(polled);
        let mut span = this.span.take().unwrap_or_default();
        Poll::Ready(match result {
            Ok(response) => {
                let status = response.status();
                span.set("http.response.status_code", status.as_u16());
                if status.is_server_error() {
                    span.error(status.as_str(), format_args!("HTTP {}", status.as_u16()));
                }
                Ok(response.map(|body| TraceBody::new(body, this.context.clone(), span)))
            }
            Err(error) => {
                span.error("_OTHER", "the service failed");
                Err(error)
            }
        })
    }
}
