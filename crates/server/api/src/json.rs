//! JSON answers, written in chunks that are charged to the memory of their request.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, HttpBody};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use quipu_core::{AnswerMemory, Error, MemoryHold, Result};
use serde::Serialize;

use crate::Problem;

/// Bytes of one chunk of an answer.
const PART: usize = 64 << 10;

/// A body of JSON. Its memory is given back as it is sent.
pub(crate) struct Json<T>(pub(crate) T);

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        let mut text = Text::default();
        match text.json(&self.0) {
            Ok(()) => ([(CONTENT_TYPE, "application/json")], text.into_body()).into_response(),
            Err(Some(error)) => Problem::from(error).into_response(),
            Err(None) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        }
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
