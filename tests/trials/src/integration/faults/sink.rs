//! Receiver of an exporter: an OTLP/HTTP server that fails on request, and remembers every span that it has
//! acknowledged.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use serde_json::Value;

use crate::shell;

/// How it treats requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    /// Takes them.
    Takes,
    /// No listener.
    Down,
    /// 503 at once, with a second of `Retry-After`.
    Storm,
    /// Reads them and never answers.
    BlackHole,
    /// Breaks the connection in the middle of the body.
    Resets,
    /// Reads a little at a time.
    Drips,
}

/// Poll interval for a change of the mood.
const LOOK: Duration = Duration::from_millis(20);
/// Bytes that it reads at a time when it drips.
const DROP: usize = 1024;
/// Bytes of a body at most.
const MOST: usize = 64 << 20;

struct Shared {
    mood: Mutex<Mood>,
    /// How often each span was acknowledged.
    got: Mutex<HashMap<String, u32>>,
}

impl Shared {
    fn mood(&self) -> Mood {
        *self.mood.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Received spans, with their counts.
pub struct Got {
    /// Different spans.
    pub spans: usize,
    /// Repeated spans.
    pub doubled: usize,
}

/// A server at work.
pub struct Sink {
    port: u16,
    shared: Arc<Shared>,
    accepts: Option<JoinHandle<()>>,
}

impl Sink {
    /// Starts one that takes everything.
    ///
    /// # Errors
    /// There is no free port.
    pub fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let port = listener.local_addr()?.port();
        let shared = Arc::new(Shared { mood: Mutex::new(Mood::Takes), got: Mutex::default() });
        let mut sink = Self { port, shared, accepts: None };
        sink.accept(listener)?;
        Ok(sink)
    }

    /// Address of the sink.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Changes how it treats requests, those that it has included.
    ///
    /// # Errors
    /// Its port was taken meanwhile.
    pub fn set(&mut self, mood: Mood) -> Result<()> {
        *self.shared.mood.lock().unwrap_or_else(PoisonError::into_inner) = mood;
        match (mood, self.accepts.take()) {
            (Mood::Down, Some(accepts)) => accepts.join().map_err(|_| anyhow!("the sink failed"))?,
            (Mood::Down, None) => {}
            (_, Some(accepts)) => self.accepts = Some(accepts),
            (_, None) => {
                let bind = || TcpListener::bind(("127.0.0.1", self.port)).ok();
                let listener = shell::poll(Duration::from_secs(10), bind);
                self.accept(listener.ok_or_else(|| anyhow!("port {} was taken meanwhile", self.port))?)?;
            }
        }
        Ok(())
    }

    /// Received spans so far.
    pub fn got(&self) -> Got {
        let got = self.shared.got.lock().unwrap_or_else(PoisonError::into_inner);
        Got { spans: got.len(), doubled: got.values().map(|times| *times as usize - 1).sum() }
    }

    /// Whether this span arrived.
    pub fn has(&self, span: &str) -> bool {
        self.shared.got.lock().unwrap_or_else(PoisonError::into_inner).contains_key(span)
    }

    fn accept(&mut self, listener: TcpListener) -> Result<()> {
        listener.set_nonblocking(true)?;
        let shared = Arc::clone(&self.shared);
        self.accepts = Some(std::thread::spawn(move || {
            while shared.mood() != Mood::Down {
                match listener.accept() {
                    Ok((stream, _)) => {
                        let shared = Arc::clone(&shared);
                        // A client that goes away is what this is about.
                        std::thread::spawn(move || drop(serve(&stream, &shared)));
                    }
                    Err(_) => std::thread::sleep(LOOK),
                }
            }
        }));
        Ok(())
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        let _ = self.set(Mood::Down);
    }
}

/// Answers requests of one connection until it ends.
fn serve(stream: &TcpStream, shared: &Shared) -> Result<()> {
    stream.set_nonblocking(false)?;
    stream.set_read_timeout(Some(LOOK))?;
    let mut reader = BufReader::with_capacity(DROP, stream);
    loop {
        let Some(length) = head(&mut reader, shared)? else { return Ok(()) };
        let mood = shared.mood();
        if mood == Mood::Resets {
            // Unread data makes the end of the connection a reset.
            return body(&mut reader, length / 2, mood).map(drop);
        }
        let content = body(&mut reader, length, mood)?;
        match mood {
            Mood::Takes | Mood::Drips => {
                let mut got = shared.got.lock().unwrap_or_else(PoisonError::into_inner);
                for id in ids(&content)? {
                    *got.entry(id).or_default() += 1;
                }
                drop(got);
                answer(stream, "200 OK", "", "{}")?;
            }
            Mood::Storm => answer(stream, "503 Service Unavailable", "Retry-After: 1\r\n", "{}")?,
            Mood::BlackHole => {
                while shared.mood() == Mood::BlackHole {
                    std::thread::sleep(LOOK);
                }
                return Ok(());
            }
            Mood::Down | Mood::Resets => return Ok(()),
        }
    }
}

fn answer(mut stream: &TcpStream, status: &str, header: &str, body: &str) -> Result<()> {
    let kind = "Content-Type: application/json\r\n";
    let length = body.len();
    write!(stream, "HTTP/1.1 {status}\r\n{kind}{header}Content-Length: {length}\r\n\r\n{body}")?;
    Ok(())
}

/// Reads a request up to its body; gives the length of that, or `None` when there is none and the connection
/// is to end.
fn head(reader: &mut BufReader<&TcpStream>, shared: &Shared) -> Result<Option<usize>> {
    let (mut line, mut length) = (Vec::new(), None);
    loop {
        match reader.read_until(b'\n', &mut line) {
            Ok(0) => return Ok(None),
            Ok(_) => {
                let text = String::from_utf8_lossy(&line).trim().to_ascii_lowercase();
                line.clear();
                if let Some(value) = text.strip_prefix("content-length:") {
                    length = Some(value.trim().parse::<usize>()?);
                }
                if text.is_empty() {
                    return length.filter(|length| *length <= MOST).map(Some).context("no length of a body");
                }
            }
            Err(error) if is_pause(&error) => {
                if shared.mood() == Mood::Down {
                    return Ok(None);
                }
            }
            Err(error) => return Err(error.into()),
        }
    }
}

fn is_pause(error: &std::io::Error) -> bool {
    matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut)
}

fn body(reader: &mut BufReader<&TcpStream>, length: usize, mood: Mood) -> Result<Vec<u8>> {
    let mut content = vec![0; length];
    let mut have = 0;
    while have < length {
        let until = if mood == Mood::Drips { length.min(have + DROP) } else { length };
        match reader.read(&mut content[have..until]) {
            Ok(0) => return Err(anyhow!("the client went away")),
            Ok(read) => have += read,
            Err(error) if is_pause(&error) => {}
            Err(error) => return Err(error.into()),
        }
        if mood == Mood::Drips {
            std::thread::sleep(LOOK);
        }
    }
    Ok(content)
}

/// The ids of all spans in a request of OTLP/JSON.
fn ids(content: &[u8]) -> Result<Vec<String>> {
    let request: Value = serde_json::from_slice(content)?;
    let list = |value: &Value, key: &str| value[key].as_array().cloned().unwrap_or_default();
    let scopes =
        list(&request, "resourceSpans").into_iter().flat_map(|resource| list(&resource, "scopeSpans"));
    let spans = scopes.flat_map(|scope| list(&scope, "spans"));
    Ok(spans.filter_map(|span| span["spanId"].as_str().map(str::to_owned)).collect())
}
