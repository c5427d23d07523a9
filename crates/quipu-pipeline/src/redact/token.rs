//! Replacement texts for findings.

use std::fmt::Write as _;

use hmac::{Hmac, Mac as _};
use quipu_core::Result;
use sha2::Sha256;

use super::settings::{HashKey, Mode, wrong};

/// Shown bytes of a hash. Among a million values, two have the same token in one of forty million keys.
const SHOWN: usize = 8;

/// Creates replacement texts.
pub(super) struct Tokens {
    keyed: Option<Hmac<Sha256>>,
}

impl Tokens {
    pub fn new(key: Option<&HashKey>) -> Result<Self> {
        let keyed = key.map(|key| Hmac::new_from_slice(key.bytes())).transpose();
        Ok(Self { keyed: keyed.map_err(|cause| wrong("key", cause))? })
    }

    /// Replacement for `value` of this kind.
    pub fn of(&self, mode: Mode, kind: &str, value: &str) -> String {
        match (mode, &self.keyed) {
            (Mode::Drop, _) => String::new(),
            (Mode::Hash, Some(keyed)) => hashed(keyed.clone(), kind, value),
            // The check of the config rejects a hash mode without a key.
            (Mode::Mask | Mode::Hash, _) => format!("[redacted:{kind}]"),
        }
    }
}

fn hashed(mut keyed: Hmac<Sha256>, kind: &str, value: &str) -> String {
    // The hash includes the kind, so a number with two kinds gets two unrelated tokens.
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
