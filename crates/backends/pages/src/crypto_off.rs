//! Cryptography of a build without the feature `encryption`: there is none, and no key is ever accepted.

use std::convert::Infallible;
use std::ops::{Deref, DerefMut};

/// Whether this build can encrypt.
pub(crate) const AVAILABLE: bool = false;

/// Bytes that a build with encryption wipes. This build holds no key.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Zeroizing<T>(T);

impl<T> Zeroizing<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self(value)
    }
}

impl<T> Deref for Zeroizing<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> DerefMut for Zeroizing<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

pub(crate) const fn derive(_key: &[u8], _salt: &[u8], _info: &[&[u8]], _out: &mut [u8]) -> Option<()> {
    None
}

pub(crate) const fn fill_at_random(_bytes: &mut [u8]) -> Option<()> {
    None
}

/// A key that never exists.
pub(crate) struct Aead(Infallible);

impl Aead {
    pub(crate) const fn new(_key: &[u8]) -> Option<Self> {
        None
    }

    pub(crate) fn seal(&self, _bytes: &mut [u8], _with: &[u8], _end: &mut [u8]) -> Option<()> {
        match self.0 {}
    }

    pub(crate) fn open(&self, _bytes: &mut [u8], _end: &[u8], _with: &[u8]) -> Option<()> {
        match self.0 {}
    }
}
