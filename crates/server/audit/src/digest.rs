//! The hash of an entry, and the head of the chain.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest as _, Sha256};

/// SHA-256, written as 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Digest([u8; 32]);

impl Digest {
    /// The predecessor hash of the first entry.
    pub const NONE: Self = Self([0; 32]);

    /// The digest of the concatenated texts.
    pub(crate) fn of(pieces: &[&[u8]]) -> Self {
        let mut hasher = Sha256::new();
        for piece in pieces {
            hasher.update(piece);
        }
        Self(hasher.finalize().into())
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A text that is not a digest or a head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DigestError(&'static str);

impl fmt::Display for DigestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for DigestError {}

impl FromStr for Digest {
    type Err = DigestError;

    fn from_str(text: &str) -> Result<Self, DigestError> {
        let wrong = DigestError("not a SHA-256 digest: 64 lower-case hexadecimal digits");
        let value = |digit: u8| match digit {
            b'0'..=b'9' => Ok(digit - b'0'),
            b'a'..=b'f' => Ok(digit - b'a' + 10),
            _ => Err(wrong),
        };
        let mut bytes = [0; 32];
        if text.len() != 2 * bytes.len() {
            return Err(wrong);
        }
        for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            *byte = match pair {
                [high, low] => value(*high)? << 4 | value(*low)?,
                _ => return Err(wrong),
            };
        }
        Ok(Self(bytes))
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// The number and hash of an entry, written `SEQ:HASH`. A copy kept elsewhere proves later that the log up to
/// this entry is unchanged.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// The entry's number, from 1; 0 if there is no entry.
    pub seq: u64,
    /// The entry's hash.
    pub hash: Digest,
}

impl fmt::Display for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.seq, self.hash)
    }
}

impl FromStr for Head {
    type Err = DigestError;

    fn from_str(text: &str) -> Result<Self, DigestError> {
        let wrong = DigestError("not a head: the number of an entry, a colon, and its hash");
        let (seq, hash) = text.split_once(':').ok_or(wrong)?;
        Ok(Self { seq: seq.parse().map_err(|_| wrong)?, hash: hash.parse()? })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn heads_round_trip_and_bad_ones_are_refused() {
        let head = Head { seq: 7, hash: Digest::of(&[b"a", b"bc"]) };
        assert_eq!(head.hash, Digest::of(&[b"abc"]));
        // The example of FIPS 180-2, B.1.
        assert!(head.to_string().starts_with("7:ba7816bf8f01cfea"));
        assert_eq!(head.to_string().parse::<Head>().unwrap(), head);
        let hash = head.hash.to_string();
        for bad in
            ["", "7", ":", &hash, &format!("x:{hash}"), &format!("7:{}", hash.to_uppercase()), "7:ab", "7:é"]
        {
            assert!(bad.parse::<Head>().is_err(), "{bad}");
        }
    }
}
