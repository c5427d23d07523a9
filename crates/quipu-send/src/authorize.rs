//! Rights to send that change as time passes: signatures, and tokens that expire.

use std::fmt;

use async_trait::async_trait;
use http::header::HeaderMap;
use quipu_core::Result;

/// Gives each request what lets it in.
#[async_trait]
pub trait Authorize: fmt::Debug + Send + Sync {
    /// The headers that let in a POST of `body`, as it goes over the wire, to `url`. For gRPC the body is empty: what is given must not
    /// depend on it.
    ///
    /// # Errors
    /// There is no right to be had now; the error says whether there may be later.
    async fn authorize(&self, url: &str, body: &[u8]) -> Result<HeaderMap>;

    /// The other side said that what was given last is not right. Whether a new one may be: then the same request is worth another attempt.
    fn refused(&self) -> bool {
        false
    }
}
