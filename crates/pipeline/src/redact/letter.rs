//! Escape sequences and unusual letters: the plain letter that each stands for.

/// A decoded letter.
pub(super) enum Letter {
    Byte(u8),
    Char(char),
    /// A letter without a width.
    Nothing,
}

/// The escape sequence at the start, and its length.
pub(super) fn escape(bytes: &[u8]) -> Option<(Letter, usize)> {
    match bytes {
        [b'%', digits @ ..] => Some((Letter::Byte(u8::try_from(hex(digits, 2)?).ok()?), 3)),
        [b'\\', b'x', digits @ ..] => Some((Letter::Byte(u8::try_from(hex(digits, 2)?).ok()?), 4)),
        [b'\\', b'u', b'{', reference @ ..] => {
            let end = reference.iter().take(7).position(|byte| *byte == b'}')?;
            let number = hex(reference, end).filter(|_| end > 0)?;
            Some((Letter::Char(char::from_u32(number)?), end + 4))
        }
        [b'\\', b'u', digits @ ..] => {
            // A lone surrogate is never part of a secret.
            let letter = char::from_u32(hex(digits, 4)?).unwrap_or('?');
            Some((Letter::Char(letter), 6))
        }
        [b'&', b'#', reference @ ..] => {
            let (letter, length) = reference_of(reference)?;
            Some((Letter::Char(letter), length + 2))
        }
        // U+00AD, U+200B to U+200F, U+2060 and U+FEFF.
        [0xC2, 0xAD, ..] => Some((Letter::Nothing, 2)),
        [0xE2, 0x80, 0x8B..=0x8F, ..] | [0xE2, 0x81, 0xA0, ..] | [0xEF, 0xBB, 0xBF, ..] => {
            Some((Letter::Nothing, 3))
        }
        // Hyphens that texts have in place of the hyphen of ASCII: U+2010 to U+2013, U+2212.
        [0xE2, 0x80, 0x90..=0x93, ..] | [0xE2, 0x88, 0x92, ..] => Some((Letter::Byte(b'-'), 3)),
        [0xEF, second @ (0xBC | 0xBD), third @ 0x80..=0xBF, ..] => Some((full_width(*second, *third)?, 3)),
        _ => None,
    }
}

/// The letter, digit, hyphen or underscore of ASCII that a letter of full width stands for, by its last two
/// bytes of UTF-8. Other signs of full width are usual in texts of East Asia.
fn full_width(second: u8, third: u8) -> Option<Letter> {
    let letter = (u16::from(second & 0x03) << 6 | u16::from(third & 0x3F)).checked_add(0x20)?;
    let letter = u8::try_from(letter).ok()?;
    (letter.is_ascii_alphanumeric() || matches!(letter, b'-' | b'_')).then_some(Letter::Byte(letter))
}

/// A numeric character reference of HTML without `&#`, and its length: `97;` or `x61;`.
fn reference_of(bytes: &[u8]) -> Option<(char, usize)> {
    let (prefix, radix) = if matches!(bytes, [b'x' | b'X', ..]) { (1, 16) } else { (0, 10) };
    let end = bytes.iter().take(9).position(|byte| *byte == b';')?;
    let digits = std::str::from_utf8(bytes.get(prefix..end)?).ok()?;
    let is_plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let number = u32::from_str_radix(digits, radix).ok().filter(|_| is_plain)?;
    Some((char::from_u32(number)?, end + 1))
}

/// The number of so many hexadecimal digits at the start.
pub(super) fn hex(bytes: &[u8], count: usize) -> Option<u32> {
    bytes.get(..count)?.iter().try_fold(0, |number, byte| Some(number * 16 + char::from(*byte).to_digit(16)?))
}
