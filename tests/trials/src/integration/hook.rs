//! A receiver of webhooks that answers 200 at once and keeps what it heard, with the time.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use anyhow::Result;

/// One request.
pub struct Heard {
    /// When its body had come.
    pub at: Instant,
    /// Path of the request.
    pub path: String,
    /// Its body.
    pub body: String,
}

/// Starts a receiver on a free port: gives the port and the requests.
///
/// # Errors
/// No port is free.
pub fn listen() -> Result<(u16, Receiver<Heard>)> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let port = listener.local_addr()?.port();
    let (tell, told) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let tell = tell.clone();
            std::thread::spawn(move || heard(stream).map(|heard| tell.send(heard)));
        }
    });
    Ok((port, told))
}

fn heard(stream: TcpStream) -> Option<Heard> {
    stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
    let mut reader = BufReader::new(stream);
    let (mut length, mut path) = (0, String::new());
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        if path.is_empty() {
            path = line.split(' ').nth(1).unwrap_or_default().to_owned();
        }
        let line = line.trim().to_ascii_lowercase();
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
        if line.is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    // A killed sender gets no answer, but its body has come.
    let heard = Heard { at: Instant::now(), path, body: String::from_utf8(body).ok()? };
    let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    let _ = reader.get_mut().write_all(answer);
    Some(heard)
}
