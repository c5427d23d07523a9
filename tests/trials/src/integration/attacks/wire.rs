//! Requests as an attacker writes them: any bytes, without corrections.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::Value;

/// Time without data after which a server has no answer.
const PATIENCE: Duration = Duration::from_secs(60);
/// Time without data after which a server waits for the rest of a request.
const WAITING: Duration = Duration::from_secs(5);
/// Bytes of an answer that are read.
const MOST: u64 = 64 << 20;

/// Address of the target.
#[derive(Debug, Clone, Copy)]
pub struct Wire(pub SocketAddr);

/// Received answer.
#[derive(Debug, Clone, Default)]
pub struct Reply {
    /// Status of the first answer; 0 when the connection was closed without one.
    pub status: u16,
    /// Headers of the first answer, names in small letters.
    pub headers: Vec<(String, String)>,
    /// Body of the first answer, unchunked, with any bytes after it.
    pub body: Vec<u8>,
    /// All received bytes.
    pub raw: Vec<u8>,
}

impl Reply {
    /// A header's first value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(named, _)| named == name).map(|(_, value)| value.as_str())
    }

    /// The value of a cookie that it sets.
    pub fn cookie(&self) -> Option<String> {
        let set = self.header("set-cookie")?;
        Some(set.split(';').next().unwrap_or_default().to_owned())
    }

    /// The body as JSON; null if it is not JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// Whether the bytes occur anywhere in it.
    pub fn holds(&self, text: &str) -> bool {
        self.raw.windows(text.len()).any(|window| window == text.as_bytes())
            || self.body.windows(text.len()).any(|window| window == text.as_bytes())
    }

    /// How many answers there are in it.
    pub fn answers(&self) -> usize {
        String::from_utf8_lossy(&self.raw).matches("HTTP/1.1 ").count()
    }

    fn read(raw: Vec<u8>) -> Self {
        // An interim answer asks for the body; the final one follows it.
        let interim: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";
        let raw = raw.strip_prefix(interim).map(<[u8]>::to_vec).unwrap_or(raw);
        let Some(end) = raw.windows(4).position(|window| window == b"\r\n\r\n") else {
            return Self { raw, ..Self::default() };
        };
        let head = String::from_utf8_lossy(&raw[..end]).into_owned();
        let mut lines = head.split("\r\n");
        let status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok()).unwrap_or(0);
        let headers: Vec<_> = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
            .collect();
        let chunked = headers.iter().any(|(name, value)| name == "transfer-encoding" && value == "chunked");
        let body = if chunked { unchunked(&raw[end + 4..]) } else { raw[end + 4..].to_vec() };
        Self { status, headers, body, raw }
    }
}

fn unchunked(mut rest: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    while let Some(end) = rest.windows(2).position(|window| window == b"\r\n") {
        let line = String::from_utf8_lossy(&rest[..end]).into_owned();
        let size = usize::from_str_radix(line.split(';').next().unwrap_or_default(), 16).unwrap_or(0);
        if size == 0 || rest.len() < end + 2 + size {
            break;
        }
        body.extend_from_slice(&rest[end + 2..end + 2 + size]);
        rest = rest.get(end + 4 + size..).unwrap_or_default();
    }
    body
}

/// A request that is being put together.
#[derive(Debug, Clone)]
pub struct Ask {
    head: Vec<u8>,
    body: Vec<u8>,
    hosted: bool,
}

impl Ask {
    /// A request line, as it is written.
    pub fn new(method: &str, target: &str) -> Self {
        Self { head: format!("{method} {target} HTTP/1.1\r\n").into_bytes(), body: Vec::new(), hosted: false }
    }

    /// A GET request.
    pub fn get(target: &str) -> Self {
        Self::new("GET", target)
    }

    /// Sends JSON.
    pub fn post(target: &str, body: &Value) -> Self {
        Self::new("POST", target).json(body)
    }

    /// A header.
    #[must_use]
    pub fn with(self, name: &str, value: &str) -> Self {
        self.with_bytes(name, value.as_bytes())
    }

    /// A header of any bytes.
    #[must_use]
    pub fn with_bytes(mut self, name: &str, value: &[u8]) -> Self {
        self.hosted |= name.eq_ignore_ascii_case("host");
        self.head.extend_from_slice(name.as_bytes());
        self.head.extend_from_slice(b": ");
        self.head.extend_from_slice(value);
        self.head.extend_from_slice(b"\r\n");
        self
    }

    /// A key.
    #[must_use]
    pub fn key(self, key: &str) -> Self {
        self.with("x-quipu-key", key)
    }

    /// A session's cookie, sent by one of our own pages.
    #[must_use]
    pub fn session(self, cookie: &str) -> Self {
        self.with("cookie", cookie).with("sec-fetch-site", "same-origin")
    }

