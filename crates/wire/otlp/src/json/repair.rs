//! Repairs JSON escapes of lone surrogates.

/// Replaces `\ud800`-like escapes without a partner by `\ufffd`; returns their number. JavaScript writes
/// these when it cuts a text in the middle of an emoji.
pub(super) fn lone_surrogates(text: &mut [u8]) -> u64 {
    let (mut at, mut mended) = (0, 0);
    while at < text.len() {
        if text[at] != b'\\' {
            at += 1;
            continue;
        }
        match surrogate(text, at) {
            Some(0xd800..0xdc00) if matches!(surrogate(text, at + 6), Some(0xdc00..0xe000)) => at += 12,
            Some(_) => {
                text[at..at + 6].copy_from_slice(b"\\ufffd");
                mended += 1;
                at += 6;
            }
            None => at += 2,
        }
    }
    mended
}

/// The half of a pair that the escape at `at` encodes.
fn surrogate(text: &[u8], at: usize) -> Option<u32> {
    let digits = text.get(at..at + 6)?.strip_prefix(b"\\u")?;
    let code = u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
    (0xd800..0xe000).contains(&code).then_some(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_lone_halves_change() {
        let mut text = br#""a\ud83d b\ud83d\ude00 c\\ud83d \udc00\u00e4 \ud83d"#.to_vec();
        assert_eq!(lone_surrogates(&mut text), 3);
        assert_eq!(text, br#""a\ufffd b\ud83d\ude00 c\\ud83d \ufffd\u00e4 \ufffd"#);
    }
}
