//! Checks of origin and host. Browsers attach cookies to requests of every page, and accept any name that
//! resolves to the server.

use std::net::IpAddr;

use axum::http::{HeaderMap, header};

use crate::client::{Client, bare};

/// The origin of the page that sent a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sender {
    /// This server's origin.
    Ours,
    /// Another origin.
    Foreign,
    /// Unknown: not a browser, or a request without an origin header, such as an opened link.
    Unsaid,
}

/// Reads the origin from `Sec-Fetch-Site` (Fetch Metadata), otherwise compares `Origin` with the requested
/// host.
pub fn sender(headers: &HeaderMap, client: &Client) -> Sender {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    match text("sec-fetch-site") {
        Some("same-origin") => return Sender::Ours,
        Some("none") | None => {}
        Some(_) => return Sender::Foreign,
    }
    match (text(header::ORIGIN.as_str()), &client.host) {
        (None, _) => Sender::Unsaid,
        (Some(origin), Some(host)) if is_same(origin, host) => Sender::Ours,
        (Some(_), _) => Sender::Foreign,
    }
}

/// Returns whether the page was loaded over TLS.
pub fn is_secure(headers: &HeaderMap) -> bool {
    headers
        .get(header::ORIGIN)
        .and_then(|origin| origin.to_str().ok())
        .is_some_and(|origin| origin.starts_with("https://"))
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

/// Returns whether a server without access control answers to this host name. By DNS rebinding a page can
/// resolve its own name to this machine, and the browser then treats the answers as the page's own. A page
/// cannot own an address, a name of this machine, or a name without a dot. No public zone serves such names
/// (RFC 7085, ICANN's SAC 053), and containers use them for each other.
pub fn answers_to(host: Option<&str>, also: &[String]) -> bool {
    // Every browser sends the host.
    let Some(host) = host else { return true };
    let name = bare(host).trim_end_matches('.').to_ascii_lowercase();
    name.parse::<IpAddr>().is_ok()
        || !name.contains('.')
        || name.ends_with(".localhost")
        || also.iter().any(|host| host.eq_ignore_ascii_case(&name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(pairs: &[(&'static str, &str)], host: &str) -> Sender {
        let pairs = pairs
            .iter()
            .map(|(name, value)| (axum::http::HeaderName::from_static(name), value.parse().unwrap()));
        sender(&HeaderMap::from_iter(pairs), &Client { host: Some(host.into()), ..Client::default() })
    }

    #[test]
    fn only_the_same_scheme_host_and_port_is_ours() {
        for (origin, host) in [
            ("http://127.0.0.1:8080", "127.0.0.1:8080"),
            ("http://Example.test", "example.test:80"),
            ("https://example.test", "example.test"),
            ("http://[::1]", "[::1]"),
        ] {
            assert_eq!(told(&[("origin", origin)], host), Sender::Ours, "{origin} {host}");
        }
        for (origin, host) in [
            ("http://127.0.0.1:3000", "127.0.0.1:8080"),
            ("http://127.0.0.1:8080.evil.test", "127.0.0.1:8080"),
            ("null", "127.0.0.1:8080"),
            ("file://", "127.0.0.1:8080"),
            ("", "127.0.0.1:8080"),
        ] {
            assert_eq!(told(&[("origin", origin)], host), Sender::Foreign, "{origin} {host}");
        }
    }

    #[test]
    fn the_browsers_own_word_goes_first() {
        let foreign = [("sec-fetch-site", "same-site"), ("origin", "http://a.test")];
        assert_eq!(told(&foreign, "a.test"), Sender::Foreign);
        assert_eq!(told(&[("sec-fetch-site", "cross-site")], "a.test"), Sender::Foreign);
        assert_eq!(told(&[("sec-fetch-site", "same-origin")], "a.test"), Sender::Ours);
        assert_eq!(told(&[("sec-fetch-site", "none")], "a.test"), Sender::Unsaid);
        assert_eq!(told(&[], "a.test"), Sender::Unsaid);
    }

    #[test]
    fn names_that_a_stranger_could_own_are_not_ours() {
        for host in [
            "localhost:8080",
            "127.0.0.1",
            "[::1]:80",
            "10.1.2.3:8080",
            "app.localhost",
            "quipu:4318",
            "quipu.example.org",
        ] {
            assert!(answers_to(Some(host), &["quipu.example.org".into()]), "{host}");
        }
        for host in [
            "evil.test",
            "127.0.0.1.evil.test:8080",
            "localhost.evil.test",
            "localhostevil.test",
            "sub.quipu.example.org",
        ] {
            assert!(!answers_to(Some(host), &["quipu.example.org".into()]), "{host}");
        }
        assert!(answers_to(None, &[]));
    }
}
