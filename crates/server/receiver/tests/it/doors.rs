//! Tests of a listener with idle, slow and many clients, and of its shutdown.

use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::ws::WebSocketUpgrade;
use axum::routing::get;
use http_body_util::{BodyExt, Empty};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use quipu_core::Limits;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::Instant;

use super::World;
use super::bodies::{span, traces};
use super::serve::{Server, answer, head};

/// Larger than the socket buffers of all systems.
const LARGE: usize = 64 << 20;
/// The timeout for expected events.
const PATIENCE: Duration = Duration::from_secs(30);

const UPGRADE: &str = "GET /feed HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
    sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

fn cut(world: &World, reason: &str) -> u64 {
    world.count(&format!("quipu_connections_cut_total{{reason={reason}}}"))
}

/// A server that also answers `GET /large`, and `GET /feed` by a WebSocket, but never `GET /never`.
fn world(limits: Limits) -> World {
    let mut world = World::new(limits);
    let feed = get(async |upgrade: WebSocketUpgrade| {
        upgrade.on_upgrade(async |mut socket| while let Some(Ok(_)) = socket.recv().await {})
    });
    let more = Router::new()
        .route("/large", get(async || Body::from(vec![b'x'; LARGE])))
        .route("/never", get(std::future::pending::<&str>))
        .route("/feed", feed);
    world.app = world.app.merge(more);
    world
}

/// Returns the remaining bytes and the time until the server ends the connection. A reset counts as an end.
async fn rest(stream: &mut TcpStream) -> (usize, Duration) {
    let (began, mut bytes, mut buffer) = (Instant::now(), 0, vec![0; 1 << 20]);
    while let Ok(count @ 1..) = stream.read(&mut buffer).await {
        bytes += count;
    }
    (bytes, began.elapsed())
}

