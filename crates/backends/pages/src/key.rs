//! The master key, and the file keys derived from it.

use std::fmt;

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use quipu_core::{Error, ErrorKind, Result, Retry};

use crate::crypto::{self, Zeroizing};

/// Bytes of a master key.
pub const KEY_BYTES: usize = 32;
/// Bytes of each file's random salt.
pub(crate) const SALT_BYTES: usize = 12;

/// The master key of a store: 32 random bytes. It is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct MasterKey {
    bytes: Zeroizing<[u8; KEY_BYTES]>,
    id: KeyId,
}

/// Identifies the key of a file without revealing it: four bytes of HKDF over the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyId(pub(crate) [u8; 4]);

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MasterKey({})", self.id())
    }
}

fn lenient(alphabet: &alphabet::Alphabet) -> GeneralPurpose {
    let config = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    GeneralPurpose::new(alphabet, config)
}

impl MasterKey {
    /// Creates a key from bytes.
    pub fn from_bytes(bytes: [u8; KEY_BYTES]) -> Self {
        Self::new(Zeroizing::new(bytes))
    }

    /// Parses a key: 64 hexadecimal digits, or base64 of 32 bytes (both alphabets, with or without padding).
    /// Surrounding white space is ignored.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] for any other text, which the error does not repeat. [`ErrorKind::Unsupported`]
    /// for every text in a build without the feature `encryption`.
    pub fn parse(text: &str) -> Result<Self> {
        if !crypto::AVAILABLE {
            let text = "encryption is not in this build: build with the feature `encryption`";
            return Err(Error::new(ErrorKind::Unsupported, "read key", text).with_retry(Retry::No));
        }
        let text = text.trim();
        let bytes = Zeroizing::new(match text.len() {
            64 => from_hex(text).unwrap_or_default(),
            43 | 44 => [alphabet::STANDARD, alphabet::URL_SAFE]
                .iter()
                .find_map(|alphabet| lenient(alphabet).decode(text).ok())
                .unwrap_or_default(),
            _ => Vec::new(),
        });
        let mut key = Zeroizing::new([0; KEY_BYTES]);
        if bytes.len() != KEY_BYTES {
            let text = "the key must be 32 bytes, as 64 hexadecimal digits or as base64";
            return Err(Error::new(ErrorKind::Invalid, "read key", text).with_retry(Retry::No));
        }
        key.copy_from_slice(&bytes);
        if key.iter().all(|byte| *byte == key[0]) {
            let text = "the key is the same byte 32 times: generate one, for example with `openssl rand \
                -hex 32`";
            return Err(Error::new(ErrorKind::Invalid, "read key", text).with_retry(Retry::No));
        }
        Ok(Self::new(key))
    }

    fn new(bytes: Zeroizing<[u8; KEY_BYTES]>) -> Self {
        let mut key = Self { bytes, id: KeyId([0; 4]) };
        let mut id = [0; 4];
        // HKDF of four bytes cannot fail.
        let _ = key.derive(&[], &[b"quipu pages 1 id"], &mut id);
        key.id = KeyId(id);
        key
    }

    /// The id of the key.
    pub const fn id(&self) -> KeyId {
        self.id
    }

    /// HKDF-SHA256 (RFC 5869) of this key.
    pub(crate) fn derive(&self, salt: &[u8], info: &[&[u8]], out: &mut [u8]) -> Option<()> {
        crypto::derive(self.bytes.as_slice(), salt, info, out)
    }
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    text.as_bytes().chunks(2).map(|pair| Some(digit(*pair.first()?)? << 4 | digit(*pair.get(1)?)?)).collect()
}

#[cfg(test)]
#[cfg(feature = "encryption")]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_from_hex_and_from_base64() {
        let bytes: [u8; 32] = std::array::from_fn(|at| u8::try_from((at * 7 + 200) & 255).unwrap());
        let key = MasterKey::from_bytes(bytes);
        let hex: String = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
        let standard = base64::engine::general_purpose::STANDARD.encode(bytes);
        let url = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes);
        for text in [hex.clone(), hex.to_lowercase(), standard, url, format!(" {hex}\n")] {
            assert_eq!(MasterKey::parse(&text).unwrap(), key, "{text}");
        }
    }

    #[test]
    fn what_is_no_key_is_refused_and_not_repeated() {
        for text in ["", "secret", &"g".repeat(64), &"0".repeat(64), &"ab".repeat(31), &"/".repeat(50)] {
            let error = MasterKey::parse(text).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Invalid);
            assert!(text.is_empty() || !error.to_string().contains(text), "{error}");
        }
        let key = MasterKey::from_bytes([9; 32]);
        assert_eq!(format!("{key:?}"), format!("MasterKey({})", key.id()));
    }

    #[test]
    fn derived_keys_are_those_of_rfc_5869() {
        // Test case 1 of the RFC has a key of 22 bytes. The construction is therefore checked by its parts:
        // HMAC of the standard.
        let key = MasterKey::from_bytes([0x0b; 32]);
        let mut out = [0; 32];
        key.derive(b"salt", &[b"info", b""], &mut out).unwrap();
        let extract = ring::hmac::sign(&ring::hmac::Key::new(ring::hmac::HMAC_SHA256, b"salt"), &[0x0b; 32]);
        let expand =
            ring::hmac::sign(&ring::hmac::Key::new(ring::hmac::HMAC_SHA256, extract.as_ref()), b"info\x01");
        assert_eq!(out, expand.as_ref());
    }
}

#[cfg(test)]
#[cfg(not(feature = "encryption"))]
mod tests_without_encryption {
    use super::*;

    #[test]
    fn a_key_is_an_error_that_names_the_feature() {
        let error = MasterKey::parse(&"ab".repeat(32)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert!(error.context().contains("the feature `encryption`"), "{error}");
        let key = MasterKey::from_bytes([9; KEY_BYTES]);
        assert_eq!(key.derive(b"salt", &[b"info"], &mut [0; KEY_BYTES]), None);
    }
}
