//! A mock server of the providers, and observed clients.

use std::convert::Infallible;
use std::net::SocketAddr;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Request, Response};
use futures_util::stream;
use quipu_http::Middleware;
use reqwest_middleware::{ClientBuilder, ClientWithMiddleware};

use crate::answers;

/// Serves a router until the test's runtime ends.
pub async fn serve(router: Router) -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    address
}

/// Serves every case of [`answers`]: `x-case` names it, `x-chunk` sets the bytes per chunk.
pub async fn providers() -> SocketAddr {
    serve(Router::new().fallback(answer)).await
}

async fn answer(request: Request<Body>) -> Response<Body> {
    let header = |name: &str| request.headers().get(name).unwrap().to_str().unwrap().to_owned();
    let case = answers::named(&header("x-case"));
    assert_eq!(request.uri().path(), case.path);
    let chunk: usize = header("x-chunk").parse().unwrap();
    let response =
        Response::builder().header("content-type", case.content_type).header("x-request-id", "req-1");
    if chunk == 0 {
        return response.body(Body::from(case.body)).unwrap();
    }
    let chunks: Vec<Bytes> = case.body.chunks(chunk).map(Bytes::copy_from_slice).collect();
    let body = stream::iter(chunks.into_iter().map(Ok::<_, Infallible>));
    response.body(Body::from_stream(body)).unwrap()
}

/// Answers every request with this response.
pub async fn always(status: u16, content_type: &'static str, body: impl Into<Bytes>) -> SocketAddr {
    let body: Bytes = body.into();
    let handler = move || async move {
        Response::builder()
            .status(status)
            .header("content-type", content_type)
            .body(Body::from(body))
            .unwrap()
    };
    serve(Router::new().fallback(handler)).await
}

/// Answers with the request's headers as JSON.
pub async fn echo() -> SocketAddr {
    let handler = |headers: HeaderMap| async move {
        let pairs = headers
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap_or_default().to_owned()));
        axum::Json(pairs.collect::<std::collections::BTreeMap<_, _>>())
    };
    serve(Router::new().fallback(handler)).await
}

/// An observed client.
pub fn client(middleware: Middleware) -> ClientWithMiddleware {
    ClientBuilder::new(reqwest::Client::new()).with(middleware).build()
}
