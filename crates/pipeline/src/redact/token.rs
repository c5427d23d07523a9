//! Replacement texts for findings.

use std::fmt::Write as _;

use hmac_sha256::HMAC;

use super::config::{HashKey, Mode};

/// Shown bytes of a hash. Among a million values, two have the same token in one of forty million keys.
const SHOWN: usize = 8;

/// Creates replacement texts.
pub(super) struct Tokens {
    keyed: Option<HMAC>,
}

impl Tokens {
    pub fn new(key: Option<&HashKey>) -> Self {
        Self { keyed: key.map(|key| HMAC::new(key.bytes())) }
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

fn hashed(mut keyed: HMAC, kind: &str, value: &str) -> String {
    // The hash includes the kind, so a number with two kinds gets two unrelated tokens.
    keyed.update(kind.as_bytes());
    keyed.update([0]);
    keyed.update(value.as_bytes());
    let digest = keyed.finalize();
    let mut shown = [0; SHOWN];
    shown.copy_from_slice(&digest[..SHOWN]);
    format!("[{kind}:{}]", lettered(shown))
}

/// Hexadecimal digits with at least one letter: a mark with digits only would be read as a number.
fn lettered(mut shown: [u8; SHOWN]) -> String {
    if shown.iter().all(|byte| byte >> 4 < 10 && byte & 15 < 10) {
        // A first digit from 0 to 9 becomes a letter from a to f.
        shown[0] = (10 + (shown[0] >> 4) % 6) << 4 | shown[0] & 15;
    }
    let mut text = String::with_capacity(2 * SHOWN);
    for byte in shown {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_has_a_letter() {
        for (shown, text) in [
            ([0x00, 0x04, 0x49, 0x61, 0x94, 0x43, 0x57, 0x83], "a004496194435783"),
            ([0x99; SHOWN], "d999999999999999"),
            ([0x00, 0, 0, 0, 0, 0, 0, 0x0a], "000000000000000a"),
        ] {
            assert_eq!(lettered(shown), text);
        }
    }
}
