//! A scripted provider that stores the requests it receives.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Method, Request, Response, Uri};
use futures_util::stream;
use tokio::sync::Semaphore;

/// A scripted answer.
#[derive(Clone)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    /// Chunks of the body, each after a wait in milliseconds.
    pub pieces: Vec<(u64, Bytes)>,
    /// Whether the connection breaks after the last chunk.
    pub breaks: bool,
    /// The wait before the answer begins, in milliseconds.
    pub after: u64,
    /// Each chunk also waits for a permit.
    pub gate: Option<Arc<Semaphore>>,
}

/// A received request.
#[derive(Clone, Debug)]
pub struct Came {
    pub method: Method,
    pub uri: Uri,
    pub headers: HeaderMap,
    pub body: Bytes,
}

#[derive(Clone, Default)]
pub struct Provider {
    came: Arc<Mutex<Vec<Came>>>,
    replies: Arc<Mutex<VecDeque<Reply>>>,
    /// Chunks that the connection has requested.
    pub sent: Arc<AtomicUsize>,
}

impl Reply {
    pub fn json(body: impl Into<Bytes>) -> Self {
        Self::of(200, "application/json", vec![(0, body.into())])
    }

    pub fn of(status: u16, content: &str, pieces: Vec<(u64, Bytes)>) -> Self {
        let headers = vec![("content-type", content.to_owned()), ("x-request-id", "req-1".to_owned())];
        Self { status, headers, pieces, breaks: false, after: 0, gate: None }
    }

    pub fn events(events: &[&str], every: u64) -> Self {
        let pieces = events.iter().map(|event| (every, Bytes::from(format!("{event}\n\n")))).collect();
        Self::of(200, "text/event-stream", pieces)
    }

    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    pub fn breaks(mut self) -> Self {
        self.breaks = true;
        self
    }

    /// Makes each chunk wait for the gate.
    pub fn gated(mut self, gate: &Arc<Semaphore>) -> Self {
        self.gate = Some(Arc::clone(gate));
        self
    }

    pub fn after(mut self, millis: u64) -> Self {
        self.after = millis;
        self
    }
}

impl Provider {
    pub async fn serve(&self) -> SocketAddr {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().fallback(answer).with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        address
    }

    /// Sets the next answer; the last one is repeated.
    pub fn will(&self, reply: Reply) {
        self.replies.lock().unwrap().push_back(reply);
    }

    /// Sets one answer for all requests.
    pub fn always(&self, reply: Reply) {
        *self.replies.lock().unwrap() = VecDeque::from([reply]);
    }

    pub fn came(&self) -> MutexGuard<'_, Vec<Came>> {
        self.came.lock().unwrap()
    }

    pub fn last(&self) -> Came {
        self.came().last().cloned().expect("a request")
    }
}

async fn answer(State(provider): State<Provider>, request: Request<Body>) -> Response<Body> {
    let (head, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    provider.came().push(Came { method: head.method, uri: head.uri, headers: head.headers, body });
    let reply = {
        let mut replies = provider.replies.lock().unwrap();
        if replies.len() > 1 {
            replies.pop_front().unwrap()
        } else {
            replies.front().cloned().expect("a reply")
        }
    };
    tokio::time::sleep(Duration::from_millis(reply.after)).await;
    let mut response = Response::builder().status(reply.status);
    for (name, value) in &reply.headers {
        response = response.header(*name, value);
    }
    if let ([(0, whole)], false) = (reply.pieces.as_slice(), reply.breaks) {
        return response.body(Body::from(whole.clone())).unwrap();
    }
    let mut pieces: VecDeque<Option<(u64, Bytes)>> = reply.pieces.into_iter().map(Some).collect();
    if reply.breaks {
        pieces.push_back(None);
    }
    let sent = Arc::clone(&provider.sent);
    let body = stream::unfold(pieces, move |mut pieces| {
        let (sent, gate) = (Arc::clone(&sent), reply.gate.clone());
        async move {
            let piece = match pieces.pop_front()? {
                Some((wait, piece)) => {
                    if let Some(gate) = gate {
                        gate.acquire().await.unwrap().forget();
                    }
                    tokio::time::sleep(Duration::from_millis(wait)).await;
                    sent.fetch_add(1, Ordering::SeqCst);
                    Ok(piece)
                }
                None => {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    Err(std::io::Error::other("broken on purpose"))
                }
            };
            Some((piece, pieces))
        }
    });
    response.body(Body::from_stream(body)).unwrap()
}
