//! Names of secret values.

/// Endings of names, without separators.
const ENDS: &[&str] = &[
    "password",
    "passwd",
    "passphrase",
    "clientsecret",
    "secretkey",
    "apikey",
    "apitoken",
    "accesstoken",
    "refreshtoken",
    "authtoken",
    "bearertoken",
    "sessiontoken",
    "privatekey",
    "secretaccesskey",
];
/// Complete last parts of names.
const WHOLE: &[&str] = &["pwd", "secret", "authorization", "proxyauthorization", "cookie", "setcookie"];
/// Examined bytes of a name.
const MOST: usize = 48;

/// Words of these names, for the pre-search of a text: a text without any of them has no such member. No word
/// is the beginning of another.
pub(super) const WORDS: &[&str] = &[
    "assword",
    "ASSWORD",
    "asswd",
    "pwd",
    "PWD",
    "assphrase",
    "ecret",
    "ECRET",
    "pi_key",
    "piKey",
    "pi-key",
    "pikey",
    "PI_KEY",
    "pi_token",
    "piToken",
    "ccess_token",
    "ccess-token",
    "ccessToken",
    "CCESS_TOKEN",
    "efresh_token",
    "efresh-token",
    "efreshToken",
    "REFRESH_TOKEN",
    "uth_token",
    "uthToken",
    "UTH_TOKEN",
    "earer_token",
    "ession_token",
    "essionToken",
    "SESSION_TOKEN",
    "rivate_key",
    "rivate-key",
    "rivateKey",
    "PRIVATE_KEY",
    "uthorization",
    "AUTHORIZATION",
    "pi-Key",
    "pi_Key",
    "PI-KEY",
    "pi-token",
    "pi-Token",
    "ccess-Token",
    "CCESS-TOKEN",
    "efresh-Token",
    "REFRESH-TOKEN",
    "uth-token",
    "uth-Token",
    "UTH-TOKEN",
    "earer-token",
    "earer-Token",
    "ession-token",
    "ession-Token",
    "rivate-Key",
    "PRIVATE-KEY",
    "ookie",
    "COOKIE",
];

/// Members of an object whose text is the name of the value in another member, as in
/// `{"name": "API_KEY", "value": "…"}`.
const LABELS: [&str; 6] = ["name", "key", "header", "field", "variable", "option"];
/// Members with the value.
const VALUES: [&str; 4] = ["value", "val", "values", "data"];

/// Whether a member's text may name the value of another member.
pub(super) fn is_label(member: &str) -> bool {
    LABELS.iter().any(|label| member.eq_ignore_ascii_case(label))
}

/// Whether a member may have the value that another member names.
pub(super) fn is_labelled(member: &str) -> bool {
    VALUES.iter().any(|value| member.eq_ignore_ascii_case(value))
}

/// Whether a text names the value after it in a list, as `--password` or `X-Api-Key` does.
pub(super) fn is_before_secret(text: &str) -> bool {
    text.len() <= 2 * MOST && (is_secret(text) || text.starts_with("--") && text.ends_with("token"))
}

/// Kind of these values in counts.
pub(super) const KIND: &str = "named_secret";

/// Whether the last part of a name marks a secret.
pub(super) fn is_secret(name: &str) -> bool {
    // The last letter excludes most names at once.
    if !matches!(
        name.as_bytes().last(),
        Some(b'd' | b'e' | b't' | b'y' | b'n' | b'D' | b'E' | b'T' | b'Y' | b'N')
    ) {
        return false;
    }
    let last = name.rsplit('.').next().unwrap_or(name).as_bytes();
    let (mut bare, mut len) = ([0_u8; MOST], 0);
    let tail = &last[last.len().saturating_sub(MOST)..];
    for byte in tail.iter().filter(|byte| !matches!(byte, b'-' | b'_' | b' ')) {
        bare[len] = byte.to_ascii_lowercase();
        len += 1;
    }
    let bare = &bare[..len];
    ENDS.iter().any(|end| bare.ends_with(end.as_bytes())) || WHOLE.iter().any(|name| bare == name.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_secrets_are_known_however_they_are_written() {
        for name in [
            "password",
            "db.password",
            "OPENAI_API_KEY",
            "x-api-key",
            "http.request.header.authorization",
            "clientSecret",
            "Set-Cookie",
            "refresh_token",
            "aws_secret_access_key",
        ] {
            assert!(is_secret(name), "{name}");
        }
        for name in [
            "token",
            "max_tokens",
            "gen_ai.usage.input_tokens",
            "key",
            "user_api_key_alias",
            "cache_key",
            "password_hint_shown",
            "secretary",
            "",
        ] {
            assert!(!is_secret(name), "{name}");
        }
        assert!(is_before_secret("--db-password") && is_before_secret("--token"));
        assert!(!is_before_secret("token") && !is_before_secret("--max-tokens"));
    }
}
