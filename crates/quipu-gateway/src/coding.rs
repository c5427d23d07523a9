//! Copies of compressed bodies, made readable. What passes by stays as it is.

use std::io::{self, Read, Write};

use bytes::Bytes;
use flate2::read::{MultiGzDecoder as GzRead, ZlibDecoder as ZlibRead};
use flate2::write::{MultiGzDecoder, ZlibDecoder};
use http::HeaderMap;
use http::header::CONTENT_ENCODING;
use quipu_http::ModelCall;
use zstd::stream::raw::DParameter;
use zstd::stream::write::Decoder as ZstdDecoder;

/// Content codings that can be read.
pub(crate) const READABLE: [&str; 5] = ["gzip", "x-gzip", "deflate", "zstd", "identity"];
/// Largest window of Zstandard, as a power of two: the 8 MiB that its
/// [RFC 8878](https://www.rfc-editor.org/rfc/rfc8878#section-3.1.1.1.2) asks every decoder to support.
const WINDOW_LOG: u32 = 23;

/// Where decoded bytes go: the call notes what they say, and they are not held.
#[derive(Default)]
pub(crate) struct Told(Option<ModelCall>);

impl Write for Told {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let Some(call) = &mut self.0 {
            call.chunk(bytes);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Reads the bytes of an answer for a call.
pub(crate) enum Decoder {
    Plain,
    Unreadable,
    Gzip(Box<MultiGzDecoder<Told>>),
    Deflate(Box<ZlibDecoder<Told>>),
    Zstd(Box<ZstdDecoder<'static, Told>>),
}

impl Decoder {
    /// For an answer with these headers.
    pub fn new(headers: &HeaderMap) -> Self {
        let Some(coding) = coding(headers) else { return Self::Unreadable };
        match coding.as_str() {
            "" | "identity" => Self::Plain,
            "gzip" | "x-gzip" => Self::Gzip(Box::new(MultiGzDecoder::new(Told::default()))),
            "deflate" => Self::Deflate(Box::new(ZlibDecoder::new(Told::default()))),
            "zstd" => {
                let made = ZstdDecoder::new(Told::default()).and_then(|mut decoder| {
                    decoder.set_parameter(DParameter::WindowLogMax(WINDOW_LOG))?;
                    Ok(decoder)
                });
                made.map_or(Self::Unreadable, |decoder| Self::Zstd(Box::new(decoder)))
            }
            _ => Self::Unreadable,
        }
    }

    pub const fn is_readable(&self) -> bool {
        !matches!(self, Self::Unreadable)
    }

    /// The next bytes as they came. From bytes that cannot be decoded on, nothing more is read.
    pub fn feed(&mut self, call: &mut Option<ModelCall>, bytes: &[u8]) {
        let is_read = match self {
            Self::Unreadable => return,
            Self::Plain => {
                if let Some(call) = call {
                    call.chunk(bytes);
                }
                return;
            }
            Self::Gzip(decoder) => {
                decoder.get_mut().0 = call.take();
                let done = decoder.write_all(bytes).and_then(|()| decoder.flush());
                *call = decoder.get_mut().0.take();
                done.is_ok()
            }
            Self::Deflate(decoder) => {
                decoder.get_mut().0 = call.take();
                let done = decoder.write_all(bytes).and_then(|()| decoder.flush());
                *call = decoder.get_mut().0.take();
                done.is_ok()
            }
            Self::Zstd(decoder) => {
                decoder.get_mut().0 = call.take();
                let done = decoder.write_all(bytes).and_then(|()| decoder.flush());
                *call = decoder.get_mut().0.take();
                done.is_ok()
            }
        };
        if !is_read {
            *self = Self::Unreadable;
        }
    }
}

/// The one coding of a body in lower case, empty without any; `None` for several.
pub(crate) fn coding(headers: &HeaderMap) -> Option<String> {
    let mut all = headers.get_all(CONTENT_ENCODING).iter();
    let Some(first) = all.next() else { return Some(String::new()) };
    let first = first.to_str().ok()?.trim().to_ascii_lowercase();
    (all.next().is_none() && !first.contains(',')).then_some(first)
}

/// A body of this coding in readable form, of at most `limit` bytes; `None` where it cannot be read.
pub(crate) fn readable(coding: &str, body: &Bytes, limit: usize) -> Option<Bytes> {
    let packed = body.as_ref();
    let most = u64::try_from(limit).unwrap_or(u64::MAX);
    let mut read = Vec::new();
    let done = match coding {
        "" | "identity" => return Some(body.clone()),
        "gzip" | "x-gzip" => GzRead::new(packed).take(most.saturating_add(1)).read_to_end(&mut read),
        "deflate" => ZlibRead::new(packed).take(most.saturating_add(1)).read_to_end(&mut read),
        "zstd" => {
            let mut decoder = zstd::stream::read::Decoder::new(packed).ok()?;
            decoder.window_log_max(WINDOW_LOG).ok()?;
            decoder.take(most.saturating_add(1)).read_to_end(&mut read)
        }
        _ => return None,
    };
    (done.is_ok() && read.len() <= limit).then(|| read.into())
}
