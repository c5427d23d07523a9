//! Credentials of a request, read from headers only: URLs end up in logs.

use axum::http::{HeaderMap, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::cookies;

/// The header for a Quipu key.
pub const OWN_HEADER: &str = "x-quipu-key";
/// A header that clients of other tools use for keys.
const OTHER_HEADER: &str = "x-api-key";
/// The maximum length of a credential, in bytes.
const LONGEST: usize = 1_024;

/// A credential, not yet checked.
#[derive(Clone, PartialEq, Eq)]
pub enum Credential {
    /// The text of a key, not yet validated.
    Key(String),
    /// The token of a session.
    Session(String),
    /// A value that is not a credential of Quipu.
    Unreadable,
}

impl Credential {
    /// Reads a request: the first of `Authorization`, `x-quipu-key`, `x-api-key` and the session cookie.
    pub fn of(headers: &HeaderMap, secure: bool) -> Option<Self> {
        let authorization = headers.get(header::AUTHORIZATION);
        if let Some(value) = authorization {
            return Some(value.to_str().ok().and_then(authorized).map_or(Self::Unreadable, Self::key));
        }
        let named = Self::of_own_header(headers).or_else(|| header_value(headers, OTHER_HEADER));
        named.or_else(|| {
            let token = cookies::Kind::Session.read(headers, secure)?;
            Some(if token.len() > LONGEST { Self::Unreadable } else { Self::Session(token.to_owned()) })
        })
    }

    /// Reads a request to the gateway, whose other headers belong to the provider.
    pub fn of_own_header(headers: &HeaderMap) -> Option<Self> {
        header_value(headers, OWN_HEADER)
    }

    fn key(text: String) -> Self {
        if text.is_empty() || text.len() > LONGEST { Self::Unreadable } else { Self::Key(text) }
    }
}

fn header_value(headers: &HeaderMap, name: &str) -> Option<Credential> {
    let value = headers.get(name)?;
    Some(value.to_str().map_or(Credential::Unreadable, |text| Credential::key(text.trim().to_owned())))
}

/// The key in an `Authorization` header. `Bearer` (RFC 6750) holds it directly. Langfuse's SDKs send it as
/// the password of `Basic` (RFC 7617). If that password is empty, the name is the key, as in `curl -u KEY:`.
fn authorized(value: &str) -> Option<String> {
    let (scheme, rest) = value.split_once(' ')?;
    let rest = rest.trim();
    if scheme.eq_ignore_ascii_case("bearer") {
        return Some(rest.to_owned());
    }
    if !scheme.eq_ignore_ascii_case("basic") || rest.len() > LONGEST {
        return None;
    }
    let pair = String::from_utf8(STANDARD.decode(rest).ok()?).ok()?;
    let (name, password) = pair.split_once(':')?;
    Some(if password.is_empty() { name } else { password }.to_owned())
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};
    use proptest::prelude::*;

    use super::*;

    fn of(pairs: &[(&'static str, &str)]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(HeaderName::from_static(name), value.parse().unwrap());
        }
        Credential::of(&headers, false).map(|credential| match credential {
            Credential::Key(text) => format!("key {text}"),
            Credential::Session(text) => format!("session {text}"),
            Credential::Unreadable => "unreadable".into(),
        })
    }

    #[test]
    fn keys_are_found_wherever_clients_put_them() {
        let basic = |pair: &str| format!("Basic {}", STANDARD.encode(pair));
        for (pairs, found) in [
            (&[("authorization", "Bearer k")][..], "key k"),
            (&[("authorization", "bearer  k ")], "key k"),
            (&[("authorization", &basic("pk-lf-1:k"))], "key k"),
            (&[("authorization", &basic("k:"))], "key k"),
            (&[("x-quipu-key", "k")], "key k"),
            (&[("x-api-key", "k"), ("cookie", "quipu=s")], "key k"),
            (&[("cookie", "quipu=s")], "session s"),
            (&[("authorization", "Bearer k"), ("cookie", "quipu=s")], "key k"),
            // An unreadable header does not fall back to the cookie.
            (&[("authorization", "Digest k"), ("cookie", "quipu=s")], "unreadable"),
            (&[("authorization", "Basic !!"), ("cookie", "quipu=s")], "unreadable"),
            (&[("authorization", "Bearer "), ("cookie", "quipu=s")], "unreadable"),
        ] {
            assert_eq!(of(pairs).as_deref(), Some(found), "{pairs:?}");
        }
        assert_eq!(of(&[("cookie", "other=1")]), None);
    }

    proptest! {
        #[test]
        fn any_header_is_read_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), at in 0_usize..4) {
            let name = [header::AUTHORIZATION, header::COOKIE, HeaderName::from_static(OWN_HEADER), HeaderName::from_static(OTHER_HEADER)];
            if let Ok(value) = HeaderValue::from_bytes(&bytes) {
                let headers = HeaderMap::from_iter([(name[at].clone(), value)]);
                let _ = Credential::of(&headers, true);
            }
        }

        #[test]
        fn any_basic_pair_is_read_without_a_panic(pair in prop::collection::vec(any::<u8>(), 0..80)) {
            let _ = authorized(&format!("Basic {}", STANDARD.encode(pair)));
        }
    }
}
