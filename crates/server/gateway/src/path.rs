//! The normal form of a path, so that the provider sees the path that was checked.

/// Why a path is rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unclear {
    /// A segment of dots changes the path.
    Dots,
    /// Servers differ in how they read a character or its percent-encoding.
    Character,
}

/// Returns the normal form of a path
/// ([RFC 3986 6.2.2](https://www.rfc-editor.org/rfc/rfc3986#section-6.2.2)). Percent-encoded letters become
/// letters. Repeated slashes become one, and trailing slashes are removed.
///
/// # Errors
/// Servers differ in how they read the path. It has segments of dots, `;`, backslashes, spaces, control
/// characters or characters beyond ASCII. Or it percent-encodes anything but unreserved characters, `:`, `@`
/// and `/`.
pub(crate) fn normal(path: &str) -> Result<String, Unclear> {
    let mut plain = String::with_capacity(path.len());
    let mut bytes = path.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'%' => decoded(&mut bytes, &mut plain)?,
            b'/' | b':' | b'@' => plain.push(char::from(byte)),
            _ if is_unreserved(byte) || b"!$&'()*+,=".contains(&byte) => plain.push(char::from(byte)),
            _ => return Err(Unclear::Character),
        }
    }
    let is_dots = |segment: &str| !segment.is_empty() && segment.bytes().all(|byte| byte == b'.');
    if decoded_slashes(&plain).split('/').any(is_dots) {
        return Err(Unclear::Dots);
    }
    let segments = plain.split('/').filter(|segment| !segment.is_empty());
    let normal = segments.fold(String::with_capacity(plain.len()), |path, segment| path + "/" + segment);
    Ok(if normal.is_empty() { "/".to_owned() } else { normal })
}

/// The path as read by a server that decodes an encoded slash before it splits segments.
pub(crate) fn decoded_slashes(normal: &str) -> String {
    normal.replace("%2F", "/")
}

fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)
}

fn decoded(bytes: &mut std::str::Bytes<'_>, plain: &mut String) -> Result<(), Unclear> {
    let mut digit = || bytes.next().and_then(|byte| char::from(byte).to_digit(16));
    let (Some(high), Some(low)) = (digit(), digit()) else { return Err(Unclear::Character) };
    let byte = u8::try_from(high * 16 + low).map_err(|_| Unclear::Character)?;
    match byte {
        b'/' => plain.push_str("%2F"),
        b':' | b'@' => plain.push(char::from(byte)),
        _ if is_unreserved(byte) => plain.push(char::from(byte)),
        _ => return Err(Unclear::Character),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_path_are_one() {
        for path in [
            "/v1/messages",
            "//v1//messages",
            "/v1/messages/",
            "/v1/messages//",
            "/v1/%6dessages",
            "/%76%31/mess%61ges",
        ] {
            assert_eq!(normal(path), Ok("/v1/messages".to_owned()), "{path}");
        }
        assert_eq!(normal("/models/a%2fb%3Ac%40d"), Ok("/models/a%2Fb:c@d".to_owned()));
        assert_eq!(normal(""), Ok("/".to_owned()));
        assert_eq!(normal("///"), Ok("/".to_owned()));
    }

    #[test]
    fn paths_that_servers_read_differently_are_refused() {
        for path in ["/v1/./x", "/v1/../x", "/v1/%2e%2E/x", "/x%2f..%2fy", "/v1/.../x", "/v1/x/.", "/.%2e/x"]
        {
            assert_eq!(normal(path), Err(Unclear::Dots), "{path}");
        }
        for path in [
            "/v1/messages%20",
            "/v1/messages;x",
            "/v1/messages%3bx",
            "/v1\\messages",
            "/v1%5cmessages",
            "/v1/%256dessages",
            "/v1/messages%00",
            "/v1/messages%0a",
            "/v1/messages%",
            "/v1/messages%6",
            "/v1/messages%zz",
            "/v1/m\u{e9}ssages",
            "/v1/%c3%a9",
            "/v1/messages%3fx",
            "/v1/messages%23",
            "/v1/me|ssages",
        ] {
            assert_eq!(normal(path), Err(Unclear::Character), "{path}");
        }
    }
}
