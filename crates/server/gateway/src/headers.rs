//! The headers that are passed on, and those that are removed.

use http::header::{
    ACCEPT_ENCODING, CONNECTION, CONTENT_LENGTH, EXPECT, HOST, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, TE,
    TRANSFER_ENCODING, UPGRADE,
};
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::coding::READABLE;

/// The prefix of headers for the gateway.
pub(crate) const OURS: &str = "x-quipu-";

/// Headers that contain callers' keys. They are marked as sensitive, so debug output hides them and HTTP/2
/// does not index them ([RFC 7541 7.1.3](https://www.rfc-editor.org/rfc/rfc7541#section-7.1.3)).
const KEYS: [&str; 5] = ["authorization", "x-api-key", "api-key", "x-goog-api-key", "cookie"];

/// Headers that name the host of the request to the gateway. A provider could take it for its own.
const HOSTS: [&str; 6] = [
    "forwarded",
    "x-forwarded-host",
    "x-forwarded-server",
    "x-host",
    "x-original-host",
    "x-http-host-override",
];

/// Removes headers of one connection, which a proxy must not pass on
/// ([RFC 9110 7.6.1](https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1), 11.7), and those that
/// `Connection` names. It also removes a length next to chunks, which could make the next hop read another
/// message ([RFC 9112 6.1](https://www.rfc-editor.org/rfc/rfc9112#section-6.1)).
fn end_here(headers: &mut HeaderMap) {
    if headers.contains_key(TRANSFER_ENCODING) {
        headers.remove(CONTENT_LENGTH);
    }
    let named: Vec<HeaderName> = headers
        .get_all(CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    for name in named {
        headers.remove(name);
    }
    for name in [CONNECTION, TE, TRANSFER_ENCODING, UPGRADE, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION] {
        headers.remove(name);
    }
    for name in ["keep-alive", "proxy-connection"] {
        headers.remove(name);
    }
}

/// Prepares the headers of a request for the upstream.
///
/// `Host` becomes the upstream's, and other headers that name a host are removed. A held body gets a new
/// length. `Expect` is removed, because the gateway has answered it.
pub(crate) fn to_upstream(headers: &mut HeaderMap, is_held: bool) {
    end_here(headers);
    headers.remove(HOST);
    headers.remove(EXPECT);
    let is_removed = |name: &str| name.starts_with(OURS) || HOSTS.contains(&&*name.replace('_', "-"));
    let ours: Vec<HeaderName> = headers.keys().filter(|name| is_removed(name.as_str())).cloned().collect();
    for name in ours {
        headers.remove(name);
    }
    for (name, value) in headers.iter_mut() {
        if KEYS.contains(&name.as_str()) {
            value.set_sensitive(true);
        }
    }
    if is_held {
        headers.remove(CONTENT_LENGTH);
    }
}

/// Prepares the headers of an answer for the client.
pub(crate) fn to_client(headers: &mut HeaderMap) {
    end_here(headers);
}

/// Removes unsupported codings from the accepted ones. Without the header, providers do not compress in
/// practice.
pub(crate) fn narrow(headers: &mut HeaderMap) {
    if !headers.contains_key(ACCEPT_ENCODING) {
        return;
    }
    let accepted: Vec<&str> =
        headers.get_all(ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok()).collect();
    let readable = |part: &&str| {
        let coding = part.split(';').next().unwrap_or_default().trim();
        READABLE.iter().any(|known| coding.eq_ignore_ascii_case(known))
    };
    let all: Vec<&str> = accepted.iter().flat_map(|value| value.split(',')).map(str::trim).collect();
    let kept: Vec<&str> = all.iter().copied().filter(|part| readable(part)).collect();
    if kept.len() == all.len() {
        return;
    }
    let kept = if kept.is_empty() { "identity".to_owned() } else { kept.join(", ") };
    if let Ok(value) = HeaderValue::from_str(&kept) {
        headers.insert(ACCEPT_ENCODING, value);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    fn map(all: &[(&str, &str)]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in all {
            map.append(name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
        }
        map
    }

    #[test]
    fn what_belongs_to_a_connection_ends_here() {
        let mut headers = map(&[
            ("connection", "keep-alive, X-Private"),
            ("x-private", "1"),
            ("keep-alive", "timeout=5"),
            ("transfer-encoding", "chunked"),
            ("te", "trailers"),
            ("upgrade", "websocket"),
            ("proxy-authorization", "Basic x"),
            ("host", "127.0.0.1"),
            ("x-quipu-session", "s"),
            ("x-forwarded-host", "evil.example"),
            ("x_original_host", "evil.example"),
            ("forwarded", "host=evil.example"),
            ("authorization", "Bearer k"),
            ("openai-beta", "x=1"),
            ("traceparent", "00-x"),
            ("content-length", "5"),
        ]);
        to_upstream(&mut headers, true);
        let mut left: Vec<&str> = headers.keys().map(HeaderName::as_str).collect();
        left.sort_unstable();
        assert_eq!(left, ["authorization", "openai-beta", "traceparent"]);
    }

    #[test]
    fn a_length_beside_chunks_is_not_passed_on() {
        let both = map(&[("content-length", "5"), ("transfer-encoding", "chunked")]);
        let (mut up, mut down) = (both.clone(), both);
        to_upstream(&mut up, false);
        to_client(&mut down);
        assert!(up.is_empty() && down.is_empty());
        let mut length = map(&[("content-length", "5")]);
        to_upstream(&mut length, false);
        assert_eq!(length[CONTENT_LENGTH], "5", "an upload's length is passed on");
    }

    #[test]
    fn no_output_for_debugging_shows_a_key() {
        let mut headers = map(&KEYS.map(|name| (name, "secret")));
        to_upstream(&mut headers, true);
        assert_eq!(headers.len(), KEYS.len());
        assert!(!format!("{headers:?}").contains("secret"));
    }

    #[test]
    fn codings_that_cannot_be_read_are_not_asked_for() {
        for (said, kept) in [
            ("gzip, deflate, br, zstd", "gzip, deflate, zstd"),
            ("gzip, deflate", "gzip, deflate"),
            ("br", "identity"),
            ("*", "identity"),
            ("gzip;q=1.0, br;q=0.5", "gzip;q=1.0"),
        ] {
            let mut headers = map(&[("accept-encoding", said)]);
            narrow(&mut headers);
            assert_eq!(headers[ACCEPT_ENCODING], kept, "{said}");
        }
    }
}
