//! Names of JSON members, compared as lenient readers do.

use std::borrow::Cow;

use serde_json::value::RawValue;

/// Normal form of a name: lower case without underscores. Names with the same normal form are equal for some
/// reader.
///
/// Go's `encoding/json` ignores case, including the two non-ASCII letters that Unicode folds to ASCII
/// (<https://pkg.go.dev/encoding/json#Unmarshal>). Protobuf's JSON accepts `maxOutputTokens` and
/// `max_output_tokens` (<https://protobuf.dev/programming-guides/json/>).
pub fn fold(name: &str) -> Cow<'_, str> {
    let is_folded = |byte: u8| byte.is_ascii() && !byte.is_ascii_uppercase() && byte != b'_';
    if name.bytes().all(is_folded) {
        return Cow::Borrowed(name);
    }
    let letters = name.chars().filter(|letter| *letter != '_').map(|letter| match letter {
        '\u{17f}' => 's',
        '\u{212a}' => 'k',
        other => other.to_ascii_lowercase(),
    });
    Cow::Owned(letters.collect())
}

/// Selected members of an object by their [folded](fold) names. The last one of a repeated name counts;
/// `None` if it is missing or `null`.
pub fn pick<'a, const N: usize>(object: &'a RawValue, names: [&str; N]) -> [Option<&'a RawValue>; N] {
    let mut found = [None; N];
    let _ = crate::members(object, &mut |name, value| {
        let name = fold(&name);
        if let Some(place) = names.iter().zip(&mut found).find(|(known, _)| **known == name) {
            *place.1 = Some(value).filter(|value| !crate::is_null(value));
        }
    });
    found
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn spellings_that_a_reader_takes_for_one_are_one() {
        for name in ["messages", "Messages", "MESSAGES", "me\u{17f}sages", "mes_sages"] {
            assert_eq!(fold(name), "messages", "{name}");
        }
        assert_eq!(fold("max_output_tokens"), fold("maxOutputTo\u{212a}ens"));
        assert!(matches!(fold("model"), Cow::Borrowed(_)));
    }

    #[test]
    fn members_are_picked_by_any_spelling() {
        let object = crate::raw(r#"{"a_b":1,"c":null,"aB":2}"#).unwrap();
        let [a, c, d] = pick(object, ["ab", "c", "d"]);
        assert_eq!((a.map(RawValue::get), c.is_some(), d.is_some()), (Some("2"), false, false));
    }
}
