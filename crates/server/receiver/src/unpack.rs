//! Decompression of bodies within a limit.

use std::io::{BufRead, Read};

use flate2::bufread::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};

use crate::error::ReceiverError;

/// Bytes decompressed at a time.
const STEP: usize = 64 << 10;
/// The maximum window of a zstd frame, as a power of 2 (64 MiB).
const WINDOW_LOG: u32 = 26;

/// The compression of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Packing {
    None,
    Gzip,
    Deflate,
    Zstd,
}

impl Packing {
    /// Reads a `Content-Encoding` or `grpc-encoding` header; a missing one means no compression.
    pub(crate) fn from_header(header: Option<&str>) -> Result<Self, ReceiverError> {
        let mut names = header.unwrap_or_default().split(',').map(str::trim).filter(|name| !name.is_empty());
        let mut found = Self::None;
        for name in &mut names {
            let packing = match name.to_ascii_lowercase().as_str() {
                "identity" => continue,
                "gzip" | "x-gzip" => Self::Gzip,
                "deflate" => Self::Deflate,
                "zstd" => Self::Zstd,
                _ => {
                    return Err(ReceiverError::unsupported(
                        "content encoding is not one of identity, gzip, deflate, zstd",
                    ));
                }
            };
            if found != Self::None {
                return Err(ReceiverError::unsupported("content encodings cannot be combined"));
            }
            found = packing;
        }
        Ok(found)
    }
}

/// Decompresses a body. It never holds more than `most` bytes, and calls `grow` before it allocates more.
pub(crate) fn unpack(
    packed: &[u8],
    packing: Packing,
    most: usize,
    grow: impl FnMut(usize) -> Result<(), ReceiverError>,
) -> Result<Vec<u8>, ReceiverError> {
    match packing {
        Packing::None => Ok(packed.to_vec()),
        Packing::Gzip => pump(MultiGzDecoder::new(packed), "gzip", most, grow),
        Packing::Deflate if is_zlib(packed) => pump(ZlibDecoder::new(packed), "deflate", most, grow),
        Packing::Deflate => pump(DeflateDecoder::new(packed), "deflate", most, grow),
        Packing::Zstd => pump(zstd(packed)?, "zstd", most, grow),
    }
}

/// HTTP's `deflate` means zlib (RFC 9110, 8.4.1.2), but some clients send raw deflate. A zlib stream begins
/// with its own header (RFC 1950).
fn is_zlib(packed: &[u8]) -> bool {
    match packed {
        [method, flags, ..] => method & 0x0f == 8 && u16::from_be_bytes([*method, *flags]).is_multiple_of(31),
        _ => false,
    }
}

fn zstd<R: BufRead>(packed: R) -> Result<zstd::Decoder<'static, R>, ReceiverError> {
    let mut decoder = zstd::Decoder::with_buffer(packed).map_err(|_| broken("zstd"))?;
    decoder.window_log_max(WINDOW_LOG).map_err(|_| broken("zstd"))?;
    Ok(decoder)
}

fn pump(
    mut from: impl Read,
    name: &str,
    most: usize,
    mut grow: impl FnMut(usize) -> Result<(), ReceiverError>,
) -> Result<Vec<u8>, ReceiverError> {
    let mut out: Vec<u8> = Vec::new();
    let mut step = vec![0; STEP];
    loop {
        let count = from.read(&mut step).map_err(|_| broken(name))?;
        let Some(new) = step.get(..count).filter(|new| !new.is_empty()) else { return Ok(out) };
        let size = out.len() + new.len();
        if size > most {
            let message = format!(
                "the body decompresses to more than {most} bytes (limit \
                decompressed_bytes)"
            );
            return Err(ReceiverError::too_large(message));
        }
        if size > out.capacity() {
            grow(size)?;
            // The capacity doubles but never exceeds the limit.
            out.reserve_exact(size.max(out.capacity() * 2).min(most) - out.len());
        }
        out.extend_from_slice(new);
    }
}

fn broken(name: &str) -> ReceiverError {
    ReceiverError::malformed(format!("the body is not valid {name} data"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers() {
        assert_eq!(Packing::from_header(None).unwrap(), Packing::None);
        assert_eq!(Packing::from_header(Some("identity, GZIP")).unwrap(), Packing::Gzip);
        Packing::from_header(Some("br")).unwrap_err();
        Packing::from_header(Some("gzip, gzip")).unwrap_err();
    }

    #[test]
    fn capacity_stays_within_the_bound() {
        let packed = zstd::encode_all(&*vec![7; 1_000_000], 1).unwrap();
        let mut asked = 0;
        let grow = |size| {
            asked = size;
            Ok(())
        };
        let out = unpack(&packed, Packing::Zstd, 1_000_000, grow).unwrap();
        assert_eq!((out.len(), out.capacity()), (1_000_000, 1_000_000));
        assert!(asked > 500_000);
        let failure = unpack(&packed, Packing::Zstd, 999_999, |_| Ok(())).unwrap_err();
        assert_eq!(failure.outcome, "too_large");
    }
}
