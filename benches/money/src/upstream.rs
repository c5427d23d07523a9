//! A provider that answers at once: its time is the time of the network.

use std::net::SocketAddr;

use anyhow::Result;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Its answer, as OpenAI would send it.
const ANSWER: &str = r#"{"id":"chatcmpl-1","object":"chat.completion","created":1763700000,"model":"gpt-4o-mini-2024-07-18","choices":[{"index":0,"message":{"role":"assistant","content":"It is 18 degrees in Paris."},"finish_reason":"stop"}],"usage":{"prompt_tokens":420,"completion_tokens":9,"total_tokens":429,"prompt_tokens_details":{"cached_tokens":0}}}"#;

/// Starts to listen, and returns the address.
///
/// # Errors
/// There is no free port.
pub async fn listen() -> Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let _ = stream.set_nodelay(true);
            tokio::spawn(answer(stream));
        }
    });
    Ok(address)
}

async fn answer(mut stream: TcpStream) {
    let answer = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{ANSWER}",
        ANSWER.len()
    );
    let mut buffer = Vec::with_capacity(8 << 10);
    loop {
        while let Some(end) = whole(&buffer) {
            buffer.drain(..end);
            if stream.write_all(answer.as_bytes()).await.is_err() {
                return;
            }
        }
        if !matches!(stream.read_buf(&mut buffer).await, Ok(1..)) {
            return;
        }
    }
}

/// End of the first message in a buffer; `None` until it is complete. Bodies have a length, or come in
/// chunks.
pub fn whole(buffer: &[u8]) -> Option<usize> {
    let head = buffer.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let text = String::from_utf8_lossy(&buffer[..head]).to_ascii_lowercase();
    let field = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
    if field("transfer-encoding:") == Some("chunked") {
        let end = buffer[head..].windows(5).position(|five| five == b"0\r\n\r\n")?;
        return Some(head + end + 5);
    }
    let length = field("content-length:").and_then(|length| length.parse::<usize>().ok()).unwrap_or(0);
    (buffer.len() >= head + length).then_some(head + length)
}
