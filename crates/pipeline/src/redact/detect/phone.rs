//! Detectors of phone numbers.

use super::Site;
use super::card::digits;

/// Words that mark a phone number.
const CALLED: &[&str] = &[
    "phone",
    "mobile",
    "cell",
    "tel",
    "fax",
    "sms",
    "whatsapp",
    "call",
    "dial",
    "handy",
    "ring",
    "contact number",
    "móvil",
    "teléfono",
    "téléphone",
    "portable",
    "rufnummer",
    "msisdn",
];

/// Calling codes with the least and most digits after them. Codes of ITU-T E.164 without an entry have 6 to
/// 12 digits. Source: ITU-T E.164 Annex, and the national numbering plans that it refers to.
const CODES: &[(&str, usize, usize)] = &[
    ("1", 10, 10),
    ("7", 10, 10),
    ("20", 8, 10),
    ("27", 9, 9),
    ("30", 10, 10),
    ("31", 9, 9),
    ("32", 8, 9),
    ("33", 9, 9),
    ("34", 9, 9),
    ("36", 8, 9),
    ("39", 6, 11),
    ("40", 9, 9),
    ("41", 9, 9),
    ("43", 7, 13),
    ("44", 9, 10),
    ("45", 8, 8),
    ("46", 7, 9),
    ("47", 8, 8),
    ("48", 9, 9),
    ("49", 7, 13),
    ("51", 8, 9),
    ("52", 10, 11),
    ("53", 8, 8),
    ("54", 10, 11),
    ("55", 10, 11),
    ("56", 9, 9),
    ("57", 10, 10),
    ("58", 10, 10),
    ("60", 8, 10),
    ("61", 9, 9),
    ("62", 8, 12),
    ("63", 8, 10),
    ("64", 8, 10),
    ("65", 8, 8),
    ("66", 8, 9),
    ("81", 9, 10),
    ("82", 8, 10),
    ("84", 9, 10),
    ("86", 10, 11),
    ("90", 10, 10),
    ("91", 10, 10),
    ("92", 9, 10),
    ("93", 9, 9),
    ("94", 9, 9),
    ("95", 7, 10),
    ("98", 10, 10),
];

/// First two digits of calling codes with three digits.
const LONG_CODES: &[&str] = &[
    "21", "22", "23", "24", "25", "26", "29", "35", "37", "38", "42", "50", "59", "67", "68", "69", "80",
    "85", "87", "88", "96", "97", "99",
];

/// Whether digits are an international number that starts with a calling code.
fn is_international(number: &str) -> bool {
    let long = || LONG_CODES.iter().any(|code| number.starts_with(code)).then_some((3, 6, 12));
    let short = CODES
        .iter()
        .find(|(code, _, _)| number.starts_with(code))
        .map(|(code, least, most)| (code.len(), *least, *most));
    let Some((code, least, most)) = short.or_else(long) else { return false };
    // A three-digit code is matched by two digits, so nothing may follow them.
    let Some(rest) = number.get(code..) else { return false };
    number.len() <= 15
        && (least..=most).contains(&rest.len())
        && (!number.starts_with('1') || is_american(rest))
}

/// Whether ten digits are a number of the North American Numbering Plan (<https://nanpa.com/numbering>). Area
/// code and exchange begin with 2 to 9, and neither is a service code such as 911.
fn is_american(number: &str) -> bool {
    let group =
        |part: Option<&str>| part.is_some_and(|part| !part.starts_with(['0', '1']) && !part.ends_with("11"));
    number.len() == 10 && group(number.get(..3)) && group(number.get(3..6))
}

fn bare(text: &str) -> String {
    digits(text).iter().map(|digit| char::from(digit + b'0')).collect()
}

/// Whether there is at most one pair of parentheses, in order.
fn is_balanced(text: &str) -> bool {
    matches!((text.matches('(').count(), text.matches(')').count()), (0, 0) | (1, 1))
        && text.find('(').unwrap_or(0) <= text.find(')').unwrap_or(0)
}

/// Recognises a number with `+`, or with `00` if it is grouped or the context names a phone number.
pub(super) fn international(site: &Site<'_>) -> Option<(usize, usize)> {
    let found = site.found();
    let plus = found.starts_with('+');
    let digits = bare(found);
    let number = if plus { digits.as_str() } else { digits.strip_prefix("00")? };
    // The trunk prefix is not dialled from abroad: +44 (0)20 …
    let without = found.contains("(0)").then(|| bare(&found.replacen("(0)", "", 1)));
    let number =
        without.as_deref().map_or(number, |bare| if plus { bare } else { bare.trim_start_matches("00") });
    let grouped = || found.trim_start_matches("00").contains([' ', '-', '/', '(']);
    let apart =
        !site.previous().is_some_and(|letter| letter.is_alphanumeric() || matches!(letter, '+' | '_' | '.'));
    let told = plus || grouped() || site.is_told(CALLED);
    let ends = !site.after().starts_with(|letter: char| letter.is_alphanumeric() || letter == '_');
    site.when(apart && told && ends && is_balanced(found) && is_international(number))
}

/// Recognises a number in North American notation.
pub(super) fn american(site: &Site<'_>) -> Option<(usize, usize)> {
    let found = site.found();
    let digits = bare(found);
    let number = if digits.len() == 11 { digits.strip_prefix('1')? } else { &digits };
    let mut between = found.bytes().filter(|byte| matches!(byte, b'-' | b'.' | b' '));
    let first = between.next();
    let alike = found.contains('(') || between.all(|byte| Some(byte) == first);
    // Three groups with spaces are more often three separate numbers.
    let told = found.contains('(') || first != Some(b' ') || site.is_told(CALLED);
    site.when(alike && told && is_balanced(found) && is_american(number) && site.is_alone())
}

/// Recognises a number of any country if the text or the value's name marks it as one.
pub(super) fn national(site: &Site<'_>) -> Option<(usize, usize)> {
    let digits = bare(site.found());
    let said = (7..=15).contains(&digits.len()) && site.is_told(CALLED);
    let varied = digits.bytes().any(|digit| Some(digit) != digits.bytes().next());
    site.when(said && varied && is_balanced(site.found()) && site.is_alone())
}
