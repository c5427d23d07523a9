//! A server that records requests and gives prepared answers.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};

#[derive(Debug, Clone)]
pub struct Got {
    pub path: String,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

/// A status and a body.
type Answer = (u16, Vec<u8>);

#[derive(Clone, Default)]
struct Desk {
    got: Arc<Mutex<Vec<Got>>>,
    answers: Arc<Mutex<VecDeque<Answer>>>,
}

pub struct Server {
    pub url: String,
    desk: Desk,
}

impl Server {
    /// Gives the prepared answers in turn, then 200.
    pub async fn start(answers: impl IntoIterator<Item = Answer>) -> Self {
        let desk = Desk { answers: Arc::new(Mutex::new(answers.into_iter().collect())), ..Desk::default() };
        let socket = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", socket.local_addr().unwrap());
        let router = Router::new()
            .fallback(note)
            .layer(axum::extract::DefaultBodyLimit::disable())
            .with_state(desk.clone());
        tokio::spawn(async move { axum::serve(socket, router).await });
        Self { url, desk }
    }

    pub fn got(&self) -> Vec<Got> {
        self.desk.got.lock().unwrap().clone()
    }
}

async fn note(State(desk): State<Desk>, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    desk.got.lock().unwrap().push(Got { path: uri.path().to_owned(), headers, body: body.to_vec() });
    let (status, body) = desk.answers.lock().unwrap().pop_front().unwrap_or((200, Vec::new()));
    (StatusCode::from_u16(status).unwrap(), [("retry-after", "7")], body).into_response()
}
