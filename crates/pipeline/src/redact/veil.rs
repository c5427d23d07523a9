//! Encodings that hide a text from a plain search: percent-encoding, `\u` and `\x` escapes, character
//! references of HTML, letters without a width or of full width, other hyphens, base64, hexadecimal digits.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::letter::{Letter, escape, hex};

/// Rounds of unescaping: a `%25` hides another `%`.
const ROUNDS: usize = 4;
/// Shortest base64 run in characters: an encoded secret of 16 characters.
const SHORTEST: usize = 24;
/// Characters at each end of a run that decide whether it is an encoded text.
const SAMPLE: usize = 96;
/// Bytes that are searched for one kind of escape sequence before the other kind.
const BLOCK: usize = 1_024;
/// Segments of a path that are tried as the start of a run.
const PARTS: usize = 16;
/// Longest text in bytes that is searched byte by byte. The setup of a vector search takes longer.
const SHORT: usize = 64;
/// First bytes of the escape sequences of encodings.
const ENCODINGS: [u8; 3] = [b'%', b'\\', b'&'];
/// First bytes of letters without a width.
const WIDTHLESS: [u8; 3] = [0xC2, 0xE2, 0xEF];
/// Whether a byte can begin an escape sequence.
const OPENS: [bool; 256] = with(with([false; 256], &ENCODINGS), &WIDTHLESS);
/// Whether a byte is a letter of base64 in either alphabet.
const LETTERS: [bool; 256] =
    with([false; 256], b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_");

/// A table of bytes with these added.
const fn with(mut table: [bool; 256], bytes: &[u8]) -> [bool; 256] {
    let mut at = 0;
    while at < bytes.len() {
        table[bytes[at] as usize] = true;
        at += 1;
    }
    table
}

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
            Letter::Nothing => &room[..0],
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
    let rest = bytes.get(from..)?;
    if rest.len() <= SHORT {
        let begins = |at: &usize| OPENS[usize::from(rest[*at])] && escape(&rest[*at..]).is_some();
        return (0..rest.len()).find(begins).map(|at| from + at);
    }
    rest.chunks(BLOCK).enumerate().find_map(|(number, block)| {
        let begin = from + number * BLOCK;
        let is_escape = |at: &usize| escape(&bytes[begin + at..]).is_some();
        let find =
            |[one, two, three]: [u8; 3], block| memchr::memchr3_iter(one, two, three, block).find(is_escape);
        let encoded = find(ENCODINGS, block);
        let before = &block[..encoded.unwrap_or(block.len())];
        find(WIDTHLESS, before).or(encoded).map(|at| begin + at)
    })
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

/// A run of base64 or of hexadecimal digits that encodes a text.
pub(super) struct Packed {
    /// Its range with the padding.
    pub start: usize,
    pub end: usize,
    /// The decoded text.
    pub text: String,
    url_safe: bool,
    padded: bool,
    is_hex: bool,
}

impl Packed {
    /// Encodes another text in the same way.
    pub fn with(&self, text: &str) -> String {
        if self.is_hex {
            return text.bytes().map(|byte| format!("{byte:02x}")).collect();
        }
        let mut packed = if self.url_safe { URL_SAFE.encode(text) } else { STANDARD.encode(text) };
        while self.padded && !packed.len().is_multiple_of(4) {
            packed.push('=');
        }
        packed
    }
}

/// Runs that encode texts, in order.
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
    LETTERS[byte as usize]
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
    // Digits may follow a path.
    let digits = run.rsplit(['/', '-', '_', '+']).next().filter(|digits| digits.len() >= SHORTEST);
    if let Some((digits, text)) = digits.and_then(|digits| Some((digits, from_hex(digits)?))) {
        let start = end - digits.len();
        return Some(Packed { start, end, text, url_safe: false, padded: false, is_hex: true });
    }
    let url_safe = run.contains(['-', '_']);
    // The text before the run, as in a path, can have the same characters.
    let parts = run.bytes().enumerate().filter(|(_, byte)| *byte == b'/').map(|(at, _)| at + 1);
    let parts = parts.filter(|at| run.len() - at >= SHORTEST).take(PARTS);
    let shift = (0..4).chain(parts).find(|shift| {
        let run = &run[*shift..];
        // It begins where a group of four characters begins, so it can have three characters more.
        let tail = run.len().saturating_sub(SAMPLE) / 4 * 4;
        is_text(&run[..run.len().min(SAMPLE)]) || (run.len() > SAMPLE && is_text(&run[tail..]))
    })?;
    let begin = start + shift;
    let packed = text.get(begin..end)?;
    let bytes = decoded(packed)?;
    let padding = text.as_bytes()[end..].iter().take(2).take_while(|byte| **byte == b'=').count();
    Some(Packed {
        start: begin,
        end: end + padding,
        text: readable(bytes),
        url_safe,
        padded: padding > 0,
        is_hex: false,
    })
}

