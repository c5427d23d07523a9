//! What stands in the place of what was found.

use std::fmt::Write as _;

use hmac::{Hmac, Mac as _};
use quipu_core::Result;
use sha2::Sha256;

use super::settings::{HashKey, Mode, wrong};

/// Bytes of a hash that are shown: of a million values, two have the same token in one of forty million keys.
const SHOWN: usize = 8;

/// Makes what stands in the place of a find.
pub(super) struct Tokens {
    keyed: Option<Hmac<Sha256>>,
}

impl Tokens {
    pub fn new(key: Option<&HashKey>) -> Result<Self> {
        let keyed = key.map(|key| Hmac::new_from_slice(key.bytes())).transpose();
        Ok(Self { keyed: keyed.map_err(|cause| wrong("key", cause))? })
    }

    /// In the place of `value`, which is of this kind.
    pub fn of(&self, mode: Mode, kind: &str, value: &str) -> String {
        match (mode, &self.keyed) {
            (Mode::Drop, _) => String::new(),
            (Mode::Hash, Some(keyed)) => hashed(keyed.clone(), kind, value),
            // Without a key there is no hash: settings with one and without the other are refused.
            (Mode::Mask | Mode::Hash, _) => format!("[redacted:{kind}]"),
        }
    }
}

fn hashed(mut keyed: Hmac<Sha256>, kind: &str, value: &str) -> String {
    // The kind is part of it: a number that is two things has two tokens, and none says that they are the same.
    keyed.update(kind.as_bytes());
    keyed.update(&[0]);
    keyed.update(value.as_bytes());
    let mut token = format!("[{kind}:");
    for byte in keyed.finalize().into_bytes().iter().take(SHOWN) {
        // Writing to a String cannot fail.
        let _ = write!(token, "{byte:02x}");
    }
    token.push(']');
    token
}
