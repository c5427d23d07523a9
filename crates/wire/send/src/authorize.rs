//! Credentials that change over time: signatures, and tokens that expire.

use std::fmt;

use async_trait::async_trait;
use http::header::HeaderMap;
use quipu_core::Result;

/// A source of credentials for each request.
#[async_trait]
pub trait Authorize: fmt::Debug + Send + Sync {
    /// Returns the headers that authorise a POST of `body`, in its final encoding, to `url`. For gRPC the
    /// body is empty, so the headers must not depend on it.
    ///
    /// # Errors
    /// No credentials are available now; the error says whether a retry may help.
    async fn authorize(&self, url: &str, body: &[u8]) -> Result<HeaderMap>;

    /// Called after the server rejected the last credentials. Returns whether new ones may be accepted, so
    /// that the same request is worth another attempt.
    fn refused(&self) -> bool {
        false
    }
}
