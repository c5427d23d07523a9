//! Cookies of sessions and of logins in progress.

use axum::http::{HeaderMap, HeaderValue, header};

/// The session cookie over TLS. Browsers reject this prefix from another host, over plain HTTP, or with a
/// narrower path (RFC 6265bis section 4.1.3.2).
const SECURE: &str = "__Host-quipu";
/// The session cookie without TLS.
const PLAIN: &str = "quipu";
/// The cookie of an OpenID Connect login in progress. The browser returns by a link from the issuer's page,
/// which `SameSite=Strict` would block.
const LOGIN_SECURE: &str = "__Host-quipu-login";
const LOGIN_PLAIN: &str = "quipu-login";
/// The project that the user has selected: not a secret; the dashboard sets it.
pub const PROJECT: &str = "quipu_project";

/// The kind of cookie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A session.
    Session,
    /// A login in progress.
    Login,
}

impl Kind {
    const fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Session => (SECURE, PLAIN),
            Self::Login => (LOGIN_SECURE, LOGIN_PLAIN),
        }
    }

    /// Reads the value. Over TLS only the prefixed cookie counts, because another host or a plain page can
    /// set the other one.
    pub fn read(self, headers: &HeaderMap, secure: bool) -> Option<&str> {
        let (guarded, plain) = self.names();
        read(headers, guarded).or_else(|| read(headers, plain).filter(|_| !secure))
    }

    /// Returns the header that sets the cookie for `seconds`; zero seconds remove it.
    pub fn set(self, value: &str, seconds: i64, secure: bool) -> Option<HeaderValue> {
        let (guarded, plain) = self.names();
        let name = if secure { guarded } else { plain };
        let same_site = if self == Self::Session { "Strict" } else { "Lax" };
        let secure = if secure { "; Secure" } else { "" };
        let text =
            format!("{name}={value}; Path=/; HttpOnly; SameSite={same_site}; Max-Age={seconds}{secure}");
        HeaderValue::from_str(&text).ok()
    }
}

/// The value of the first cookie of a name (RFC 6265 section 5.4).
pub fn read<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lists = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = lists.flat_map(|list| list.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(named, _)| *named == name).map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn over_tls_a_plain_cookie_is_nothing() {
        let mut headers = HeaderMap::new();
        headers.append(header::COOKIE, "a=b; quipu=planted".parse().unwrap());
        assert_eq!(Kind::Session.read(&headers, false), Some("planted"));
        assert_eq!(Kind::Session.read(&headers, true), None);
        headers.append(header::COOKIE, "__Host-quipu=mine".parse().unwrap());
        assert_eq!(Kind::Session.read(&headers, false), Some("mine"));
        assert_eq!(Kind::Session.read(&headers, true), Some("mine"));
    }

    #[test]
    fn attributes_are_strict() {
        let set = |kind: Kind, secure| kind.set("v", 60, secure).unwrap().to_str().unwrap().to_owned();
        assert_eq!(
            set(Kind::Session, true),
            "__Host-quipu=v; Path=/; HttpOnly; SameSite=Strict; Max-Age=60; Secure"
        );
        assert_eq!(set(Kind::Session, false), "quipu=v; Path=/; HttpOnly; SameSite=Strict; Max-Age=60");
        assert_eq!(
            set(Kind::Login, true),
            "__Host-quipu-login=v; Path=/; HttpOnly; SameSite=Lax; Max-Age=60; Secure"
        );
        assert_eq!(Kind::Session.set("v\r\nSet-Cookie: x=y", 1, true), None);
    }
}
