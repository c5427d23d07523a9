//! The ClickHouse store against a real engine: every conformance case, random histories compared with SQLite,
//! repeated batches, cut connections, migrations and shards.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod conformance;
mod cuts;
mod histories;
mod layout;
mod migration;
mod repeats;
mod shards;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use quipu_backend_clickhouse::{Clickhouse, Config};
use quipu_core::Store;

/// The configuration of a database that no other test uses, on the server of the environment.
fn fresh() -> Config {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    config(&format!("quipu_test_{}_{number}", std::process::id()))
}

/// The configuration of a database on the server of the environment.
fn config(database: &str) -> Config {
    let server = std::env::var("QUIPU_CLICKHOUSE")
        .expect("QUIPU_CLICKHOUSE is not set: run `cargo xtask integration clickhouse`");
    Config::of_uri(&format!("//{server}/{database}")).unwrap()
}

async fn open(config: Config) -> Arc<Clickhouse> {
    Arc::new(Clickhouse::open(config).await.unwrap())
}

async fn open_store(config: Config) -> Arc<dyn Store> {
    open(config).await
}

/// Runs a statement on the server, around the store.
async fn sql(statement: &str) -> String {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let address = config("x").address;
    let mut stream = tokio::net::TcpStream::connect(&address).await.unwrap();
    let head = format!(
        "POST / HTTP/1.1\r\nHost: {address}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        statement.len()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(statement.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    assert!(head.starts_with("HTTP/1.1 200"), "{statement}: {body}");
    body.trim().to_owned()
}
