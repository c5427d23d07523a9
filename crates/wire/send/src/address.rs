//! Addresses of other programs.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::{HeaderValue, Uri};
use percent_encoding::percent_decode_str;
use quipu_core::{Error, ErrorKind, Result};

/// Splits a URL into the address without name and password, and these as a value of `authorization`. The URL
/// may hold a secret, so an error does not contain it.
pub(crate) fn read(url: &str) -> Result<(Uri, Option<HeaderValue>)> {
    let wrong = || {
        let context = "the address is not a URL: expected http:// or https://, a host, and optionally a \
            port and a path";
        Error::new(ErrorKind::Invalid, "send", context)
    };
    let uri: Uri = url.parse().map_err(|_| wrong())?;
    if !matches!(uri.scheme_str(), Some("http" | "https")) {
        return Err(wrong());
    }
    let authority = uri.authority().map(|authority| authority.as_str().to_owned()).unwrap_or_default();
    let Some((login, host)) = authority.rsplit_once('@') else { return Ok((uri, None)) };
    let mut parts = uri.into_parts();
    parts.authority = Some(host.parse().map_err(|_| wrong())?);
    let uri = Uri::from_parts(parts).map_err(|_| wrong())?;
    Ok((uri, basic(login)))
}

/// Checks whether a request can be sent to an address.
///
/// # Errors
/// The address is invalid. The error does not contain it.
pub fn check_url(url: &str) -> Result<()> {
    read(url).map(|_| ())
}

/// Adds the port to an `http` address, because proxies take a missing port for that of TLS.
pub(crate) fn with_port(uri: &Uri) -> Uri {
    let mut parts = uri.clone().into_parts();
    if let (Some("http"), None, Some(host)) = (uri.scheme_str(), uri.port(), uri.host()) {
        parts.authority = format!("{host}:80").parse().ok().or(parts.authority);
    }
    Uri::from_parts(parts).unwrap_or_else(|_| uri.clone())
}

/// The value of `authorization`: <https://www.rfc-editor.org/rfc/rfc7617>
fn basic(login: &str) -> Option<HeaderValue> {
    let (name, password) = login.split_once(':').unwrap_or((login, ""));
    let plain = |text: &str| percent_decode_str(text).collect::<Vec<u8>>();
    let whole = [plain(name), b":".to_vec(), plain(password)].concat();
    let mut value = HeaderValue::from_str(&format!("Basic {}", BASE64_STANDARD.encode(whole))).ok()?;
    value.set_sensitive(true);
    Some(value)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn a_login_becomes_a_header_and_leaves_the_address() {
        let (uri, login) = read("https://elastic:p%40ss@search:9200/_bulk?x=1").unwrap();
        assert_eq!(uri, "https://search:9200/_bulk?x=1");
        assert_eq!(login.unwrap(), format!("Basic {}", BASE64_STANDARD.encode("elastic:p@ss")));
        assert_eq!(read("http://plain/").unwrap().1, None);
    }

    #[test]
    fn what_is_no_address_is_refused_without_being_told() {
        for url in ["", "search:9200", "ftp://user:secret@host/", "/v1/secret"] {
            let told = read(url).unwrap_err().to_string();
            assert!(told.contains("not a URL") && !told.contains("secret"), "{told}");
        }
    }
}
