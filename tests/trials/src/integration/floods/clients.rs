//! Hostile clients: idle, slow and greedy connections.

use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::Command;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use crate::integration::Http;
use crate::integration::faults::body;

/// Senders of the flood.
pub const GREEDY: usize = 24;
/// Requests whose spans make one body of the flood.
const LARGE: u64 = 20;
/// Between two bytes of a client that trickles.
const TRICKLE: Duration = Duration::from_millis(200);

/// Files that this process has open besides its clients' connections, at most.
const OTHER_FILES: usize = 256;

/// Lets this process open `count` connections, as far as the system allows that.
///
/// # Errors
/// The limit of open files is too low; the error names it.
pub fn room_for(count: usize) -> Result<()> {
    let needed = count + OTHER_FILES;
    let (now, most) = most_files()?;
    if now < needed && most > now {
        // A failure shows in the limit read afterwards.
        let _ = Command::new("prlimit")
            .args(["--pid", &std::process::id().to_string(), &format!("--nofile={most}:")])
            .status();
    }
    let (now, _) = most_files()?;
    ensure!(now >= needed, "needs {needed} open files and may have {now} (ulimit -n)");
    Ok(())
}

/// Files that this process may open, and to how many that can be raised.
fn most_files() -> Result<(usize, usize)> {
    let limits = fs::read_to_string("/proc/self/limits")?;
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"));
    let mut words = line.context("no bound on open files in /proc/self/limits")?.split_whitespace();
    let mut next = || match words.next().context("a bound on open files is missing")? {
        "unlimited" => Ok(usize::MAX),
        word => word.parse().context("a bound on open files is no number"),
    };
    Ok((next()?, next()?))
}

/// Connections that stay open.
pub struct Crowd(Vec<TcpStream>);

impl Crowd {
    pub fn connect(address: SocketAddr, count: usize) -> Result<Self> {
        let connect =
            |_| TcpStream::connect(address).context("this process may open too few files: ulimit -n");
        Ok(Self((0..count).map(connect).collect::<Result<_>>()?))
    }

    /// Each asks once, and reads its answer.
    pub fn ask_once(&mut self) -> Result<()> {
        for stream in &mut self.0 {
            stream.write_all(b"GET /v1/traces HTTP/1.1\r\nhost: a\r\n\r\n")?;
        }
        for stream in &mut self.0 {
            stream.set_read_timeout(Some(Duration::from_secs(30)))?;
            let mut buffer = [0; 4_096];
            let count = stream.read(&mut buffer)?;
            ensure!(buffer.get(..count).unwrap_or_default().starts_with(b"HTTP/1.1 405"), "not answered");
        }
        Ok(())
    }

    /// Number of connections that the server has closed.
    pub fn closed(&mut self) -> usize {
        self.0.iter_mut().map(is_closed).filter(|closed| *closed).count()
    }
}

/// Reads and drops arrived data.
fn is_closed(stream: &mut TcpStream) -> bool {
    if stream.set_nonblocking(true).is_err() {
        return true;
    }
    let mut buffer = [0; 4_096];
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => return true,
            Ok(_) => {}
            Err(error) => return error.kind() != ErrorKind::WouldBlock,
        }
    }
}

/// Clients that send `head` and then a byte at a time. Gives how many of them the server still bears after
/// `patience`.
pub fn trickle(address: SocketAddr, count: usize, head: &str, patience: Duration) -> Result<usize> {
    let mut streams = Crowd::connect(address, count)?.0;
    for stream in &mut streams {
        stream.write_all(head.as_bytes())?;
    }
    let begin = Instant::now();
    while !streams.is_empty() && begin.elapsed() < patience {
        std::thread::sleep(TRICKLE);
        streams.retain_mut(|stream| !is_closed(stream) && stream.write_all(b"x").is_ok());
    }
    Ok(streams.len())
}

/// Clients that ask for large answers again and again on one connection, and read none. Gives how many the
/// server still bears.
pub fn slow_readers(address: SocketAddr, path: &str, count: usize, patience: Duration) -> Result<usize> {
    let mut streams = Crowd::connect(address, count)?.0;
    let requests = format!("GET {path} HTTP/1.1\r\nhost: a\r\n\r\n").repeat(200);
    for stream in &mut streams {
        stream.set_nonblocking(true)?;
    }
    let begin = Instant::now();
    // A client that was cut off while it did not read notices when it writes.
    while !streams.is_empty() && begin.elapsed() < patience {
        streams.retain_mut(|stream| match stream.write(requests.as_bytes()) {
            Ok(_) => true,
            Err(error) => error.kind() == ErrorKind::WouldBlock && !has_ended(stream),
        });
        std::thread::sleep(TRICKLE);
    }
    Ok(streams.len())
}

/// Whether the server has reset the connection, without reading its data.
fn has_ended(stream: &TcpStream) -> bool {
    !matches!(stream.take_error(), Ok(None))
}

/// Result of a flood.
#[derive(Default)]
pub struct Flood {
    pub taken: u64,
    pub refused: u64,
    pub failed: u64,
}

/// Sends far more than the limit, from one service.
pub fn flood(http: &Http, endpoint: &str, lasting: Duration) -> Flood {
    let (all, url) = (Mutex::new(Flood::default()), format!("{endpoint}/v1/traces"));
    let begin = Instant::now();
    std::thread::scope(|scope| {
        for sender in 0..GREEDY {
            let (all, url, http) = (&all, &url, http.clone());
            scope.spawn(move || {
                let mut round = 0;
                while begin.elapsed() < lasting {
                    round += 1;
                    let number = (sender as u64 + 1) << 32 | round << 8;
                    let answer = http.post(url, &[("content-type", "application/json")], &large(number));
                    let mut all = all.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                    match answer.map(|answer| answer.status) {
                        Ok(200) => all.taken += 1,
                        Ok(429 | 503) => all.refused += 1,
                        _ => all.failed += 1,
                    }
                }
            });
        }
    });
    all.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// Some hundred kilobytes of one service.
fn large(number: u64) -> Vec<u8> {
    let mut spans = Vec::new();
    for part in 0..LARGE {
        let one: serde_json::Value =
            serde_json::from_slice(&body(number + part, "greedy")).unwrap_or_default();
        spans.extend(one["resourceSpans"].as_array().cloned().unwrap_or_default());
    }
    serde_json::json!({ "resourceSpans": spans }).to_string().into_bytes()
}
