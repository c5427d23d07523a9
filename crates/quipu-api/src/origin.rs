//! Whose pages may watch and write. WebSockets are not bound by the same-origin policy, so the server checks (RFC 6455, section
//! 10.2); neither are requests that a browser takes for simple ones (Fetch standard, section 2.2.2).

use axum::http::uri::Uri;
use axum::http::{Extensions, HeaderMap, StatusCode, header};

use crate::Problem;
use crate::state::OriginChecked;

/// Refuses requests of another origin's pages, unless that was looked after before.
pub(crate) fn check(extensions: &Extensions, headers: &HeaderMap, uri: &Uri) -> Result<(), Problem> {
    if extensions.get::<OriginChecked>().is_some() || !is_foreign(headers, uri) {
        return Ok(());
    }
    let detail = "The header Origin names another host than the header Host.";
    Err(Problem::new(StatusCode::FORBIDDEN, "denied", "Foreign origin", detail))
}

/// Whether a page of another origin asks. Clients that are no browser send no `Origin`.
fn is_foreign(headers: &HeaderMap, uri: &Uri) -> bool {
    let Some(origin) = headers.get(header::ORIGIN) else {
        return false;
    };
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let host = host.or_else(|| uri.authority().map(axum::http::uri::Authority::as_str));
    let same = origin.to_str().ok().zip(host).is_some_and(|(origin, host)| is_same(origin, host));
    !same
}

fn is_same(origin: &str, host: &str) -> bool {
    let Some((scheme, named)) = origin.split_once("://") else {
        return false;
    };
    let port = match scheme {
        "http" => "80",
        "https" => "443",
        _ => return false,
    };
    with_port(named, port).eq_ignore_ascii_case(&with_port(host, port))
}

fn with_port(host: &str, port: &str) -> String {
    let last = host.rsplit(']').next().unwrap_or(host);
    if last.contains(':') { host.to_owned() } else { format!("{host}:{port}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_host_and_port_is_at_home() {
        for (origin, host) in [
            ("http://127.0.0.1:8080", "127.0.0.1:8080"),
            ("http://Example.test", "example.test:80"),
            ("https://example.test:443", "example.test"),
            ("http://[::1]:8080", "[::1]:8080"),
            ("http://[::1]", "[::1]"),
        ] {
            assert!(is_same(origin, host), "{origin} {host}");
        }
        for (origin, host) in [
            ("http://127.0.0.1:3000", "127.0.0.1:8080"),
            ("http://evil.test", "127.0.0.1:8080"),
            ("http://127.0.0.1:8080.evil.test", "127.0.0.1:8080"),
            ("null", "127.0.0.1:8080"),
            ("file://", "127.0.0.1:8080"),
        ] {
            assert!(!is_same(origin, host), "{origin} {host}");
        }
    }
}
