//! Tests of the metrics page over HTTP: on the backend's own port, and as a route of another server.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::http::{Request, StatusCode};
use http_body_util::BodyExt as _;
use quipu_backend_prometheus::{Config, Format, Prometheus};
use quipu_core::{Backend, ErrorKind, Health};
use tower::ServiceExt as _;

use crate::reading::read;
use crate::sample::{each, open, write};

const OPEN: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

fn any_port() -> Config {
    Config::at(SocketAddr::from(([127, 0, 0, 1], 0)))
}

/// Head and body of an answer; the connection ends with it.
fn get(address: SocketAddr, path: &str, accept: &str) -> (String, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nhost: x\r\naccept: {accept}\r\nconnection: close\r\n\r\n")
        .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.to_lowercase(), body.to_owned())
}

#[test]
fn readers_get_the_format_that_they_ask_for() {
    let prometheus = Prometheus::open(any_port()).unwrap();
    write(&prometheus, &each());
    let address = prometheus.address().unwrap();
    let (head, body) =
        get(address, "/metrics", "application/openmetrics-text;version=1.0.0,text/plain;q=0.5");
    assert!(head.starts_with("http/1.1 200") && head.contains(OPEN), "{head}");
    read(&body, Format::OpenMetrics).unwrap();
    let (head, body) = get(address, "/metrics", "*/*");
    assert!(head.contains(TEXT), "{head}");
    read(&body, Format::Text).unwrap();
    assert_eq!(body, prometheus.text(Format::Text));
    assert!(get(address, "/", "*/*").0.starts_with("http/1.1 404"));
}

#[test]
fn a_port_in_use_is_an_error_that_names_it() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let refused = Prometheus::open(Config::at(address)).err().unwrap();
    assert_eq!((refused.kind(), refused.backend()), (ErrorKind::Locked, Some("prometheus")));
    assert!(refused.to_string().starts_with(&format!("prometheus: listen: {address}: ")), "{refused}");
}

#[tokio::test]
async fn closing_ends_the_server_and_may_be_said_twice() {
    let prometheus = Prometheus::open(any_port()).unwrap();
    let address = prometheus.address().unwrap();
    // An idle connection, which Prometheus keeps between scrapes, and half a request do not delay the close.
    let mut idle = TcpStream::connect(address).unwrap();
    idle.write_all(b"GET /metrics HTTP/1.1\r\nhost: x\r\n").unwrap();
    assert_eq!(prometheus.health(), Health::Ready);
    let begin = Instant::now();
    prometheus.close().await.unwrap();
    prometheus.close().await.unwrap();
    assert!(begin.elapsed() < Duration::from_secs(5));
    assert!(TcpStream::connect(address).is_err());
    assert_eq!(prometheus.health(), Health::Down("closed".to_owned()));
    Prometheus::open(Config::at(address)).unwrap().close().await.unwrap();
}

#[test]
fn dropping_ends_the_server_too() {
    let address = Prometheus::open(any_port()).unwrap().address().unwrap();
    let begin = Instant::now();
    while TcpStream::connect(address).is_ok() {
        assert!(begin.elapsed() < Duration::from_secs(10), "still listening");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[tokio::test]
async fn the_page_is_a_route_of_any_server() {
    let prometheus = open();
    let request = Request::get("/metrics")
        .header("accept", "application/openmetrics-text")
        .body(Body::empty())
        .unwrap();
    let answer = prometheus.handler().oneshot(request).await.unwrap();
    assert_eq!((answer.status(), answer.headers()["content-type"].to_str().unwrap()), (StatusCode::OK, OPEN));
    let body = answer.into_body().collect().await.unwrap().to_bytes();
    read(std::str::from_utf8(&body).unwrap(), Format::OpenMetrics).unwrap();
    let post = Request::post("/metrics").body(Body::empty()).unwrap();
    let refused = prometheus.handler().oneshot(post).await.unwrap().status();
    assert_eq!((prometheus.address(), refused), (None, StatusCode::METHOD_NOT_ALLOWED));
}
