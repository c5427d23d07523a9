//! Decompression of copies of passing bodies. The passing bodies stay unchanged.

use std::io::{self, Read, Write};

use bytes::Bytes;
use flate2::bufread::{GzDecoder as GzRead, ZlibDecoder as ZlibRead};
use flate2::write::{MultiGzDecoder, ZlibDecoder};
use http::HeaderMap;
use http::header::CONTENT_ENCODING;
use quipu_http::ModelCall;
use zstd::stream::raw::DParameter;
use zstd::stream::write::Decoder as ZstdDecoder;

/// Supported content codings.
pub(crate) const READABLE: [&str; 5] = ["gzip", "x-gzip", "deflate", "zstd", "identity"];
/// The maximum window of Zstandard, as a power of two: 8 MiB, which
/// [RFC 8878](https://www.rfc-editor.org/rfc/rfc8878#section-3.1.1.1.2) recommends every decoder to support.
const WINDOW_LOG: u32 = 23;

/// Bytes decoded at a time.
const PIECE: usize = 64 << 10;

/// A sink of decoded bytes: the call reads them, and they are not stored.
#[derive(Default)]
pub(crate) struct DecodedSink(Option<ModelCall>);

impl Write for DecodedSink {
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

/// Decodes the bytes of an answer for a call.
pub(crate) enum Decoder {
    Plain,
    Unreadable,
    Gzip(Box<MultiGzDecoder<DecodedSink>>),
    Deflate(Box<ZlibDecoder<DecodedSink>>),
    Zstd(Box<ZstdDecoder<'static, DecodedSink>>),
}

impl Decoder {
    /// Creates a decoder for an answer with these headers.
    pub fn new(headers: &HeaderMap) -> Self {
        let Some(coding) = coding(headers) else { return Self::Unreadable };
        match coding.as_str() {
            "" | "identity" => Self::Plain,
            "gzip" | "x-gzip" => Self::Gzip(Box::new(MultiGzDecoder::new(DecodedSink::default()))),
            "deflate" => Self::Deflate(Box::new(ZlibDecoder::new(DecodedSink::default()))),
            "zstd" => {
                let made = ZstdDecoder::new(DecodedSink::default()).and_then(|mut decoder| {
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

    /// Decodes the next bytes. After an error nothing more is decoded.
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

/// The single coding of a body in lower case; empty for none, and `None` for several.
pub(crate) fn coding(headers: &HeaderMap) -> Option<String> {
    let mut all = headers.get_all(CONTENT_ENCODING).iter();
    let Some(first) = all.next() else { return Some(String::new()) };
    let first = first.to_str().ok()?.trim().to_ascii_lowercase();
    (all.next().is_none() && !first.contains(',')).then_some(first)
}

/// The reason why a body cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unread {
    /// The coding is unknown, the data is invalid, or the result is too long.
    Broken,
    /// Memory is short.
    Full,
}

/// Decompresses a body to at most `limit` bytes. It must consist of one member or frame without trailing
/// bytes, because readers treat further bytes differently. `grow` gets the total of held bytes and returns
/// whether that is allowed.
pub(crate) fn readable(
    coding: &str,
    body: &Bytes,
    limit: usize,
    grow: &mut dyn FnMut(usize) -> bool,
) -> Result<Bytes, Unread> {
    if matches!(coding, "" | "identity") {
        return Ok(body.clone());
    }
    let mut packed = body.as_ref();
    let read = match coding {
        "gzip" | "x-gzip" => bounded(GzRead::new(&mut packed), limit, grow)?,
        "deflate" => bounded(ZlibRead::new(&mut packed), limit, grow)?,
        "zstd" => {
            let decoder =
                zstd::stream::read::Decoder::with_buffer(&mut packed).map_err(|_| Unread::Broken)?;
            let mut decoder = decoder.single_frame();
            decoder.window_log_max(WINDOW_LOG).map_err(|_| Unread::Broken)?;
            bounded(decoder, limit, grow)?
        }
        _ => return Err(Unread::Broken),
    };
    packed.is_empty().then_some(read).ok_or(Unread::Broken)
}

/// Reads everything from a reader, if it has at most `limit` bytes.
fn bounded(
    mut reader: impl Read,
    limit: usize,
    grow: &mut dyn FnMut(usize) -> bool,
) -> Result<Bytes, Unread> {
    let (mut read, mut piece) = (Vec::new(), vec![0; PIECE]);
    loop {
        let count = match reader.read(&mut piece) {
            Ok(0) => return Ok(read.into()),
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(_) => return Err(Unread::Broken),
        };
        if read.len() + count > limit {
            return Err(Unread::Broken);
        }
        // A growing buffer may reserve twice this size.
        if !grow((read.len() + count).saturating_mul(2)) {
            return Err(Unread::Full);
        }
        read.extend_from_slice(piece.get(..count).unwrap_or_default());
    }
}
