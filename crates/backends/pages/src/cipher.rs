//! AES-256-GCM encryption of pages and frames, with separate keys for each file.
//!
//! Nonces are 96 random bits, a new one for each write. With random nonces a key may be used for 2^32 writes
//! (NIST SP 800-38D, 8.3). The keys of a day file are used for a few million.

use crate::crypto::{Aead, Zeroizing, fill_at_random};
use crate::header::{HEADER, SEAL_BYTES};
use crate::key::{KEY_BYTES, MasterKey, SALT_BYTES};

/// An AEAD key.
pub(crate) struct Cipher(Aead);

impl Cipher {
    /// Derives the key for one purpose.
    pub(crate) fn new(master: &MasterKey, salt: &[u8], purpose: &[u8]) -> Option<Self> {
        let mut key = Zeroizing::new([0; KEY_BYTES]);
        master.derive(salt, &[b"quipu pages 1 ", purpose], key.as_mut_slice())?;
        Some(Self(Aead::new(key.as_slice())?))
    }

    /// Encrypts in place; returns the nonce and the tag.
    pub(crate) fn seal(&self, bytes: &mut [u8], with: &[u8]) -> Option<[u8; SEAL_BYTES]> {
        let mut end = [0; SEAL_BYTES];
        self.0.seal(bytes, with, &mut end)?;
        Some(end)
    }

    /// Decrypts in place. `None` means that the bytes were changed since the write; the contents of `bytes`
    /// are then unusable.
    pub(crate) fn open(&self, bytes: &mut [u8], end: &[u8; SEAL_BYTES], with: &[u8]) -> Option<()> {
        self.0.open(bytes, end, with)
    }
}

/// The keys of one database.
pub(crate) struct FileKeys {
    pub(crate) salt: [u8; SALT_BYTES],
    pages: Cipher,
    frames: Cipher,
    sums: Cipher,
    journal: Cipher,
}

impl FileKeys {
    pub(crate) fn new(master: &MasterKey, salt: [u8; SALT_BYTES]) -> Option<Self> {
        let pages = Cipher::new(master, &salt, b"pages")?;
        let frames = Cipher::new(master, &salt, b"frames")?;
        let sums = Cipher::new(master, &salt, b"sums")?;
        Some(Self { salt, pages, frames, sums, journal: Cipher::new(master, &salt, b"journal")? })
    }

    /// Draws the keys of a new file.
    pub(crate) fn draw(master: &MasterKey) -> Option<Self> {
        let mut salt = [0; SALT_BYTES];
        fill_at_random(&mut salt)?;
        Self::new(master, salt)
    }

    /// Encrypts a page whose last [`SEAL_BYTES`] are free. The header of the first page stays readable and is
    /// authenticated.
    pub(crate) fn seal_page(&self, page: &mut [u8], number: u64) -> Option<()> {
        let (content, end) = page.split_last_chunk_mut::<SEAL_BYTES>()?;
        let (clear, secret) = content.split_at_mut_checked(if number == 1 { HEADER } else { 0 })?;
        *end = self.pages.seal(secret, &Self::about_page(clear, number))?;
        Some(())
    }

    /// Decrypts a page; its last bytes become zero.
    pub(crate) fn open_page(&self, page: &mut [u8], number: u64) -> Option<()> {
        let (content, end) = page.split_last_chunk_mut::<SEAL_BYTES>()?;
        let (clear, secret) = content.split_at_mut_checked(if number == 1 { HEADER } else { 0 })?;
        self.pages.open(secret, end, &Self::about_page(clear, number))?;
        end.fill(0);
        Some(())
    }

    fn about_page(clear: &[u8], number: u64) -> Vec<u8> {
        [&number.to_be_bytes(), clear].concat()
    }

    /// Encrypts a page of a rollback journal whose last [`SEAL_BYTES`] are free. `about` is its offset in the
    /// journal and its number.
    pub(crate) fn seal_record(&self, page: &mut [u8], about: &[u8]) -> Option<()> {
        let (content, end) = page.split_last_chunk_mut::<SEAL_BYTES>()?;
        *end = self.journal.seal(content, about)?;
        Some(())
    }

    /// Decrypts a page of a rollback journal; its last bytes become zero.
    pub(crate) fn open_record(&self, page: &mut [u8], about: &[u8]) -> Option<()> {
        let (content, end) = page.split_last_chunk_mut::<SEAL_BYTES>()?;
        self.journal.open(content, end, about)?;
        end.fill(0);
        Some(())
    }

    /// Encrypts the page of a WAL frame that begins with `header`.
    pub(crate) fn seal_frame(
        &self,
        page: &mut [u8],
        frame: u64,
        header: &[u8; 8],
    ) -> Option<[u8; SEAL_BYTES]> {
        self.frames.seal(page, &Self::about_frame(frame, header))
    }

    /// Decrypts the page of a WAL frame.
    pub(crate) fn open_frame(
        &self,
        page: &mut [u8],
        end: &[u8; SEAL_BYTES],
        frame: u64,
        header: &[u8; 8],
    ) -> Option<()> {
        self.frames.open(page, end, &Self::about_frame(frame, header))
    }

    /// Encrypts the checksums of a WAL frame. `before` is the frame's header before them, and is
    /// authenticated.
    pub(crate) fn seal_sums(&self, sums: &mut [u8], frame: u64, before: &[u8]) -> Option<[u8; SEAL_BYTES]> {
        self.sums.seal(sums, &[&frame.to_be_bytes(), before].concat())
    }

    /// Decrypts the checksums of a WAL frame.
    pub(crate) fn open_sums(
        &self,
        sums: &mut [u8],
        end: &[u8; SEAL_BYTES],
        frame: u64,
        before: &[u8],
    ) -> Option<()> {
        self.sums.open(sums, end, &[&frame.to_be_bytes(), before].concat())
    }

    /// The page's number and the size of the database after a commit. Salts and checksums are excluded,
    /// because SQLite may fill them in later, at the commit.
    fn about_frame(frame: u64, header: &[u8; 8]) -> [u8; 16] {
        let mut about = [0; 16];
        about[..8].copy_from_slice(&frame.to_be_bytes());
        about[8..].copy_from_slice(header);
        about
    }
}
