//! Encodings that hide a text from a plain search: percent-encoding, `\u` and `\x` escapes, base64.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// Rounds of unescaping: a `%25` hides another `%`.
const ROUNDS: usize = 4;
/// Shortest base64 run in characters: an encoded secret of 16 characters.
const SHORTEST: usize = 24;
/// Characters at each end of a run that decide whether it is an encoded text.
const SAMPLE: usize = 96;

const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_allow_trailing_bits(true)
    .with_encode_padding(false)
    .with_decode_padding_mode(DecodePaddingMode::Indifferent);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT);

/// A text with its escape sequences decoded.
pub(super) struct Unescaped {
    pub text: String,
    /// Position in the original text, for each byte and for the end.
    places: Vec<usize>,
}

impl Unescaped {
    /// Decodes escape sequences until none is left; `None` if there are none.
    pub fn of(text: &str) -> Option<Self> {
        let (first, places) = once(text)?;
        let mut read = Self { text: first, places };
        for _ in 1..ROUNDS {
            let Some((text, inner)) = once(&read.text) else { break };
            let places = inner.iter().map(|at| read.places.get(*at).copied().unwrap_or(*at)).collect();
            read = Self { text, places };
        }
        Some(read)
    }

    /// Maps a position in the decoded text to the original text.
    pub fn place(&self, at: usize) -> usize {
        self.places.get(at).or(self.places.last()).copied().unwrap_or_default()
    }
}

/// Decodes escape sequences once.
fn once(text: &str) -> Option<(String, Vec<usize>)> {
    let bytes = text.as_bytes();
    let mut at = next_escape(bytes, 0)?;
    let mut out = Vec::with_capacity(bytes.len());
    let mut places = Vec::with_capacity(bytes.len() + 1);
    let mut copied = 0;
    loop {
        out.extend_from_slice(&bytes[copied..at]);
        places.extend(copied..at);
        let (letter, length) = escape(&bytes[at..])?;
        let mut room = [0; 4];
        let written = match letter {
            Letter::Byte(byte) => {
                room[0] = byte;
                &room[..1]
            }
            Letter::Char(letter) => letter.encode_utf8(&mut room).as_bytes(),
        };
        out.extend_from_slice(written);
        places.extend(std::iter::repeat_n(at, written.len()));
        copied = at + length;
        match next_escape(bytes, copied) {
            Some(next) => at = next,
            None => break,
        }
    }
    out.extend_from_slice(&bytes[copied..]);
    places.extend(copied..=bytes.len());
    Some((readable(out), places))
}

fn next_escape(bytes: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    while let Some(found) = bytes[at..].iter().position(|byte| matches!(byte, b'%' | b'\\')) {
        at += found;
        if escape(&bytes[at..]).is_some() {
            return Some(at);
        }
        at += 1;
    }
    None
}

enum Letter {
    Byte(u8),
    Char(char),
}

/// The escape sequence at the start, and its length.
fn escape(bytes: &[u8]) -> Option<(Letter, usize)> {
    match bytes {
        [b'%', digits @ ..] => Some((Letter::Byte(u8::try_from(hex(digits, 2)?).ok()?), 3)),
        [b'\\', b'x', digits @ ..] => Some((Letter::Byte(u8::try_from(hex(digits, 2)?).ok()?), 4)),
        [b'\\', b'u', digits @ ..] => {
            // A lone surrogate is never part of a secret.
            let letter = char::from_u32(hex(digits, 4)?).unwrap_or('?');
            Some((Letter::Char(letter), 6))
        }
        _ => None,
    }
}

fn hex(bytes: &[u8], count: usize) -> Option<u32> {
    bytes.get(..count)?.iter().try_fold(0, |number, byte| Some(number * 16 + char::from(*byte).to_digit(16)?))
}

/// Bytes as a text of the same length, with a question mark for each byte that is no UTF-8.
fn readable(mut bytes: Vec<u8>) -> String {
    loop {
        match String::from_utf8(bytes) {
            Ok(text) => return text,
            Err(error) => {
                let (at, length) =
                    (error.utf8_error().valid_up_to(), error.utf8_error().error_len().unwrap_or(1));
                bytes = error.into_bytes();
                let end = (at + length).min(bytes.len());
                bytes[at..end].fill(b'?');
            }
        }
    }
}

/// A base64 run that encodes a text.
pub(super) struct Packed {
    /// Its range with the padding.
    pub start: usize,
    pub end: usize,
    /// The decoded text.
    pub text: String,
    url_safe: bool,
    padded: bool,
}

