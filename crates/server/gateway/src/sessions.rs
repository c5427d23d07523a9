//! Sessions by response id, for requests that name only the previous response.

use std::num::NonZeroUsize;

use lru::LruCache;
use quipu_core::locks::Mutex;

/// Responses that are remembered.
const MOST: NonZeroUsize = NonZeroUsize::MIN.saturating_add(16_383);

/// Sessions of the latest responses, by the response's id.
pub(crate) struct Sessions(Mutex<LruCache<String, String>>);

impl Default for Sessions {
    fn default() -> Self {
        Self(Mutex::new(LruCache::new(MOST)))
    }
}

impl Sessions {
    /// Returns the session of a response.
    pub fn of(&self, response: &str) -> Option<String> {
        self.0.lock().get(response).cloned()
    }

    /// Stores a response's session.
    pub fn keep(&self, response: &str, session: &str) {
        self.0.lock().put(response.to_owned(), session.to_owned());
    }
}
