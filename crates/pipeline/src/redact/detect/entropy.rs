//! Detector of texts that look random.

use super::Site;

/// Least entropy of a random key of this length, in bits per character.
const BITS: f64 = 3.6;
/// Least number of digit groups. Names have digits at the end or not at all.
const NUMBERS: usize = 2;
/// Least number of letters and digits in a key.
const LEAST: usize = 20;

/// Shannon entropy in bits per character.
fn bits(text: &[u8]) -> f64 {
    let mut counts = [0_u32; 256];
    text.iter().for_each(|byte| counts[usize::from(*byte)] += 1);
    let all = f64::from(u32::try_from(text.len()).unwrap_or(u32::MAX));
    let part = |count: &u32| {
        let part = f64::from(*count) / all;
        part * part.log2()
    };
    -counts.iter().filter(|count| **count > 0).map(part).sum::<f64>()
}

fn class(byte: u8) -> u8 {
    match byte {
        b'a'..=b'z' => 1,
        b'A'..=b'Z' => 2,
        b'0'..=b'9' => 3,
        _ => 0,
    }
}

/// Whether a text has lower-case letters, capitals and digits.
pub(super) fn is_mixed(text: &str) -> bool {
    [1, 2, 3].iter().all(|wanted| text.bytes().any(|byte| class(byte) == *wanted))
}

/// Whether a text looks random: long enough, mixed, with several digit groups and high entropy.
pub(super) fn is_random(text: &str) -> bool {
    let letters: Vec<u8> = text.bytes().filter(u8::is_ascii_alphanumeric).collect();
    let runs = letters.chunk_by(|one, next| one.is_ascii_digit() == next.is_ascii_digit());
    let numbers = runs.filter(|run| run.first().is_some_and(u8::is_ascii_digit)).count();
    letters.len() >= LEAST && numbers >= NUMBERS && is_mixed(text) && bits(&letters) >= BITS
}

/// Names of values that look random, but are no secrets.
const IDS: &[&str] = &[
    "id",
    "ids",
    "hash",
    "digest",
    "etag",
    "checksum",
    "sha",
    "signature",
    "uuid",
    "cursor",
    "nonce",
    "fingerprint",
    "data",
    "image",
    "url",
    "thought_signature",
    "encrypted_content",
];

/// Recognises a random text that is no id, path or encoded data.
pub(super) fn judge(site: &Site<'_>) -> Option<(usize, usize)> {
    let found = site.found();
    let last = site.name.rsplit(['.', '_', '-']).next().unwrap_or_default();
    let camel = |end: &str| site.name.ends_with(end);
    let is_id = IDS.iter().any(|id| last.eq_ignore_ascii_case(id))
        || camel("Id")
        || camel("ID")
        || camel("signature");
    let encoded = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '+' | '/' | '=' | '_');
    let joins = site.previous().is_some_and(|letter| encoded(letter) && letter != '=' && letter != '/');
    let mut after = site.after().chars();
    let goes_on = match after.next() {
        Some('(') => true,
        Some('.' | ':') => after.next().is_some_and(char::is_alphanumeric),
        _ => false,
    };
    let path = found.matches('/').count() > 2 || goes_on || site.before().ends_with("://");
    // Ids of answers and calls start with a word: chatcmpl-…, call_…, toolu_….
    let prefix = found.split(['-', '_']).next().unwrap_or_default();
    let named = (2..=12).contains(&prefix.len())
        && prefix.len() < found.len()
        && prefix.bytes().all(|byte| byte.is_ascii_lowercase());
    site.when(!is_id && !joins && !path && !named && is_random(found))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_numbers_are_not_random() {
        for text in [
            "ChatCompletionMessageToolCallParam2",
            "claude-sonnet-4-5-20250929",
            "550e8400-e29b-41d4-a716-446655440000",
            "GetWeatherForecastForNextDays7",
            "da39a3ee5e6b4b0d3255bfef95601890afd80709",
            "ABCDEFGHIJKLMNOPQRSTUVWX1234",
        ] {
            assert!(!is_random(text), "{text}");
        }
        for text in ["wJalr2XUtnFEMI7MDENGbPxRfiCY", "dGhpcyBpcyBh5HNlY3JldCBrZXk5Zm9y"] {
            assert!(is_random(text), "{text}");
        }
    }
}
