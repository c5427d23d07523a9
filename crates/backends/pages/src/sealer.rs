//! Encryption of frames in files outside SQLite, such as spools.

use std::fmt;

use crate::cipher::Cipher;
use crate::crypto::fill_at_random;
use crate::header::SEAL_BYTES;
use crate::key::{MasterKey, SALT_BYTES};

/// Bytes that encryption adds to a frame.
const MORE: usize = SALT_BYTES + SEAL_BYTES;

/// Encrypts and decrypts frames for one purpose, with keys derived from a master key.
///
/// Each process draws a salt and thereby a key, so no key comes near the limit of 2^32 frames with random
/// nonces. The salt precedes each frame. A frame for one purpose or place cannot be decrypted for another.
pub struct Sealer {
    master: MasterKey,
    purpose: Vec<u8>,
    salt: [u8; SALT_BYTES],
    cipher: Cipher,
}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealer({})", self.master.id())
    }
}

impl Sealer {
    /// `None` if the system has no random bytes.
    pub(crate) fn new(master: &MasterKey, purpose: &str) -> Option<Self> {
        let purpose = [b"frames of ", purpose.as_bytes()].concat();
        let mut salt = [0; SALT_BYTES];
        fill_at_random(&mut salt)?;
        let cipher = Cipher::new(master, &salt, &purpose)?;
        Some(Self { master: master.clone(), purpose, salt, cipher })
    }

    /// Encrypts a frame. `place` identifies its location, such as the file's name and the frame's number, and
    /// is not stored.
    ///
    /// `None` if the system has no random bytes.
    pub fn seal(&self, frame: &[u8], place: &[u8]) -> Option<Vec<u8>> {
        let mut sealed = Vec::with_capacity(frame.len() + MORE);
        sealed.extend_from_slice(&self.salt);
        sealed.extend_from_slice(frame);
        let end = self.cipher.seal(sealed.get_mut(SALT_BYTES..)?, place)?;
        sealed.extend_from_slice(&end);
        Some(sealed)
    }

    /// Decrypts a frame; `None` if it was not encrypted for this place with this key.
    pub fn open(&self, sealed: &[u8], place: &[u8]) -> Option<Vec<u8>> {
        let (salt, rest) = sealed.split_first_chunk::<SALT_BYTES>()?;
        let (secret, end) = rest.split_last_chunk::<SEAL_BYTES>()?;
        let mut frame = secret.to_vec();
        if *salt == self.salt {
            self.cipher.open(&mut frame, end, place)?;
        } else {
            Cipher::new(&self.master, salt, &self.purpose)?.open(&mut frame, end, place)?;
        }
        Some(frame)
    }
}

#[cfg(test)]
#[cfg(feature = "encryption")]
mod tests {
    use super::*;

    #[test]
    fn a_frame_opens_where_it_belongs_and_nowhere_else() {
        let key = MasterKey::from_bytes(std::array::from_fn(|at| u8::try_from(at).unwrap()));
        let [one, again] = [(); 2].map(|()| Sealer::new(&key, "spool").unwrap());
        for frame in [&b""[..], b"some words of a prompt"] {
            let sealed = one.seal(frame, b"a/7").unwrap();
            assert_ne!(sealed, one.seal(frame, b"a/7").unwrap());
            assert!(frame.is_empty() || !sealed.windows(frame.len()).any(|part| part == frame));
            for sealer in [&one, &again] {
                assert_eq!(sealer.open(&sealed, b"a/7").as_deref(), Some(frame));
                assert_eq!(sealer.open(&sealed, b"a/8"), None);
            }
            assert_eq!(Sealer::new(&key, "letters").unwrap().open(&sealed, b"a/7"), None);
            let other = MasterKey::from_bytes([1; 32]);
            assert_eq!(Sealer::new(&other, "spool").unwrap().open(&sealed, b"a/7"), None);
            for at in 0..sealed.len() {
                let mut bent = sealed.clone();
                bent[at] ^= 0x10;
                assert_eq!(one.open(&bent, b"a/7"), None, "{at}");
            }
            (0..sealed.len()).for_each(|length| assert_eq!(one.open(&sealed[..length], b"a/7"), None));
        }
    }
}
