//! A receiver that reads frames and messages strictly by RFC 6587 and RFC 5424.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncReadExt as _, BufReader};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// A parsed message.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    pub facility: u8,
    pub severity: u8,
    pub time: String,
    pub host: String,
    pub app: String,
    pub process: String,
    pub msgid: String,
    pub sd_id: String,
    pub data: Vec<(String, String)>,
    pub text: String,
    pub bom: bool,
    pub bytes: usize,
}

impl Message {
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.data.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

type Kept = Arc<Mutex<Vec<Vec<u8>>>>;

pub struct Receiver {
    kept: Kept,
    pub connections: Arc<Mutex<usize>>,
    /// Number of ended connections.
    pub ended: Arc<Mutex<usize>>,
    pub port: u16,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Receiver {
    pub async fn start() -> Self {
        Self::with(None, None).await
    }

    /// With TLS, and with a close after this many messages.
    pub async fn with(tls: Option<ServerConfig>, patience: Option<usize>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (kept, connections) = (Kept::default(), Arc::<Mutex<usize>>::default());
        let acceptor = tls.map(|config| TlsAcceptor::from(Arc::new(config)));
        let (held, counted) = (Arc::clone(&kept), Arc::clone(&connections));
        let ended = Arc::<Mutex<usize>>::default();
        let over = Arc::clone(&ended);
        let task = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                *counted.lock().unwrap() += 1;
                let (kept, acceptor, over) = (Arc::clone(&held), acceptor.clone(), Arc::clone(&over));
                tokio::spawn(async move {
                    match acceptor {
                        None => frames(stream, &kept, patience).await,
                        Some(acceptor) => {
                            if let Ok(stream) = acceptor.accept(stream).await {
                                frames(stream, &kept, patience).await;
                            }
                        }
                    }
                    *over.lock().unwrap() += 1;
                });
            }
        });
        Self { kept, connections, ended, port, task }
    }

    /// Waits for this many messages.
    pub async fn messages(&self, count: usize) -> Vec<Message> {
        let begin = Instant::now();
        while self.kept.lock().unwrap().len() < count {
            assert!(
                begin.elapsed() < Duration::from_secs(20),
                "{} of {count} messages",
                self.kept.lock().unwrap().len()
            );
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        self.kept.lock().unwrap().iter().map(|one| parsed(one)).collect()
    }

    /// Waits until this many connections have ended.
    pub async fn hung_up(&self, count: usize) {
        let begin = Instant::now();
        while *self.ended.lock().unwrap() < count {
            assert!(begin.elapsed() < Duration::from_secs(20), "not {count} connections have ended");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    pub fn count(&self) -> usize {
        self.kept.lock().unwrap().len()
    }
}

async fn frames(stream: impl AsyncRead + Unpin, kept: &Kept, patience: Option<usize>) {
    let mut stream = BufReader::new(stream);
    let mut count = 0;
    while patience.is_none_or(|patience| count < patience) {
        let mut length = 0;
        loop {
            match stream.read_u8().await {
                Ok(b' ') => break,
                Ok(digit @ b'0'..=b'9') => length = length * 10 + usize::from(digit - b'0'),
                Ok(other) => panic!("{other} in a length"),
                Err(_) => return,
            }
        }
        let mut message = vec![0; length];
        // An aborted frame is not a message.
        if stream.read_exact(&mut message).await.is_err() {
            return;
        }
        kept.lock().unwrap().push(message);
        count += 1;
    }
}

/// Parses by RFC 5424, 6; panics on a violation.
pub fn parsed(bytes: &[u8]) -> Message {
    let cut = |from: &mut &[u8], at: u8| -> String {
        let end = from.iter().position(|byte| *byte == at).unwrap();
        let text = String::from_utf8(from[..end].to_vec()).unwrap();
        *from = &from[end + 1..];
        text
    };
    let mut rest = bytes.strip_prefix(b"<").unwrap();
    let priority: u8 = cut(&mut rest, b'>').parse().unwrap();
    assert!(priority <= 191);
    assert_eq!(cut(&mut rest, b' '), "1");
    let mut field = |most: usize| {
        let text = cut(&mut rest, b' ');
        assert!(
            !text.is_empty() && text.len() <= most && text.bytes().all(|byte| byte.is_ascii_graphic()),
            "{text:?}"
        );
        text
    };
    let (time, host, app, process, msgid) = (field(32), field(255), field(48), field(128), field(32));
    let (sd_id, data, rest) = structured(rest);
    let text = rest.strip_prefix(b" ").unwrap();
    let (bom, text) = match text.strip_prefix(b"\xEF\xBB\xBF") {
        Some(text) => (true, text),
        None => (false, text),
    };
    let text = String::from_utf8(text.to_vec()).unwrap();
    assert_eq!(bom, !text.is_ascii(), "UTF-8 begins with its mark, and ASCII needs none");
    let (facility, severity) = (priority / 8, priority % 8);
    Message {
        facility,
        severity,
        time,
        host,
        app,
        process,
        msgid,
        sd_id,
        data,
        text,
        bom,
        bytes: bytes.len(),
    }
}

fn structured(bytes: &[u8]) -> (String, Vec<(String, String)>, &[u8]) {
    let name_end = |from: &[u8]| from.iter().position(|byte| matches!(byte, b' ' | b']' | b'=')).unwrap();
    let name = |from: &[u8]| {
        let name = String::from_utf8(from.to_vec()).unwrap();
        assert!((1..=32).contains(&name.len()) && !name.contains('"'), "{name:?}");
        name
    };
    let mut rest = bytes.strip_prefix(b"[").unwrap();
    let end = name_end(rest);
    let sd_id = name(&rest[..end]);
    rest = &rest[end..];
    let mut data = Vec::new();
    while let Some(from) = rest.strip_prefix(b" ") {
        let end = name_end(from);
        let key = name(&from[..end]);
        let mut from = from[end..].strip_prefix(b"=\"").unwrap();
        let mut value = Vec::new();
        loop {
            match from {
                [b'\\', escaped @ (b'"' | b'\\' | b']'), left @ ..] => {
                    value.push(*escaped);
                    from = left;
                }
                [b'"', left @ ..] => {
                    from = left;
                    break;
                }
                [b']' | b'\\', ..] | [] => panic!("not escaped: {:?}", String::from_utf8_lossy(bytes)),
                [byte, left @ ..] => {
                    value.push(*byte);
                    from = left;
                }
            }
        }
        data.push((key, String::from_utf8(value).unwrap()));
        rest = from;
    }
    (sd_id, data, rest.strip_prefix(b"]").unwrap())
}
