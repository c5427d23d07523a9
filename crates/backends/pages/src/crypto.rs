//! Cryptography of the pages, by `ring`.

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hkdf::{HKDF_SHA256, KeyType, Salt};
use ring::rand::{SecureRandom, SystemRandom};

pub(crate) use zeroize::Zeroizing;

/// Whether this build can encrypt.
pub(crate) const AVAILABLE: bool = true;

struct Length(usize);

impl KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

/// HKDF-SHA256 (RFC 5869).
pub(crate) fn derive(key: &[u8], salt: &[u8], info: &[&[u8]], out: &mut [u8]) -> Option<()> {
    let key = Salt::new(HKDF_SHA256, salt).extract(key);
    key.expand(info, Length(out.len())).ok()?.fill(out).ok()
}

/// Fills the bytes at random; `None` if the system has no random bytes.
pub(crate) fn fill_at_random(bytes: &mut [u8]) -> Option<()> {
    SystemRandom::new().fill(bytes).ok()
}

/// A key of AES-256-GCM.
pub(crate) struct Aead(LessSafeKey);

impl Aead {
    /// `None` unless the key has 32 bytes.
    pub(crate) fn new(key: &[u8]) -> Option<Self> {
        Some(Self(LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key).ok()?)))
    }

    /// Encrypts in place, and writes the nonce and the tag into `end`.
    pub(crate) fn seal(&self, bytes: &mut [u8], with: &[u8], end: &mut [u8]) -> Option<()> {
        let (nonce, tag) = end.split_at_mut(NONCE_LEN);
        fill_at_random(nonce)?;
        let once = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let made = self.0.seal_in_place_separate_tag(once, Aad::from(with), bytes).ok()?;
        tag.copy_from_slice(made.as_ref());
        Some(())
    }

    /// Decrypts in place; `None` if the bytes were changed since the write.
    pub(crate) fn open(&self, bytes: &mut [u8], end: &[u8], with: &[u8]) -> Option<()> {
        let (nonce, tag) = end.split_at(NONCE_LEN);
        let once = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let tag = tag.try_into().ok()?;
        self.0.open_in_place_separate_tag(once, Aad::from(with), tag, bytes, 0..).ok().map(drop)
    }
}
