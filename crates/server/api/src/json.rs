//! JSON answers, written in chunks that are charged to the memory of their request. An answer that lacks
//! parts of the store says so.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, HttpBody};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use quipu_admission::PARTIAL_HEADER;
use quipu_core::{AnswerMemory, Error, ErrorKind, MemoryHold, Result};
use serde::Serialize;

use crate::Problem;

/// Bytes of one chunk of an answer.
const PART: usize = 64 << 10;

/// A body of JSON. Its memory is given back as it is sent.
pub(crate) struct Json<T>(pub(crate) T);

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        let mut text = Text::default();
        let missing = AnswerMemory::current().missing();
        let written = match missing.is_empty() {
            true => text.json(&self.0),
            false => partial(&mut text, &self.0, &missing),
        };
        match written {
            Ok(()) => {
                let mut response = ([(CONTENT_TYPE, "application/json")], text.into_body()).into_response();
                if !missing.is_empty() {
                    let names = HeaderValue::from_str(&missing.join(","));
                    let names = names.unwrap_or(HeaderValue::from_static("unnamed"));
                    response.headers_mut().insert(PARTIAL_HEADER, names);
                }
                response
            }
            Err(Some(error)) => Problem::from(error).into_response(),
            Err(None) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        }
    }
}

/// Writes a value that lacks parts of the store: an object that begins with `partial` and `missing`.
fn partial(text: &mut Text, value: &impl Serialize, missing: &[String]) -> Result<(), Option<Error>> {
    let mut marked = Marked { text, missing, begun: false, ended_mark: false };
    let written = serde_json::to_writer(&mut marked, value);
    match (written, marked.text.lack.take()) {
        (Ok(()), _) => Ok(()),
        (Err(_), Some(lack)) => Err(Some(lack)),
        (Err(_), None) => {
            let text =
                format!("{} is away, and this answer cannot tell that it is partial", missing.join(", "));
            Err(Some(Error::new(ErrorKind::Unavailable, "answer", text)))
        }
    }
}

/// Writer of an object with the missing parts as its first members.
struct Marked<'t> {
    text: &'t mut Text,
    missing: &'t [String],
    begun: bool,
    ended_mark: bool,
}

impl Write for Marked<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_all(bytes)?;
        Ok(bytes.len())
    }

    fn write_all(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        if !self.begun && !bytes.is_empty() {
            // Lists and plain values have no place for the mark.
            bytes = bytes.strip_prefix(b"{").ok_or(io::ErrorKind::InvalidData)?;
            self.begun = true;
            let names = serde_json::to_string(self.missing)?;
            self.text.write_all(format!(r#"{{"partial":true,"missing":{names}"#).as_bytes())?;
        }
        if self.begun && !self.ended_mark && !bytes.is_empty() {
            self.ended_mark = true;
            if !bytes.starts_with(b"}") {
                self.text.write_all(b",")?;
            }
        }
        self.text.write_all(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A text in parts.
#[derive(Default)]
pub(crate) struct Text {
    parts: VecDeque<Bytes>,
    last: Vec<u8>,
    lack: Option<Error>,
}

impl Text {
    /// Adds a value as JSON.
    ///
    /// # Errors
    /// No memory is left for the request; `None` for a value that cannot be written, which is logged.
    pub(crate) fn json(&mut self, value: &impl Serialize) -> Result<(), Option<Error>> {
        // Small writes into a plain vector take half the time that they take through a trait object or a
        // chain of buffers.
        match serde_json::to_writer(&mut *self, value) {
            Ok(()) => Ok(()),
            Err(error) => {
                let lack = self.lack.take();
                if lack.is_none() {
                    tracing::error!(%error, "an answer cannot be written as JSON");
                }
                Err(lack)
            }
        }
    }

    /// Adds a text without escapes.
    ///
    /// # Errors
    /// No memory is left for the request.
    pub(crate) fn text(&mut self, text: &str) -> Result<(), Option<Error>> {
        self.write_all(text.as_bytes()).map_err(|_| self.lack.take())
    }

    /// The parts.
    ///
    /// # Errors
    /// No memory is left for the request.
    pub(crate) fn into_parts(mut self) -> Result<VecDeque<Bytes>, Error> {
        self.close()?;
        Ok(self.parts)
    }

    /// Converts the text into a body of known length.
    pub(crate) fn into_body(mut self) -> Body {
        // The last part is small; the answer is not given up for its sake.
        if let Err(error) = self.close() {
            tracing::debug!(%error, "the end of an answer is not charged");
            self.parts.push_back(std::mem::take(&mut self.last).into());
        }
        let left = self.parts.iter().map(Bytes::len).sum();
        Body::new(HeldBody { parts: self.parts, left })
    }

    fn close(&mut self) -> Result<(), Error> {
        if self.last.is_empty() {
            return Ok(());
        }
        let hold = AnswerMemory::current().hold(self.last.capacity())?;
        let bytes = std::mem::take(&mut self.last);
        self.parts.push_back(Bytes::from_owner(HeldBytes { bytes, _hold: hold }));
        Ok(())
    }
}

impl Write for Text {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_all(bytes)?;
        Ok(bytes.len())
    }

    fn write_all(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while self.last.len() + bytes.len() > PART {
            let (fits, rest) = bytes.split_at(PART - self.last.len());
            self.last.extend_from_slice(fits);
            bytes = rest;
            if let Err(error) = self.close() {
                self.lack = Some(error);
                return Err(io::ErrorKind::OutOfMemory.into());
            }
        }
        self.last.extend_from_slice(bytes);
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Bytes with the memory that they are charged to.
struct HeldBytes {
    bytes: Vec<u8>,
    _hold: MemoryHold,
}

impl AsRef<[u8]> for HeldBytes {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

/// A body of known length whose chunks are freed one by one.
struct HeldBody {
    parts: VecDeque<Bytes>,
    left: usize,
}

impl HttpBody for HeldBody {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, Self::Error>>> {
        let part = self.parts.pop_front();
        self.left -= part.as_ref().map_or(0, Bytes::len);
        Poll::Ready(part.map(|part| Ok(http_body::Frame::data(part))))
    }

    fn is_end_stream(&self) -> bool {
        self.parts.is_empty()
    }

    fn size_hint(&self) -> http_body::SizeHint {
        http_body::SizeHint::with_exact(self.left as u64)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    async fn answer(value: Value) -> (StatusCode, Option<HeaderValue>, Value) {
        let memory = AnswerMemory::default().with_partial();
        assert!(memory.note_missing("s\"1") && memory.note_missing("s2"));
        let response = memory.enter(|| Json(value).into_response());
        let (status, header) = (response.status(), response.headers().get(PARTIAL_HEADER).cloned());
        let body = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
        (status, header, serde_json::from_slice(&body).unwrap())
    }

    #[tokio::test]
    async fn a_partial_answer_names_the_missing_parts() {
        let (status, header, body) = answer(json!({"traces": [], "next": null})).await;
        let want = json!({"partial": true, "missing": ["s\"1", "s2"], "traces": [], "next": null});
        assert_eq!((status, body), (StatusCode::OK, want));
        assert_eq!(header.unwrap(), "s\"1,s2");
        let (_, _, body) = answer(json!({})).await;
        assert_eq!(body, json!({"partial": true, "missing": ["s\"1", "s2"]}));
    }

    #[tokio::test]
    async fn an_answer_without_a_place_for_the_mark_is_an_error() {
        let (status, header, body) = answer(json!([1, 2])).await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(header.unwrap(), "s\"1,s2");
        assert_eq!(body["status"], 503, "{body}");
    }
}
