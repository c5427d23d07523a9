//! A model provider for the gateway, with bodies that are small on the wire and large as a tree.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Result;
use flate2::Compression;
use flate2::write::GzEncoder;

/// A chat request and its path on the gateway.
pub const CHAT: &str =
    r#"{"model":"gpt-4o","messages":[{"role":"user","content":"What is the weather in Paris?"}]}"#;
pub const PATH: &str = "/openai/v1/chat/completions";
/// Input and output tokens of each answer, in the words of OpenAI, Anthropic and Gemini.
pub const TOKENS: (u64, u64) = (1_000, 100);
const ANSWER: &str = r#"{"id":"c1","object":"chat.completion","model":"gpt-4o","choices":[{"index":0,"message":{"role":"assistant","content":"18 degrees."},"finish_reason":"stop"}],"usage":{"prompt_tokens":1000,"completion_tokens":100,"total_tokens":1100,"input_tokens":1000,"output_tokens":100},"usageMetadata":{"promptTokenCount":1000,"candidatesTokenCount":100,"totalTokenCount":1100}}"#;

/// Chat requests, packed with gzip, whose JSON has millions of small values or levels.
pub fn bombs() -> Vec<(&'static str, Vec<u8>)> {
    let within = |text: &str| CHAT.replacen('{', &format!("{{\"x\":{text},"), 1);
    [
        ("objects", within(&format!("[{}0]", "{\"\":0},".repeat(1_000_000)))),
        ("lists", within(&format!("[{}0]", "[[]],".repeat(1_000_000)))),
        ("nesting", within(&format!("{}{}", "[".repeat(4 << 20), "]".repeat(4 << 20)))),
        ("open lists", "[".repeat(8 << 20)),
        ("spaces", format!("{}{CHAT}", " ".repeat(63 << 20))),
    ]
    .map(|(what, body)| (what, gzip(body.as_bytes())))
    .into()
}

/// Packs bytes.
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut coder = GzEncoder::new(Vec::new(), Compression::default());
    // Writing to memory does not fail.
    let _ = coder.write_all(bytes);
    coder.finish().unwrap_or_default()
}

/// A provider that answers every request as a chat, and counts them.
pub struct Provider {
    /// Its address.
    pub url: String,
    came: Arc<Mutex<usize>>,
}

impl Provider {
    /// Listens on a free port.
    ///
    /// # Errors
    /// No port is free.
    pub fn start() -> Result<Self> {
        Self::saying(ANSWER)
    }

    /// Listens on a free port, and answers every request with this body.
    ///
    /// # Errors
    /// No port is free.
    pub fn saying(answer: &str) -> Result<Self> {
        let said: Arc<str> = answer.into();
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let url = format!("http://{}", listener.local_addr()?);
        let came = Arc::new(Mutex::new(0));
        let counted = Arc::clone(&came);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (counted, said) = (Arc::clone(&counted), Arc::clone(&said));
                std::thread::spawn(move || drop(reply(stream, &counted, &said)));
            }
        });
        Ok(Self { url, came })
    }

    /// Number of received requests.
    pub fn count(&self) -> usize {
        *self.came.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reads one request, counts it, and answers it.
fn reply(mut stream: TcpStream, came: &Mutex<usize>, said: &str) -> std::io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let mut reader = BufReader::new(stream.try_clone()?);
    let (mut length, mut chunked, mut lines) = (0_usize, false, 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(());
        }
        lines += 1;
        let line = line.trim().to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(told) = line.strip_prefix("content-length:") {
            length = told.trim().parse().unwrap_or(0);
        }
        chunked |= line.starts_with("transfer-encoding:");
    }
    if lines > 1 {
        *came.lock().unwrap_or_else(PoisonError::into_inner) += 1;
    }
    if chunked {
        let mut line = String::new();
        while reader.read_line(&mut line)? > 0 && line.trim() != "0" {
            line.clear();
        }
    }
    std::io::copy(&mut reader.take(u64::try_from(length).unwrap_or(0)), &mut std::io::sink())?;
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length:";
    stream.write_all(format!("{head} {}\r\n\r\n{said}", said.len()).as_bytes())
}
