//! Response body of a client that is read along, frame by frame, without changes.

use std::pin::Pin;
use std::task::{Context as Waker, Poll, ready};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use reqwest_middleware::reqwest;

use super::middleware::kind_of;
use super::watch::Watch;

/// A response body that is read along.
pub(super) struct WatchedBody {
    pub inner: reqwest::Body,
    pub watch: Watch,
}

impl Body for WatchedBody {
    type Data = Bytes;
    type Error = reqwest::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        waker: &mut Waker<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, reqwest::Error>>> {
        let frame = ready!(Pin::new(&mut self.inner).poll_frame(waker));
        match &frame {
            Some(Ok(frame)) => {
                if let Some(bytes) = frame.data_ref() {
                    self.watch.chunk(bytes);
                }
                // A consumer that knows the length does not poll for the end.
                if self.inner.is_end_stream() {
                    self.watch.end();
                }
            }
            Some(Err(error)) => {
                let (kind, message) = kind_of(error);
                self.watch.fail(kind, &message);
            }
            None => self.watch.end(),
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
