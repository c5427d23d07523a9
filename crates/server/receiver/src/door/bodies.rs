//! Bodies with a minimum pace, for requests and answers.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::BoxError;
use axum::body::Body;
use bytes::Bytes;
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use tokio::time::{Instant, Sleep};

use super::pulse::Turn;

/// The time window in which the pace of a body is measured.
const WINDOW: Duration = Duration::from_secs(5);
/// Bytes of an HTTP/2 answer that are handed over at a time. They stay in memory until the client takes them.
const PIECE: usize = 16 << 10;

/// The error of a body that arrived too slowly.
#[derive(Debug)]
pub(crate) struct TooSlow {
    /// The minimum pace in bytes a second.
    pub(crate) pace: u64,
}

impl fmt::Display for TooSlow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the body arrives slower than {} bytes a second (limit least_bytes_per_second)", self.pace)
    }
}

impl std::error::Error for TooSlow {}

/// A request body with a minimum number of bytes in each five seconds of waiting. Time passes only while a
/// reader waits.
pub(crate) struct Incoming<B> {
    body: B,
    pace: u64,
    /// Bytes in the present window.
    bytes: u64,
    waited: Duration,
    waiting: Option<(Instant, Pin<Box<Sleep>>)>,
}

impl<B> Incoming<B> {
    /// Wraps a body. A `pace` of 0 means no minimum.
    pub(crate) const fn new(body: B, pace: u64) -> Self {
        Self { body, pace, bytes: 0, waited: Duration::ZERO, waiting: None }
    }

    fn came(&mut self, bytes: usize) {
        if let Some((since, _)) = self.waiting.take() {
            self.waited += since.elapsed();
        }
        self.bytes = self.bytes.saturating_add(u64::try_from(bytes).unwrap_or(u64::MAX));
        if self.bytes >= self.pace.saturating_mul(WINDOW.as_secs()) {
            (self.bytes, self.waited) = (0, Duration::ZERO);
        }
    }

    /// Returns whether the window is over.
    fn is_late(&mut self, cx: &mut Context<'_>) -> bool {
        let left = WINDOW.saturating_sub(self.waited);
        let (_, timer) =
            self.waiting.get_or_insert_with(|| (Instant::now(), Box::pin(tokio::time::sleep(left))));
        timer.as_mut().poll(cx).is_ready()
    }
}

impl<B> HttpBody for Incoming<B>
where
    B: HttpBody<Data = Bytes> + Unpin,
    B::Error: Into<BoxError>,
{
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        match Pin::new(&mut self.body).poll_frame(cx) {
            Poll::Ready(frame) => {
                let bytes = frame.as_ref().and_then(|frame| frame.as_ref().ok()?.data_ref());
                self.came(bytes.map_or(0, Bytes::len));
                Poll::Ready(frame.map(|frame| frame.map_err(Into::into)))
            }
            Poll::Pending if self.pace > 0 && self.is_late(cx) => {
                Poll::Ready(Some(Err(TooSlow { pace: self.pace }.into())))
            }
            Poll::Pending => Poll::Pending,
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// An answer body that records when a chunk was handed over and when it was taken. The request ends when the
/// body is dropped.
pub(crate) struct Answer {
    body: Body,
    /// Whether chunks are recorded: only in HTTP/2, which has windows of its own.
    pieces: bool,
    rest: Bytes,
    turn: Turn,
}

impl Answer {
    pub(crate) const fn new(body: Body, pieces: bool, turn: Turn) -> Self {
        Self { body, pieces, rest: Bytes::new(), turn }
    }
}

impl HttpBody for Answer {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if !self.pieces {
            return Pin::new(&mut self.body).poll_frame(cx);
        }
        self.turn.taken();
        if self.rest.is_empty() {
            match std::task::ready!(Pin::new(&mut self.body).poll_frame(cx)) {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => self.rest = data,
                    Err(trailers) => return Poll::Ready(Some(Ok(trailers))),
                },
                end => return Poll::Ready(end),
            }
        }
        let most = self.rest.len().min(PIECE);
        let piece = self.rest.split_to(most);
        self.turn.handed();
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let mut hint = self.body.size_hint();
        let rest = u64::try_from(self.rest.len()).unwrap_or(u64::MAX);
        if let Some(upper) = hint.upper() {
            hint.set_upper(upper.saturating_add(rest));
        }
        hint.set_lower(hint.lower().saturating_add(rest));
        hint
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::sync::Arc;

    use http_body_util::BodyExt;
    use tokio::sync::mpsc;

    use super::super::{Crowd, Pulse};
    use super::*;

    type Sender = mpsc::Sender<Result<Bytes, Infallible>>;

    fn incoming(pace: u64) -> (Sender, Incoming<Body>) {
        let (sender, receiver) = mpsc::channel(16);
        let body = Body::from_stream(tokio_stream::wrappers::ReceiverStream::new(receiver));
        (sender, Incoming::new(body, pace))
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_trickles_is_too_slow() {
        let (sender, mut body) = incoming(240);
        let trickle = tokio::spawn(async move {
            while sender.send(Ok(Bytes::from_static(b"x"))).await.is_ok() {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        });
        let began = Instant::now();
        let error = loop {
            if let Err(error) = body.frame().await.unwrap() {
                break error;
            }
        };
        assert!(error.is::<TooSlow>());
        assert_eq!(began.elapsed().as_secs(), 5);
        drop(body);
        trickle.await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_at_the_least_pace_goes_on_and_time_passes_only_while_it_is_waited_for() {
        let (sender, mut body) = incoming(240);
        tokio::spawn(async move {
            for _ in 0..60 {
                sender.send(Ok(Bytes::from(vec![0; 300]))).await.unwrap();
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        });
        let mut bytes = 0;
        while let Some(frame) = body.frame().await {
            bytes += frame.unwrap().into_data().unwrap().len();
            // The reader may be slow, which is not the sender's fault.
            if bytes == 30 * 300 {
                tokio::time::sleep(Duration::from_secs(60)).await;
            }
        }
        assert_eq!(bytes, 60 * 300);
    }

    #[tokio::test]
    async fn an_answer_comes_in_pieces_and_whole() {
        let pulse = Pulse::new(&Arc::new(Crowd::new(1, 1)));
        let bytes: Vec<u8> = (0..100_000_u32).map(|n| n.to_le_bytes()[0]).collect();
        let mut answer = Answer::new(Body::from(bytes.clone()), true, pulse.begin());
        assert_eq!(answer.size_hint().exact(), Some(100_000));
        let first = answer.frame().await.unwrap().unwrap().into_data().unwrap();
        assert_eq!((first.len(), answer.size_hint().exact()), (PIECE, Some(100_000 - PIECE as u64)));
        let rest = answer.collect().await.unwrap().to_bytes();
        assert_eq!([first, rest].concat(), bytes);
    }
}
