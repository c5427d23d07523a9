//! Requests at a fixed rate, independent of the answers.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep_until};

use crate::upstream::whole;

/// Connections that are kept; each sends in its turn, so that a slow answer holds up none but its own.
const CONNECTIONS: u32 = 64;

/// Requests to one address, by one path.
#[derive(Clone)]
pub struct Target {
    /// Address of the server.
    pub address: SocketAddr,
    /// `/openai/chat/completions`.
    pub path: String,
}

/// Sends `rate` requests a second for so long; the time of each from its first byte sent to its last byte
/// received, sorted.
///
/// # Errors
/// A connection broke, or an answer was no 200.
pub async fn drive(target: &Target, rate: u32, seconds: u32) -> Result<Vec<Duration>> {
    let begin = Instant::now() + Duration::from_millis(20);
    let tasks: Vec<_> = (0..CONNECTIONS)
        .map(|turn| tokio::spawn(connection(target.clone(), begin, turn, rate, rate * seconds)))
        .collect();
    let mut times = Vec::new();
    for task in tasks {
        times.append(&mut task.await??);
    }
    times.sort_unstable();
    Ok(times)
}

async fn connection(target: Target, begin: Instant, turn: u32, rate: u32, all: u32) -> Result<Vec<Duration>> {
    let mut stream = TcpStream::connect(target.address).await?;
    stream.set_nodelay(true)?;
    let request = request(&target);
    let mut buffer = Vec::with_capacity(8 << 10);
    let mut times = Vec::new();
    for number in (turn..all).step_by(CONNECTIONS as usize) {
        sleep_until(begin + Duration::from_secs(1) * number / rate).await;
        let sent = Instant::now();
        stream.write_all(&request).await?;
        while whole(&buffer).is_none() {
            ensure!(stream.read_buf(&mut buffer).await? > 0, "the connection was closed");
        }
        times.push(sent.elapsed());
        let status = buffer.get(9..12).context("an answer without a status")?;
        ensure!(status == b"200", "answered {}", String::from_utf8_lossy(&buffer));
        buffer.clear();
    }
    Ok(times)
}

/// A usual request: a system prompt, a few turns, two tools.
fn request(target: &Target) -> Vec<u8> {
    let words = "You are a helpful assistant that answers questions about the weather. ".repeat(16);
    let body = serde_json::json!({
        "model": "gpt-4o-mini",
        "messages": [
            {"role": "system", "content": words},
            {"role": "user", "content": "What is the weather in Paris?"},
            {"role": "assistant", "content": "It is 18 degrees."},
            {"role": "user", "content": "And tomorrow? Answer in one sentence."},
        ],
        "tools": [
            {"type": "function", "function": {"name": "get_weather", "description": "Get the weather of a city.", "parameters": {"type": "object", "properties": {"city": {"type": "string", "description": "The city."}}, "required": ["city"]}}},
        ],
    })
    .to_string();
    let (path, host, length) = (&target.path, target.address, body.len());
    format!("POST {path} HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer sk-bench\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}").into_bytes()
}
