//! Generated secrets: the text of a key, and the token of a session.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use quipu_core::{Error, ErrorKind, Result};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

/// The prefix of every key, for scanners that look for leaked secrets.
const PREFIX: &str = "qk_";
/// Characters of a key's public id.
const ID: usize = 8;
/// Characters of 32 bytes in base64url without padding (RFC 4648 section 5).
const SECRET: usize = 43;
/// Letters of a public id.
const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
/// The minimum length of a key that an operator supplies, in characters.
pub const SHORTEST_BOOTSTRAP: usize = 32;
/// Distinct characters that such a key needs.
const DIFFERENT: usize = 8;

/// The stored form of a secret: its SHA-256.
///
/// Argon2 protects secrets that people choose. Ours have 256 random bits, so guessing is hopeless at any
/// speed. They come with every request, so each request would pay the cost of argon2.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Hashed([u8; 32]);

impl Hashed {
    /// Hashes a secret.
    pub fn of(secret: &str) -> Self {
        Self(Sha256::digest(secret.as_bytes()).into())
    }

    /// Reads a stored hash; `None` if the length is wrong.
    pub fn from_stored(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// The bytes to store.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Compares two hashes in constant time.
    pub fn is(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl fmt::Debug for Hashed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// The text of a key: `qk_`, a public id, `_`, and 32 random bytes as base64url. Shown once, never stored.
#[derive(Clone, PartialEq, Eq)]
pub struct KeyText(String);

impl KeyText {
    /// Generates a key.
    ///
    /// # Errors
    /// The system has no random bytes.
    pub fn make() -> Result<Self> {
        let mut id = [0_u8; ID];
        fill(&mut id)?;
        let id: String = id.iter().map(|byte| char::from(LETTERS[usize::from(byte % 32)])).collect();
        Ok(Self(format!("{PREFIX}{id}_{}", token()?)))
    }

    /// Parses the form of a key; `None` for a text of another form.
    pub fn read(text: &str) -> Option<Self> {
        let rest = text.strip_prefix(PREFIX)?;
        let (id, secret) = (rest.get(..ID)?, rest.get(ID..)?.strip_prefix('_')?);
        let letters = id.bytes().all(|byte| LETTERS.contains(&byte));
        let whole = secret.len() == SECRET && URL_SAFE_NO_PAD.decode(secret).is_ok();
        (letters && whole).then(|| Self(text.to_owned()))
    }

    /// The public id, which may be shown and logged.
    pub fn id(&self) -> &str {
        &self.0[PREFIX.len()..PREFIX.len() + ID]
    }

    /// The whole text, for its owner only.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for KeyText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}{}_***", self.id())
    }
}

/// Returns 32 random bytes as base64url.
///
/// # Errors
/// The system has no random bytes.
pub fn token() -> Result<String> {
    let mut bytes = [0_u8; 32];
    fill(&mut bytes)?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

fn fill(bytes: &mut [u8]) -> Result<()> {
    getrandom::fill(bytes).map_err(|error| {
        let text = "the system provides no random bytes";
        Error::new(ErrorKind::Internal, "make a secret", text).caused_by(error.to_string())
    })
}

/// Returns why a key from an operator is too weak; `None` if it is valid.
pub fn too_weak(text: &str) -> Option<String> {
    if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Some("it must be printable ASCII without spaces".into());
    }
    let mut letters: Vec<u8> = text.bytes().collect();
    letters.sort_unstable();
    letters.dedup();
    (text.len() < SHORTEST_BOOTSTRAP || letters.len() < DIFFERENT).then(|| {
        format!("it must have at least {SHORTEST_BOOTSTRAP} random characters, such as `openssl rand -hex 32` gives")
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_key_reads_back_and_shows_only_its_id() {
        let key = KeyText::make().unwrap();
        assert_eq!(key.expose().len(), 55);
        assert_eq!(KeyText::read(key.expose()).unwrap(), key);
        assert_ne!(key, KeyText::make().unwrap());
        assert_eq!(format!("{key:?}"), format!("qk_{}_***", key.id()));
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(text in ".{0,80}") {
            if let Some(key) = KeyText::read(&text) {
                prop_assert_eq!(key.expose(), text);
            }
        }

        #[test]
        fn a_key_with_one_character_changed_has_another_hash(at in 0_usize..55, by in 33_u8..127) {
            let key = KeyText::make().unwrap();
            let mut bytes = key.expose().as_bytes().to_vec();
            prop_assume!(bytes[at] != by);
            bytes[at] = by;
            let other = String::from_utf8(bytes).unwrap();
            prop_assert!(!Hashed::of(&other).is(&Hashed::of(key.expose())));
        }
    }

    #[test]
    fn guessable_keys_from_outside_are_refused() {
        assert!(too_weak("short").is_some());
        assert!(too_weak(&"a".repeat(64)).is_some());
        assert!(too_weak(&format!("{} x", "0123456789abcdef".repeat(2))).is_some());
        assert_eq!(too_weak(&"0123456789abcdef".repeat(2)), None);
    }
}