#[tokio::test(start_paused = true)]
async fn headers_that_trickle_are_cut_off_however_steadily() {
    let world = world(Limits::default());
    let server = Server::start(&world).await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(b"POST /v1/traces HTTP/1.1\r\nhost: a\r\n").await.unwrap();
    let began = Instant::now();
    while stream.write_all(b"x: y\r\n").await.is_ok() && cut(&world, "headers") == 0 {
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    assert!((10..12).contains(&began.elapsed().as_secs()), "{:?}", began.elapsed());
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn an_idle_connection_may_stay_and_is_closed_in_order_at_last() {
    let world = world(Limits::default());
    let server = Server::start(&world).await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let body = traces(vec![span()]);
    for _ in 0..3 {
        // One write for all: between two writes the paused clock would advance.
        let head = head(&format!("content-length: {}", body.len()));
        stream.write_all(&[head.as_bytes(), &body].concat()).await.unwrap();
        let answered = answer(&mut stream).await;
        assert!(answered.starts_with("HTTP/1.1 200 OK"), "{answered}");
        tokio::time::sleep(Duration::from_secs(120)).await;
    }
    let (_, after) = rest(&mut stream).await;
    assert_eq!(after.as_secs(), 60, "180 s after the last answer");
    assert_eq!((cut(&world, "headers"), cut(&world, "stalled")), (0, 0));
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn who_does_not_read_is_cut_off() {
    let world = world(Limits::default());
    let server = Server::start(&world).await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(b"GET /large HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
    let began = Instant::now();
    while cut(&world, "stalled") == 0 {
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    assert!(began.elapsed() <= Duration::from_secs(61), "{:?}", began.elapsed());
    let (bytes, _) = rest(&mut stream).await;
    assert!(bytes < LARGE, "{bytes}");
    server.stop().await;
}

/// At this pace, a third of the default send buffer takes far longer than `stall_seconds`.
#[tokio::test]
async fn who_reads_slowly_but_steadily_gets_all() {
    let world = world(Limits { stall_seconds: 2, ..Default::default() });
    let server = Server::start(&world).await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(b"GET /large HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").await.unwrap();
    let (mut bytes, mut buffer) = (0, vec![0; 16 << 10]);
    for _ in 0..60 {
        bytes += stream.read(&mut buffer).await.unwrap();
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(cut(&world, "stalled"), 0);
    bytes += rest(&mut stream).await.0;
    assert!(bytes > LARGE, "{bytes}");
    assert_eq!(cut(&world, "stalled"), 0);
    server.stop().await;
}

/// In HTTP/2 the socket moves on while a window stalls.
#[tokio::test]
async fn who_opens_no_window_is_cut_off() {
    let world = world(Limits { stall_seconds: 1, ..Default::default() });
    let server = Server::start(&world).await;
    let stream = TokioIo::new(TcpStream::connect(server.address).await.unwrap());
    let (mut client, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), stream).await.unwrap();
    let connection = tokio::spawn(connection);
    let request = hyper::Request::get("http://a/large").body(Empty::<Bytes>::new()).unwrap();
    let mut unread = client.send_request(request).await.unwrap();
    let first = unread.frame().await.unwrap().unwrap().into_data().unwrap();
    assert!(!first.is_empty());
    let _ = tokio::time::timeout(PATIENCE, connection).await.expect("cut off");
    assert_eq!(cut(&world, "stalled"), 1);
    server.stop().await;
}

/// Pings do not keep a connection open.
#[tokio::test]
async fn an_idle_http2_connection_is_closed() {
    let world = world(Limits { idle_seconds: 1, ..Default::default() });
    let server = Server::start(&world).await;
    let stream = TokioIo::new(TcpStream::connect(server.address).await.unwrap());
    let (mut client, connection) = hyper::client::conn::http2::Builder::new(TokioExecutor::new())
        .timer(TokioTimer::new())
        .keep_alive_interval(Duration::from_millis(100))
        .keep_alive_timeout(PATIENCE)
        .keep_alive_while_idle(true)
        .handshake(stream)
        .await
        .unwrap();
    let connection = tokio::spawn(connection);
    let request = hyper::Request::get("http://a/none").body(Empty::<Bytes>::new()).unwrap();
    let answer = client.send_request(request).await.unwrap();
    assert_eq!(answer.status(), 404);
    answer.into_body().collect().await.unwrap();
    tokio::time::timeout(PATIENCE, connection).await.expect("closed").unwrap().unwrap();
    assert_eq!(cut(&world, "idle"), 1);
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_body_that_trickles_is_told_so() {
    let world = world(Limits { request_seconds: 600, ..Default::default() });
    let server = Server::start(&world).await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(head("content-length: 100000").as_bytes()).await.unwrap();
    let began = Instant::now();
    let (mut reader, mut writer) = stream.split();
    let trickle = async {
        while writer.write_all(b"x").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    };
    let mut answered = vec![0; 256];
    let count = tokio::select! {
        read = reader.read(&mut answered) => read.unwrap(),
        () = trickle => panic!("ended without an answer"),
    };
    let answered = String::from_utf8_lossy(&answered[..count]);
    assert!(answered.starts_with("HTTP/1.1 408"), "{answered}");
    assert_eq!(began.elapsed().as_secs(), 5);
    server.stop().await;
}

#[tokio::test]
async fn one_connection_too_many_is_told_so() {
    let world = world(Limits { connections_per_address: 2, ..Default::default() });
    let server = Server::start(&world).await;
    let first = TcpStream::connect(server.address).await.unwrap();
    let mut second = TcpStream::connect(server.address).await.unwrap();
    let mut third = TcpStream::connect(server.address).await.unwrap();
    let refused = answer(&mut third).await;
    assert!(refused.starts_with("HTTP/1.1 503"), "{refused}");
    assert!(refused.contains("retry-after: 5") && refused.ends_with("too many connections open\n"));
    assert_eq!(world.count("quipu_connections_refused_total{reason=address}"), 1);
    // A freed permit is available again.
    drop(first);
    loop {
        let mut again = TcpStream::connect(server.address).await.unwrap();
        again.write_all(b"GET /x HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
        if answer(&mut again).await.starts_with("HTTP/1.1 404") {
            break;
        }
    }
    second.write_all(b"GET /x HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
    assert!(answer(&mut second).await.starts_with("HTTP/1.1 404"));
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn what_does_not_end_is_cut_off_when_the_server_stops() {
    let world = world(Limits { drain_seconds: 3, ..Default::default() });
    let server = Server::start(&world).await;
    let mut never = TcpStream::connect(server.address).await.unwrap();
    never.write_all(b"GET /never HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
    let mut silent = TcpStream::connect(server.address).await.unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    let began = Instant::now();
    server.stop().await;
    assert_eq!(began.elapsed().as_secs(), 3);
    assert_eq!((rest(&mut never).await.0, rest(&mut silent).await.0), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_websocket_hears_of_the_end() {
    let world = world(Limits::default());
    let server = Server::start(&world).await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(UPGRADE.as_bytes()).await.unwrap();
    assert!(answer(&mut stream).await.starts_with("HTTP/1.1 101"));
    // An upgraded connection is neither idle nor slow.
    tokio::time::sleep(Duration::from_secs(3_600)).await;
    let began = Instant::now();
    server.stop().await;
    assert_eq!(began.elapsed().as_secs(), 0, "it is not waited for");
    rest(&mut stream).await;
}

/// The connection's task updates the gauge at its end.
#[tokio::test]
async fn a_websocket_that_is_closed_leaves_nothing_behind() {
    let world = world(Limits::default());
    let server = Server::start(&world).await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(UPGRADE.as_bytes()).await.unwrap();
    assert!(answer(&mut stream).await.starts_with("HTTP/1.1 101"));
    assert_eq!(world.count("quipu_connections"), 1);
    drop(stream);
    let gone = async {
        while world.count("quipu_connections") > 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, gone).await.expect("its task ends");
    server.stop().await;
}

#[tokio::test]
async fn what_arrived_before_the_end_is_answered() {
    let world = world(Limits::default());
    let server = Server::start(&world).await;
    let mut streams = Vec::new();
    for _ in 0..20 {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        stream.write_all(b"GET /x HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
        streams.push(stream);
    }
    server.stop().await;
    for mut stream in streams {
        assert!(answer(&mut stream).await.starts_with("HTTP/1.1 404"));
    }
}
