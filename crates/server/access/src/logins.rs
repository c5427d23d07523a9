//! Logins by OpenID Connect in progress.

use std::net::IpAddr;
use std::num::NonZeroUsize;

use lru::LruCache;
use quipu_core::Timestamp;
use quipu_core::locks::Mutex;
use quipu_oidc::Begun;

use crate::secret::Hashed;

/// Maximum number of logins in progress; a new one removes the oldest.
const MOST: usize = 1_000;
/// Maximum number of logins in progress from one address, so that one client cannot displace all others.
const MOST_OF_ONE: usize = 50;

/// Logins in progress by the hash of their cookie. Their contents never leave the server.
pub(crate) struct Logins(Mutex<LruCache<Hashed, Waiting>>);

/// A login in progress.
pub(crate) struct Waiting {
    pub begun: Begun,
    pub redirect: String,
    pub since: Timestamp,
    pub from: Option<IpAddr>,
}

impl Default for Logins {
    fn default() -> Self {
        let mut waiting = LruCache::unbounded();
        waiting.resize(NonZeroUsize::new(MOST).unwrap_or(NonZeroUsize::MIN));
        Self(Mutex::new(waiting))
    }
}

impl Logins {
    /// Adds a login. It may remove the oldest one, or the oldest of the same address.
    pub fn put(&self, cookie: Hashed, login: Waiting) {
        let mut all = self.0.lock();
        // The cache iterates from the latest login on.
        let own = all.iter().filter(|(_, other)| other.from == login.from).skip(MOST_OF_ONE - 1);
        let over: Vec<Hashed> = own.map(|(cookie, _)| *cookie).collect();
        for cookie in over {
            all.pop(&cookie);
        }
        all.put(cookie, login);
    }

    /// Takes the login of a cookie, which is valid once.
    pub fn take(&self, cookie: &Hashed) -> Option<Waiting> {
        self.0.lock().pop(cookie)
    }
}
