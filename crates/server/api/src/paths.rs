//! Paths of the host in answers: who may see them, and texts without them.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

/// Says that the asker may see where files of the host lie: put it into the extensions of a request of an
/// administrator. Without it answers name files without their folders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SeesHost;

/// Whether the asker may see paths of the host.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sight(pub(crate) bool);

impl<S: Sync> FromRequestParts<S> for Sight {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(parts.extensions.get::<SeesHost>().is_some()))
    }
}

/// Prefixes of this API's routes: a text with such a prefix is no file.
const ROUTES: [&str; 7] = ["/api/", "/v1/", "/otel/", "/openapi.json", "/healthz", "/readyz", "/metrics"];
/// How the path of a file begins.
const PATH_BEGINNINGS: [&str; 4] = ["/", "./", "../", "~/"];
/// Words with blanks that are looked through for the rest of a path.
const WORDS: usize = 4;

/// Reduces each file path in a text to its last component. URLs with a host and routes of this API stay.
pub(crate) fn without_paths(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let mut before = ' ';
    while let Some(first) = rest.chars().next() {
        let word = rest.len() - rest.trim_start_matches(|c| !ends(c)).len();
        let taken = if begins_path(before, rest) { length(rest) } else { 0 };
        if taken > 0 {
            let (path, after) = rest.split_at(taken);
            out.push_str(path.trim_end_matches('/').rsplit('/').next().unwrap_or_default());
            (before, rest) = ('/', after);
        } else if word > 0 && has_host(rest) {
            let (address, after) = rest.split_at(word);
            out.push_str(address);
            (before, rest) = (' ', after);
        } else {
            out.push(first);
            (before, rest) = (first, rest.get(first.len_utf8()..).unwrap_or_default());
        }
    }
    out
}

/// Characters that end a word.
fn ends(c: char) -> bool {
    c.is_whitespace() || "\"'`()[]{}<>,;".contains(c)
}

fn has_host(text: &str) -> bool {
    let scheme = text.len() - text.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '+').len();
    scheme > 0 && text.get(scheme..).is_some_and(|rest| rest.starts_with("://") && !rest.starts_with(":///"))
}

/// Whether a path of a file begins here.
fn begins_path(before: char, text: &str) -> bool {
    let stands_alone = ends(before) || "=:|".contains(before);
    let is_path = PATH_BEGINNINGS.iter().any(|begin| text.starts_with(begin));
    stands_alone && is_path && !ROUTES.iter().any(|route| text.starts_with(route))
}

/// Length in bytes of the path at the start of a text, blanks within it included; 0 without one.
fn length(text: &str) -> usize {
    let mut length = 0;
    let mut words = 0;
    loop {
        let rest = text.get(length..).unwrap_or_default();
        let word = rest.len() - rest.trim_start_matches(|c| !ends(c)).len();
        length += word;
        let done = rest.get(..word).unwrap_or_default();
        // A sentence goes on after a colon or a full stop.
        if done.ends_with([':', '.', '?', '!']) {
            length -= 1;
            break;
        }
        let after = text.get(length..).unwrap_or_default();
        let next = after.strip_prefix(' ').unwrap_or_default();
        words += 1;
        if words > WORDS || !goes_on(next) {
            break;
        }
        length += 1;
    }
    if text.get(..length).is_some_and(|path| path.len() > 1) { length } else { 0 }
}

/// Whether a part of a path with blanks follows: one of the next words has a slash within.
fn goes_on(text: &str) -> bool {
    let sentence = text.split(|c: char| c != ' ' && ends(c)).next().unwrap_or_default();
    let mut words = sentence.split(' ').take(WORDS).take_while(|word| !word.is_empty());
    for word in words.by_ref() {
        if PATH_BEGINNINGS.iter().any(|begin| word.starts_with(begin)) || word.contains("://") {
            return false;
        }
        if word.contains('/') {
            return true;
        }
        if word.ends_with([':', '.']) {
            return false;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn files_are_named_without_their_folders() {
        for (text, told) in [
            (
                "sqlite: open day: /var/lib/quipu/days/d-20261121.db: disk full",
                "sqlite: open day: d-20261121.db: disk full",
            ),
            (
                "/data/days/d-1.db is damaged, and \"/data/x y.db\" too",
                "d-1.db is damaged, and \"x y.db\" too",
            ),
            ("cannot read file:///etc/quipu/key.", "cannot read file:key."),
            ("sqlite:/data", "sqlite:data"),
            ("path=/data/a b/c d/e.db: gone", "path=e.db: gone"),
            ("./data/catalog.db, ../x/y and ~/z/w", "catalog.db, y and w"),
            ("at /data/: no", "at data: no"),
            ("nothing / here", "nothing / here"),
        ] {
            assert_eq!(without_paths(text), told);
        }
    }

    #[test]
    fn addresses_routes_and_models_stay() {
        for text in [
            "https://api.openai.com/v1/chat: 503",
            "GET /api/v1/traces is down; /openapi.json lists all",
            "openai/gpt-4o and 3/4",
            "http://127.0.0.1:4318/v1/traces",
            "",
        ] {
            assert_eq!(without_paths(text), text);
        }
    }

    proptest! {
        #[test]
        fn no_folder_of_a_path_stays(names in prop::collection::vec("[a-z]{3,8}", 2..6), end in "[:,.)]? [a-z ]{0,20}") {
            let folder = names[..names.len() - 1].join("/");
            let told = without_paths(&format!("failed: /{folder}/{}{end}", names[names.len() - 1]));
            prop_assert!(!told.contains('/'), "{told}");
        }

        #[test]
        fn any_text_ends(text in any::<String>()) {
            let _ = without_paths(&text);
        }
    }
}
