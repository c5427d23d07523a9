//! Trace and span ids as OpenTelemetry defines them: 16 and 8 bytes, never all zero.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// The reason why bytes or text are not an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdError {
    /// The id has the wrong number of bytes.
    Length {
        /// Name of the id: `trace id` or `span id`.
        what: &'static str,
        /// Bytes found.
        have: usize,
        /// Bytes required.
        want: usize,
    },
    /// Every byte is zero, which the W3C trace context forbids.
    Zero {
        /// Name of the id: `trace id` or `span id`.
        what: &'static str,
    },
    /// The text contains other characters than hexadecimal digits.
    Hex {
        /// Name of the id: `trace id` or `span id`.
        what: &'static str,
    },
}

impl fmt::Display for IdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Length { what, have, want } => write!(f, "{what} has {have} bytes, not {want}"),
            Self::Zero { what } => write!(f, "{what} is all zero"),
            Self::Hex { what } => write!(f, "{what} is not hexadecimal"),
        }
    }
}

impl std::error::Error for IdError {}

fn digit(c: u8) -> Option<u8> {
    char::from(c).to_digit(16).and_then(|d| u8::try_from(d).ok())
}

fn parse<const N: usize>(what: &'static str, text: &str) -> Result<[u8; N], IdError> {
    let hex = text.as_bytes();
    if hex.len() != 2 * N {
        return Err(IdError::Length { what, have: hex.len() / 2, want: N });
    }
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(hex.chunks_exact(2)) {
        match (digit(pair[0]), digit(pair[1])) {
            (Some(high), Some(low)) => *byte = high << 4 | low,
            _ => return Err(IdError::Hex { what }),
        }
    }
    Ok(bytes)
}

macro_rules! id {
    ($name:ident, $size:literal, $what:literal, $doc:literal) => {
        #[doc = $doc]
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; $size]);

        impl $name {
            /// Bytes of an id.
            pub const SIZE: usize = $size;

            /// The lowest valid id. A placeholder where a result does not depend on the id.
            pub const LOWEST: Self = {
                let mut bytes = [0; $size];
                bytes[$size - 1] = 1;
                Self(bytes)
            };

            /// Reads an id from the bytes of a wire format.
            ///
            /// # Errors
            /// The length is wrong, or every byte is zero.
            pub fn from_slice(bytes: &[u8]) -> Result<Self, IdError> {
                let bytes: [u8; $size] = bytes.try_into().map_err(|_| IdError::Length {
                    what: $what,
                    have: bytes.len(),
                    want: $size,
                })?;
                Self::from_bytes(bytes)
            }

            /// Creates an id from an array of the right length.
            ///
            /// # Errors
            /// Every byte is zero.
            pub fn from_bytes(bytes: [u8; $size]) -> Result<Self, IdError> {
                if bytes == [0; $size] { Err(IdError::Zero { what: $what }) } else { Ok(Self(bytes)) }
            }

            /// An id of the first bytes of a hash.
            #[allow(dead_code, reason = "the feature `full` uses it")]
            pub(crate) fn of_digest(digest: &[u8; 32]) -> Self {
                let mut bytes = [0; $size];
                bytes.copy_from_slice(&digest[..$size]);
                // An id is never all zero.
                bytes[$size - 1] |= 1;
                Self(bytes)
            }

            /// The bytes, most significant first.
            pub const fn as_bytes(&self) -> &[u8; $size] {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                parse::<$size>($what, text).and_then(Self::from_bytes)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                if to.is_human_readable() { to.collect_str(self) } else { self.0.serialize(to) }
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                if from.is_human_readable() {
                    let text = <std::borrow::Cow<'de, str>>::deserialize(from)?;
                    text.parse().map_err(de::Error::custom)
                } else {
                    Self::from_bytes(<[u8; $size]>::deserialize(from)?).map_err(de::Error::custom)
                }
            }
        }
    };
}

id!(
    TraceId,
    16,
    "trace id",
    "Names one trace: 16 bytes, not all zero; text form is 32 lower-case hex digits."
);
id!(
    SpanId,
    8,
    "span id",
    "Names one span within its trace: 8 bytes, not all zero; text form is 16 lower-case hex digits."
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_round_trips() {
        let id: TraceId = "0AF7651916cd43dd8448eb211c80319c".parse().unwrap();
        assert_eq!(id.to_string(), "0af7651916cd43dd8448eb211c80319c");
    }

    #[test]
    fn wrong_ids_say_what_is_wrong() {
        assert_eq!(SpanId::from_slice(&[1, 2]).unwrap_err().to_string(), "span id has 2 bytes, not 8");
        assert_eq!(SpanId::from_slice(&[0; 8]).unwrap_err().to_string(), "span id is all zero");
        assert_eq!(
            "zz00000000000001".parse::<SpanId>().unwrap_err().to_string(),
            "span id is not hexadecimal"
        );
    }
}