    /// A body of JSON.
    #[must_use]
    pub fn json(self, body: &Value) -> Self {
        self.with("content-type", "application/json").sent(body.to_string().into_bytes())
    }

    /// A body, with its length.
    #[must_use]
    pub fn sent(mut self, body: Vec<u8>) -> Self {
        self.body = body;
        let length = self.body.len().to_string();
        self.with("content-length", &length)
    }

    fn bytes(mut self, address: SocketAddr) -> Vec<u8> {
        if !self.hosted {
            self = self.with("host", &address.to_string());
        }
        self = self.with("connection", "close");
        self.head.extend_from_slice(b"\r\n");
        self.head.extend_from_slice(&self.body);
        self.head
    }
}

impl Wire {
    /// Parses an address such as `http://127.0.0.1:8080`.
    ///
    /// # Errors
    /// The address is invalid.
    pub fn of(url: &str) -> Result<Self> {
        let (_, address) = url.split_once("://").unwrap_or(("", url));
        address.trim_end_matches('/').parse().map(Self).with_context(|| format!("no address: {url}"))
    }

    /// Sends a request and reads until the server closes.
    ///
    /// # Errors
    /// No listener, or no answer for a minute.
    pub fn ask(self, ask: Ask) -> Result<Reply> {
        self.send(&ask.bytes(self.0))
    }

    /// Sends bytes and reads until the server closes.
    ///
    /// # Errors
    /// As for [`Wire::ask`].
    pub fn send(self, bytes: &[u8]) -> Result<Reply> {
        let mut stream = self.connect()?;
        // A server that rejects early need not read to the end.
        let _ = stream.write_all(bytes);
        read_all(&mut stream)
    }

    /// Sends bytes that may be no whole request, and reads what comes until the server closes or waits for
    /// more.
    ///
    /// # Errors
    /// No listener.
    pub fn send_part(self, bytes: &[u8]) -> Result<Reply> {
        let mut stream = self.connect()?;
        stream.set_read_timeout(Some(WAITING))?;
        let _ = stream.write_all(bytes);
        let mut raw = Vec::new();
        let _ = stream.take(MOST).read_to_end(&mut raw);
        Ok(Reply::read(raw))
    }

    /// A WebSocket that is open.
    ///
    /// # Errors
    /// The request is rejected.
    pub fn watch(self, ask: Ask) -> Result<Watch> {
        let mut stream = self.connect()?;
        stream.write_all(&upgrade(ask, self.0))?;
        let mut watch = Watch { stream, seen: Vec::new() };
        watch.wait_for("\r\n\r\n")?;
        match watch.seen.starts_with(b"HTTP/1.1 101") {
            true => Ok(watch),
            false => bail!("no WebSocket: {}", String::from_utf8_lossy(&watch.seen)),
        }
    }

    fn connect(self) -> Result<TcpStream> {
        let stream = TcpStream::connect(self.0).with_context(|| format!("{}", self.0))?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        Ok(stream)
    }
}

/// A request's headers that open a WebSocket (RFC 6455 section 4.1).
pub fn upgrading(ask: Ask) -> Ask {
    ask.with("upgrade", "websocket")
        .with("sec-websocket-version", "13")
        .with("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==")
}

fn upgrade(ask: Ask, address: SocketAddr) -> Vec<u8> {
    let mut ask = upgrading(ask).with("connection", "upgrade").with("host", &address.to_string());
    ask.head.extend_from_slice(b"\r\n");
    ask.head
}

/// An open WebSocket, with all received bytes.
pub struct Watch {
    stream: TcpStream,
    /// Received bytes; frames of servers are not masked.
    pub seen: Vec<u8>,
}

impl Watch {
    /// Reads until the text arrives.
    ///
    /// # Errors
    /// It does not come.
    pub fn wait_for(&mut self, text: &str) -> Result<()> {
        let mut piece = [0; 4096];
        let until = Instant::now() + PATIENCE;
        while !self.saw(text) {
            if Instant::now() > until {
                bail!("{text:?} did not come within {PATIENCE:?}");
            }
            match self.stream.read(&mut piece)? {
                0 => bail!("the feed ended before {text:?} came"),
                count => self.seen.extend_from_slice(&piece[..count]),
            }
        }
        Ok(())
    }

    /// Whether the text arrived.
    pub fn saw(&self, text: &str) -> bool {
        self.seen.windows(text.len()).any(|window| window == text.as_bytes())
    }
}

fn read_all(stream: &mut TcpStream) -> Result<Reply> {
    let mut raw = Vec::new();
    match stream.take(MOST).read_to_end(&mut raw) {
        // A connection with an unread body ends in a reset after the answer.
        Err(error) if raw.is_empty() && error.kind() != std::io::ErrorKind::ConnectionReset => {
            Err(error).context("no answer")
        }
        _ => Ok(Reply::read(raw)),
    }
}