/// The text that hexadecimal digits encode; `None` for ids and hashes.
fn from_hex(run: &str) -> Option<String> {
    if !run.len().is_multiple_of(2) || !run.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let byte = |pair: &[u8]| u8::try_from(hex(pair, 2)?).ok();
    let bytes: Option<Vec<u8>> = run.as_bytes().chunks_exact(2).map(byte).collect();
    bytes.filter(|bytes| is_printable(bytes)).map(readable)
}

/// Decodes either alphabet; drops a last character that encodes no byte.
fn decoded(packed: &str) -> Option<Vec<u8>> {
    let whole = if packed.len() % 4 == 1 { &packed[..packed.len() - 1] } else { packed };
    if whole.contains(['-', '_']) {
        return URL_SAFE.decode(whole.replace('+', "-").replace('/', "_")).ok();
    }
    STANDARD.decode(whole).ok()
}

/// Whether base64 of a sample's length encodes a text: nine of ten bytes are printable.
fn is_text(packed: &str) -> bool {
    let mut letters = [0; SAMPLE + 3];
    let whole = if packed.len() % 4 == 1 { packed.len() - 1 } else { packed.len() };
    let Some(letters) = letters.get_mut(..whole) else { return false };
    for (letter, sent) in letters.iter_mut().zip(packed.bytes()) {
        *letter = match sent {
            b'-' => b'+',
            b'_' => b'/',
            other => other,
        };
    }
    let mut bytes = [0; SAMPLE + 3];
    STANDARD.decode_slice_unchecked(&*letters, &mut bytes).is_ok_and(|count| is_printable(&bytes[..count]))
}

fn is_printable(bytes: &[u8]) -> bool {
    let printable = |byte: &&u8| byte.is_ascii_graphic() || matches!(byte, b' ' | b'\n' | b'\r' | b'\t');
    !bytes.is_empty() && bytes.iter().filter(printable).count() * 10 >= bytes.len() * 9
}

/// Whether a text contains an encoded text.
pub(super) fn is_likely(text: &str) -> bool {
    next_escape(text.as_bytes(), 0).is_some() || packed(text).next().is_some()
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
    fn short_and_long_texts_are_searched_alike() {
        let before = "plain ".repeat(SHORT);
        for text in
            ["a%3Db", "\\u0063", "\\x64", "&#107;", "s\u{200b}k", "\u{ad}", "\u{feff}", "100 % & more \u{a3}"]
        {
            let found = next_escape(format!("{before}{text}").as_bytes(), 0);
            assert_eq!(next_escape(text.as_bytes(), 0), found.map(|at| at - before.len()), "{text}");
        }
    }

    #[test]
    fn references_and_letters_without_a_width_are_read() {
        for text in [
            "s&#107;-&#x31;",
            "s\u{200b}k\u{2060}-\u{ad}1\u{feff}",
            "&#115;k-1",
            "\u{ff53}\u{ff4b}\u{ff0d}\u{ff11}",
            "sk\u{2011}1",
            "\\u{73}k-\\u{000031}",
        ] {
            assert_eq!(Unescaped::of(text).unwrap().text, "sk-1", "{text}");
        }
        for plain in ["a & b", "&#;", "&#xzz;", "&#+1;", "&#99999999;", "\u{ff0c}\u{2026}\u{a3}"] {
            assert!(Unescaped::of(plain).is_none(), "{plain}");
        }
    }

    #[test]
    fn hexadecimal_digits_are_read_if_they_encode_a_text() {
        let digits: String = "sk-0123456789abcdef".bytes().map(|byte| format!("{byte:02x}")).collect();
        let found: Vec<Packed> = packed(&digits).collect();
        assert_eq!(found[0].text, "sk-0123456789abcdef");
        assert_eq!(found[0].with("ok"), "6f6b");
        let within = format!("https://x/{digits}");
        let found: Vec<Packed> = packed(&within).collect();
        assert_eq!((found[0].start, found[0].end), (10, within.len()));
        assert!(packed("4bf92f3577b34da6a3ce929d0e0e4736").next().is_none(), "a trace id");
    }

    #[test]
    fn base64_is_read_wherever_it_begins() {
        let said = "the key is sk-0123456789abcdef?>";
        for (before, packed) in [
            ("", STANDARD.encode(said)),
            ("data:text/plain;base64,", STANDARD.encode(said)),
            ("path/", URL_SAFE.encode(said)),
            ("https://h/v1/some/long/path/of/segments/", URL_SAFE.encode(said)),
            ("https://x/", URL_SAFE.encode("sk-0123456789abcdef")),
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
