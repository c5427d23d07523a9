//! An HTTP server that stores every request, and answers as told.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};
use serde_json::Value;

/// The next answer.
#[derive(Debug, Clone, Copy)]
pub enum Reply {
    Status(u16),
    /// 429 with `Retry-After` in seconds.
    Wait(u64),
    /// No answer at all.
    Hang,
}

#[derive(Default)]
pub struct Held {
    pub requests: Vec<(String, HeaderMap, Bytes)>,
    pub replies: VecDeque<Reply>,
}

pub struct Receiver {
    pub held: Arc<Mutex<Held>>,
    pub url: String,
}

impl Receiver {
    pub async fn start() -> Self {
        let held = Arc::<Mutex<Held>>::default();
        let app = Router::new().fallback(answer).with_state(Arc::clone(&held));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { held, url }
    }

    pub fn reply(&self, replies: impl IntoIterator<Item = Reply>) {
        self.held.lock().unwrap().replies.extend(replies);
    }

    /// Paths, headers and bodies of all requests.
    pub fn requests(&self) -> Vec<(String, HeaderMap, Bytes)> {
        self.held.lock().unwrap().requests.clone()
    }

    pub fn bodies(&self) -> Vec<Value> {
        self.requests().iter().map(|(_, _, body)| serde_json::from_slice(body).unwrap()).collect()
    }
}

async fn answer(State(held): State<Arc<Mutex<Held>>>, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let reply = {
        let mut held = held.lock().unwrap();
        held.requests.push((uri.to_string(), headers, body));
        held.replies.pop_front()
    };
    match reply {
        None => StatusCode::OK.into_response(),
        Some(Reply::Status(status)) => StatusCode::from_u16(status).unwrap().into_response(),
        Some(Reply::Wait(seconds)) => {
            (StatusCode::TOO_MANY_REQUESTS, [("retry-after", seconds.to_string())]).into_response()
        }
        Some(Reply::Hang) => std::future::pending().await,
    }
}
