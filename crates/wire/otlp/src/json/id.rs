//! Ids and byte values in OTLP JSON.

use base64::alphabet;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use base64::engine::{DecodePaddingMode, Engine};
use serde::de::{Deserialize, Deserializer};

use super::scalar::{Scalar, ScalarVisitor};

/// The value of an id that is neither hexadecimal nor base64.
pub(crate) const NOT_HEX: &[u8] = b"not hexadecimal";

/// A trace or span id: hexadecimal, or base64 of the right length.
pub(super) struct Id(pub(super) Vec<u8>);

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let read = |scalar: Scalar<'_>| match scalar {
            Scalar::Null => Some(Vec::new()),
            Scalar::Text(text) => Some(id(text)),
            // The invalid id rejects its item only; the other items stay.
            _ => Some(NOT_HEX.to_vec()),
        };
        from.deserialize_any(ScalarVisitor { what: "an id", read }).map(Self)
    }
}

fn id(text: &str) -> Vec<u8> {
    // Base64 of 8 and 16 bytes, with and without padding; hexadecimal has 16 and 32 characters.
    let base64 = || base64(text).filter(|_| matches!(text.len(), 11 | 12 | 22 | 24));
    hex(text).or_else(base64).unwrap_or_else(|| NOT_HEX.to_vec())
}

fn hex(text: &str) -> Option<Vec<u8>> {
    let digit = |digit: u8| char::from(digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    // Twelve or twenty-four characters are not a hexadecimal id, but may be one in base64.
    if !text.len().is_multiple_of(2) || matches!(text.len(), 12 | 22 | 24) {
        return None;
    }
    let mut bytes = Vec::with_capacity(text.len() / 2);
    for pair in text.as_bytes().chunks_exact(2) {
        bytes.push(digit(pair[0])? << 4 | digit(pair[1])?);
    }
    Some(bytes)
}

/// Bytes in base64, of either alphabet, with or without padding.
pub(super) struct Base64(pub(super) Vec<u8>);

impl<'de> Deserialize<'de> for Base64 {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let read = |scalar: Scalar<'_>| match scalar {
            Scalar::Null => Some(Vec::new()),
            Scalar::Text(text) => base64(text),
            _ => None,
        };
        from.deserialize_any(ScalarVisitor { what: "base64", read }).map(Self)
    }
}

fn base64(text: &str) -> Option<Vec<u8>> {
    const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
    const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT);
    let engine = if text.contains(['-', '_']) { URL_SAFE } else { STANDARD };
    engine.decode(text).ok()
}
