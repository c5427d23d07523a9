//! Tests of the server on a real socket.

use std::net::SocketAddr;
use std::time::Duration;

use quipu_core::Limits;
use quipu_receiver::{Door, TlsServer, serve};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::World;
use super::bodies::{span, traces};

pub struct Server {
    pub address: SocketAddr,
    stop: oneshot::Sender<()>,
    task: JoinHandle<std::io::Result<()>>,
}

impl Server {
    pub async fn start(world: &World) -> Self {
        Self::at(world, Door::new(&world.limits, world.counts.clone())).await
    }

    pub async fn with_tls(world: &World, tls: TlsServer) -> Self {
        Self::at(world, Door::new(&world.limits, world.counts.clone()).with_tls(tls)).await
    }

    async fn at(world: &World, door: Door) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let shutdown = async move {
            let _ = stopped.await;
        };
        let task = tokio::spawn(serve(listener, world.app.clone(), door, shutdown));
        Self { address, stop, task }
    }

    pub async fn stop(self) {
        self.stop.send(()).unwrap();
        tokio::time::timeout(Duration::from_secs(5), self.task)
            .await
            .expect("drains in time")
            .unwrap()
            .unwrap();
    }
}

pub async fn answer(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4_096];
    while !bytes.windows(4).any(|window| window == b"\r\n\r\n") {
        let count = stream.read(&mut buffer).await.unwrap();
        assert!(count > 0, "closed before an answer: {}", String::from_utf8_lossy(&bytes));
        bytes.extend_from_slice(&buffer[..count]);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

pub fn head(more: &str) -> String {
    format!("POST /v1/traces HTTP/1.1\r\nhost: a\r\ncontent-type: application/x-protobuf\r\n{more}\r\n\r\n")
}

#[tokio::test]
async fn chunked_requests_and_keep_alive() {
    let world = World::new(Limits::default());
    let server = Server::start(&world).await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    for _ in 0..2 {
        stream.write_all(head("transfer-encoding: chunked").as_bytes()).await.unwrap();
        for chunk in traces(vec![span()]).chunks(10) {
            stream.write_all(format!("{:x}\r\n", chunk.len()).as_bytes()).await.unwrap();
            stream.write_all(chunk).await.unwrap();
            stream.write_all(b"\r\n").await.unwrap();
        }
        stream.write_all(b"0\r\n\r\n").await.unwrap();
        assert!(answer(&mut stream).await.starts_with("HTTP/1.1 200 OK"));
    }
    assert_eq!(world.spans().len(), 2);
    server.stop().await;
}

#[tokio::test]
async fn a_slow_body_is_told_so() {
    let world = World::new(Limits { request_seconds: 1, ..Default::default() });
    let server = Server::start(&world).await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(head("content-length: 100").as_bytes()).await.unwrap();
    stream.write_all(b"\x0a").await.unwrap();
    assert!(answer(&mut stream).await.starts_with("HTTP/1.1 408"));
    server.stop().await;
}

#[tokio::test]
async fn a_sender_of_too_much_reads_its_answer() {
    let world = World::new(Limits { body_bytes: 10 << 20, ..Default::default() });
    let server = Server::start(&world).await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(head(&format!("content-length: {}", 64 << 20)).as_bytes()).await.unwrap();
    for _ in 0..64 {
        stream.write_all(&vec![0; 1 << 20]).await.unwrap();
    }
    assert!(answer(&mut stream).await.starts_with("HTTP/1.1 413"));
    server.stop().await;
}

#[tokio::test]
async fn a_request_under_way_ends_before_the_server_does() {
    let world = World::new(Limits::default());
    let server = Server::start(&world).await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let body = traces(vec![span()]);
    stream.write_all(head(&format!("content-length: {}", body.len())).as_bytes()).await.unwrap();
    stream.write_all(&body[..10]).await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    let address = server.address;
    let stopping = tokio::spawn(server.stop());
    tokio::time::sleep(Duration::from_millis(100)).await;
    TcpStream::connect(address).await.unwrap_err();
    stream.write_all(&body[10..]).await.unwrap();
    assert!(answer(&mut stream).await.starts_with("HTTP/1.1 200 OK"));
    stopping.await.unwrap();
    assert_eq!(world.spans().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_says_nothing_is_closed() {
    let world = World::new(Limits { idle_seconds: 60, ..Default::default() });
    let server = Server::start(&world).await;
    for words in [&b""[..], b"P", b"POST /v1/traces HTTP/1.1\r\nhost: a\r\nx: "] {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        stream.write_all(words).await.unwrap();
        let mut rest = Vec::new();
        let _ = tokio::time::timeout(Duration::from_secs(70), stream.read_to_end(&mut rest))
            .await
            .expect("is closed");
    }
}
