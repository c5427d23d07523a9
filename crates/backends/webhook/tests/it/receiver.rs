//! A receiver that stores every request.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use quipu_backend_webhook::{Config, Webhook};
use quipu_core::Batch;
use serde_json::Value;
use serde_json::value::RawValue;

#[derive(Default)]
pub struct Held {
    pub requests: Vec<(HeaderMap, Bytes)>,
    /// Statuses of the next answers, with `Retry-After`.
    pub answers: VecDeque<(u16, Option<&'static str>)>,
}

pub struct Receiver {
    pub held: Arc<Mutex<Held>>,
    pub url: String,
}

impl Receiver {
    pub async fn start() -> Self {
        let held = Arc::<Mutex<Held>>::default();
        let app = Router::new().fallback(answer).with_state(Arc::clone(&held));
        let app = app.layer(axum::extract::DefaultBodyLimit::disable());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook?token=SECRET", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { held, url }
    }

    pub fn open(&self, config: Config) -> Webhook {
        Webhook::open(Config { url: self.url.as_str().into(), ..config }).unwrap()
    }

    pub fn requests(&self) -> Vec<(HeaderMap, Bytes)> {
        self.held.lock().unwrap().requests.clone()
    }

    /// The documents of all requests that were answered with 2xx.
    pub fn documents(&self) -> Vec<Value> {
        self.requests().iter().map(|(_, body)| serde_json::from_slice(body).unwrap()).collect()
    }

    /// The records of all requests, their keys in the order sent.
    pub fn records(&self) -> Batch {
        let mut all = Batch::default();
        for (_, body) in self.requests() {
            let document: Document = serde_json::from_slice(&body).unwrap();
            for record in document.data.records {
                quipu_jsonl::read(record.get().as_bytes()).unwrap().put_into(&mut all);
            }
        }
        all
    }
}

#[derive(serde::Deserialize)]
struct Document {
    data: Data,
}

#[derive(serde::Deserialize)]
struct Data {
    records: Vec<Box<RawValue>>,
}

async fn answer(State(held): State<Arc<Mutex<Held>>>, headers: HeaderMap, body: Bytes) -> Response {
    let mut held = held.lock().unwrap();
    match held.answers.pop_front() {
        Some((status, wait)) if status >= 300 => {
            let mut answer = StatusCode::from_u16(status).unwrap().into_response();
            if let Some(wait) = wait {
                answer.headers_mut().insert("retry-after", wait.parse().unwrap());
            }
            answer
        }
        _ => {
            held.requests.push((headers, body));
            StatusCode::NO_CONTENT.into_response()
        }
    }
}