impl Packed {
    /// Encodes another text in the same way.
    pub fn with(&self, text: &str) -> String {
        let mut packed = if self.url_safe { URL_SAFE.encode(text) } else { STANDARD.encode(text) };
        while self.padded && !packed.len().is_multiple_of(4) {
            packed.push('=');
        }
        packed
    }
}

/// Base64 runs that encode texts, in order.
pub(super) fn packed(text: &str) -> impl Iterator<Item = Packed> + '_ {
    let mut from = 0;
    std::iter::from_fn(move || {
        loop {
            let (start, end) = next_run(text.as_bytes(), from)?;
            from = end;
            if let Some(packed) = unpacked(text, start, end) {
                return Some(packed);
            }
        }
    })
}

const fn is_letter(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_')
}

/// The next base64 run of sufficient length. Without one, the search examines every 24th byte only.
fn next_run(bytes: &[u8], from: usize) -> Option<(usize, usize)> {
    let mut begin = from;
    loop {
        let last = begin + SHORTEST - 1;
        if last >= bytes.len() {
            return None;
        }
        match bytes[begin..=last].iter().rposition(|byte| !is_letter(*byte)) {
            Some(gap) => begin += gap + 1,
            None => {
                let more = bytes[last + 1..].iter().position(|byte| !is_letter(*byte));
                return Some((begin, more.map_or(bytes.len(), |more| last + 1 + more)));
            }
        }
    }
}

fn unpacked(text: &str, start: usize, end: usize) -> Option<Packed> {
    let run = text.get(start..end)?;
    let url_safe = run.contains(['-', '_']);
    // The text before the run, as in a path, can have the same characters.
    let shift = (0..4).find(|shift| {
        let run = &run[*shift..];
        let tail = run.len().saturating_sub(SAMPLE) / 4 * 4;
        is_text(&run[..run.len().min(SAMPLE)]) || is_text(&run[tail..])
    })?;
    let begin = start + shift;
    let packed = text.get(begin..end)?;
    let bytes = decoded(packed)?;
    let padding = text.as_bytes()[end..].iter().take(2).take_while(|byte| **byte == b'=').count();
    Some(Packed { start: begin, end: end + padding, text: readable(bytes), url_safe, padded: padding > 0 })
}

/// Decodes either alphabet; drops a last character that encodes no byte.
fn decoded(packed: &str) -> Option<Vec<u8>> {
    let whole = if packed.len() % 4 == 1 { &packed[..packed.len() - 1] } else { packed };
    if whole.contains(['-', '_']) {
        return URL_SAFE.decode(whole.replace('+', "-").replace('/', "_")).ok();
    }
    STANDARD.decode(whole).ok()
}

/// Whether base64 encodes a text: nine of ten bytes are printable.
fn is_text(packed: &str) -> bool {
    let Some(bytes) = decoded(packed) else { return false };
    let printable = |byte: &&u8| byte.is_ascii_graphic() || matches!(byte, b' ' | b'\n' | b'\r' | b'\t');
    !bytes.is_empty() && bytes.iter().filter(printable).count() * 10 >= bytes.len() * 9
}

/// Whether a text contains an encoded text.
pub(super) fn is_likely(text: &str) -> bool {
    let bytes = text.as_bytes();
    let marked = bytes.contains(&b'%') || bytes.contains(&b'\\');
    (marked && next_escape(bytes, 0).is_some()) || packed(text).next().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_read_with_their_places() {
        let read = Unescaped::of("a%3Db\\u0063 \\x64%252e%e4%C3%A9").unwrap();
        assert_eq!(read.text, "a=bc d.?é");
        assert_eq!((read.place(1), read.place(2), read.place(3)), (1, 4, 5));
        assert_eq!(read.place(read.text.len()), "a%3Db\\u0063 \\x64%252e%e4%C3%A9".len());
        for plain in ["", "100 %", "%zz", "C:\\users", "\\u12"] {
            assert!(Unescaped::of(plain).is_none(), "{plain}");
        }
    }

    #[test]
    fn base64_is_read_wherever_it_begins() {
        let said = "the key is sk-0123456789abcdef?>";
        for (before, packed) in [
            ("", STANDARD.encode(said)),
            ("data:text/plain;base64,", STANDARD.encode(said)),
            ("path/", URL_SAFE.encode(said)),
        ] {
            let text = format!("{before}{packed} rest");
            let found: Vec<Packed> = super::packed(&text).collect();
            assert!(found[0].text.contains("sk-0123456789abcdef"), "{text}: {}", found[0].text);
        }
        for plain in
            ["6ec0bd7f-11c0-43da-975e-2a8ad9ebae0b", "internationalization_of_everything_here", "short"]
        {
            assert!(packed(plain).next().is_none(), "{plain}");
        }
    }
}
