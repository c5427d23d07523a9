//! Sink of exports: an HTTP server that answers at once and counts the received spans.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Result, anyhow, bail};
use flate2::read::GzDecoder;

use crate::shell;

/// No sender batches more.
const MOST: u64 = 256 << 20;
/// The whole answer: an empty `ExportTraceServiceResponse`.
const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-type: application/x-protobuf\r\ncontent-length: 0\r\n\r\n";

/// A place that takes `POST /v1/traces` as protobuf, plain or by gzip.
pub struct Sink {
    /// Its address, without a path.
    pub url: String,
    spans: Arc<AtomicU64>,
}

impl Sink {
    /// Listens until the process ends.
    ///
    /// # Errors
    /// There is no free port.
    pub fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let url = format!("http://{}", listener.local_addr()?);
        let sink = Self { url, spans: Arc::default() };
        let spans = Arc::clone(&sink.spans);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let spans = Arc::clone(&spans);
                // Spans of a failed answer are not counted, so they are found missing.
                thread::spawn(move || serve(&stream, &spans));
            }
        });
        Ok(sink)
    }

    /// Spans taken so far.
    pub fn spans(&self) -> u64 {
        self.spans.load(Ordering::Relaxed)
    }

    /// Waits until exactly this many spans have arrived.
    ///
    /// # Errors
    /// More arrived, or they did not arrive in time.
    pub fn wait_for(&self, spans: u64, patience: Duration) -> Result<()> {
        shell::poll(patience, || (self.spans() >= spans).then_some(()));
        match self.spans() {
            came if came == spans => Ok(()),
            came => bail!("{came} spans came out of {spans}"),
        }
    }
}

fn serve(stream: &TcpStream, spans: &AtomicU64) -> Result<()> {
    stream.set_nodelay(true)?;
    let (mut reader, mut writer, mut body) = (BufReader::with_capacity(1 << 16, stream), stream, Vec::new());
    while let Some(head) = head(&mut reader)? {
        body.clear();
        let mut sent = reader.by_ref().take(head.length);
        if head.gzip {
            GzDecoder::new(&mut sent).take(MOST).read_to_end(&mut body)?;
        } else {
            sent.read_to_end(&mut body)?;
        }
        spans.fetch_add(count(&body).ok_or_else(|| anyhow!("not OTLP"))?, Ordering::Relaxed);
        writer.write_all(ANSWER)?;
    }
    Ok(())
}

/// Headers of a request about its body.
#[derive(Default)]
struct Head {
    length: u64,
    gzip: bool,
}

/// The next request's head; nothing when the sender has gone.
fn head(reader: &mut BufReader<&TcpStream>) -> Result<Option<Head>> {
    let (mut line, mut head) = (String::new(), Head::default());
    loop {
        line.clear();
        if reader.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        let text = line.trim().to_ascii_lowercase();
        match text.split_once(':').map(|(name, value)| (name, value.trim())) {
            None if text.is_empty() && head.length > MOST => bail!("a body of {} bytes", head.length),
            None if text.is_empty() => return Ok(Some(head)),
            Some(("content-length", value)) => head.length = value.parse()?,
            Some(("content-encoding", value)) => head.gzip = value == "gzip",
            _ => {}
        }
    }
}

/// Spans of an `ExportTraceServiceRequest`: `resource_spans` (1), their `scope_spans` (2), their `spans` (2).
pub fn count(body: &[u8]) -> Option<u64> {
    let mut found = 0;
    each(body, 1, &mut |resource| {
        each(resource, 2, &mut |scope| {
            each(scope, 2, &mut |_| {
                found += 1;
                Some(())
            })
        })
    })?;
    Some(found)
}

/// Calls `with` for every message in the field of this number; nothing when these are no protobuf messages.
fn each(mut bytes: &[u8], field: u64, with: &mut dyn FnMut(&[u8]) -> Option<()>) -> Option<()> {
    while !bytes.is_empty() {
        let tag = varint(&mut bytes)?;
        let length = match tag & 7 {
            0 => {
                varint(&mut bytes)?;
                0
            }
            1 => 8,
            2 => usize::try_from(varint(&mut bytes)?).ok()?,
            5 => 4,
            _ => return None,
        };
        let (value, rest) = bytes.split_at_checked(length)?;
        if tag == field << 3 | 2 {
            with(value)?;
        }
        bytes = rest;
    }
    Some(())
}

fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for place in 0..10 {
        let (first, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(first & 0x7f) << (7 * place);
        if first & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::super::{Load, send};
    use super::*;
    use crate::integration::Http;

    #[test]
    fn every_span_is_counted_once() {
        let bodies = send::bodies(Load::new(1_300).iter());
        assert_eq!(bodies.iter().map(|body| count(body).unwrap()).sum::<u64>(), 1_300);
        assert_eq!(count(&bodies[0][..bodies[0].len() - 1]), None);
        assert_eq!(count(b"no protobuf"), None);
    }

    #[test]
    fn what_is_posted_is_answered_and_counted() {
        let sink = Sink::start().unwrap();
        let bodies = send::bodies(Load::new(1_000).iter());
        send::to(&sink.url, &bodies, 2).unwrap();
        sink.wait_for(1_000, Duration::from_secs(5)).unwrap();
        assert!(sink.wait_for(999, Duration::ZERO).is_err(), "more than were sent");
        let http = Http::new(Duration::from_secs(5));
        assert!(http.post(&format!("{}/v1/traces", sink.url), &[], b"no protobuf").is_err());
    }
}
