//! Detectors of personal data. If several match at one place, the first in the table wins.

use super::site::Site;
use super::{Class, Detector, Hint, address, bare, card, iban, phone};

const fn pii(
    kind: &'static str,
    hint: Hint,
    pattern: &'static str,
    judge: fn(&Site<'_>) -> Option<(usize, usize)>,
    same: fn(&str) -> String,
) -> Detector {
    Detector::new(kind, Class::Pii, hint, pattern, judge, same)
}

fn lower(text: &str) -> String {
    text.to_lowercase()
}

/// Digits only, without the international prefix, so one number has one form.
fn dialled(text: &str) -> String {
    let digits = bare(&text.replace("(0)", ""));
    digits.strip_prefix("00").map_or_else(|| digits.clone(), str::to_owned)
}

/// Recognises a US Social Security number. The first group is not 000, 666 or 900 and above. No other group
/// is all zeros. Numbers printed in advertisements do not count. Sources:
/// <https://www.ssa.gov/employer/randomization.html> and <https://www.ssa.gov/history/ssn/misused.html>.
fn ssn(site: &Site<'_>) -> Option<(usize, usize)> {
    const CALLED: &[&str] = &["ssn", "social security", "social sec", "soc sec"];
    const PRINTED: [&str; 2] = ["078051120", "219099999"];
    let digits = bare(site.found());
    let (area, rest) = digits.split_at_checked(3)?;
    let (group, serial) = rest.split_at_checked(2)?;
    let valid = !matches!(area, "000" | "666") && !area.starts_with('9') && group != "00" && serial != "0000";
    let separators: Vec<u8> = site.found().bytes().filter(|byte| !byte.is_ascii_digit()).collect();
    let told = match separators.as_slice() {
        [b'-', b'-'] => true,
        [] | [b' ', b' '] => site.is_told(CALLED),
        _ => false,
    };
    site.when(valid && told && !PRINTED.contains(&digits.as_str()) && site.is_alone())
}

/// All detectors of personal data.
pub(crate) static PERSONAL: [Detector; 9] = [
    pii(
        "email",
        Hint::At,
        r"[\w.%+'-]*\w@(?:\w(?:[\w-]*\w)?\.)+(?:\p{L}{2,}|xn--[a-z0-9-]+)",
        address::email,
        lower,
    ),
    pii("iban", Hint::Account, r"(?i-u)\b[A-Z]{2}[0-9]{2}(?:[ -]?[A-Z0-9]){11,30}", iban::judge, bare),
    pii("card", Hint::Digits, r"(?-u)\b[0-9](?:[ -]?[0-9]){12,18}", card::judge, bare),
    pii("ssn", Hint::Digits, r"(?-u)\b[0-9]{3}[- ]?[0-9]{2}[- ]?[0-9]{4}\b", ssn, bare),
    pii(
        "phone",
        Hint::Digits,
        r"(?-u)(?:\+|\b00)[ (]?[1-9](?:[ ./()-]{0,2}[0-9]){6,14}",
        phone::international,
        dialled,
    ),
    pii(
        "phone",
        Hint::Digits,
        r"(?-u)(?:\b1[ .-]?)?(?:\([2-9][0-9]{2}\)[ .-]?|\b[2-9][0-9]{2}[ .-])[2-9][0-9]{2}[ .-][0-9]{4}\b",
        phone::american,
        dialled,
    ),
    pii("ip", Hint::Address, r"(?-u)\b[0-9]{1,3}(?:\.[0-9]{1,3}){3}", address::v4, address::same),
    pii("phone", Hint::Digits, r"(?-u)\(?[0-9](?:[ ./()-]{0,2}[0-9]){6,14}", phone::national, dialled),
    pii(
        "ip",
        Hint::Address,
        r"(?-u)[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?:(?:\.[0-9]{1,3}){3})?",
        address::v6,
        address::same,
    ),
];
