//! A receiver of webhooks that keeps the bodies until they are read.

use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::Value;

type Bodies = Arc<Mutex<Vec<Value>>>;

/// The receiver, on a free port.
pub struct Hook {
    bodies: Bodies,
    pub url: String,
}

impl Hook {
    pub async fn start() -> crate::Outcome<Self> {
        let bodies = Bodies::default();
        let app = Router::new().fallback(keep).with_state(Arc::clone(&bodies));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        tokio::spawn(async move { axum::serve(listener, app).await });
        Ok(Self { bodies, url })
    }

    /// Bodies since the last call.
    pub fn take(&self) -> Vec<Value> {
        std::mem::take(&mut *self.bodies.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

async fn keep(State(bodies): State<Bodies>, body: Bytes) -> StatusCode {
    match serde_json::from_slice(&body) {
        Ok(value) => {
            bodies.lock().unwrap_or_else(PoisonError::into_inner).push(value);
            StatusCode::OK
        }
        Err(_) => StatusCode::BAD_REQUEST,
    }
}
