//! HTTP methods as attributes.

use http::Method;

/// The method, or `_OTHER` for an unknown one, because a client can invent any number of methods.
pub(crate) fn method_word(method: &Method) -> &'static str {
    const KNOWN: [&str; 10] =
        ["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "CONNECT", "TRACE", "QUERY"];
    KNOWN.into_iter().find(|known| *known == method.as_str()).unwrap_or("_OTHER")
}
