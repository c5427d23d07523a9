//! Detector of payment card numbers.

use super::Site;

/// Issuers: prefix length, first and last prefix, and the possible lengths of a number. Source: ISO/IEC
/// 7812-1 and <https://en.wikipedia.org/wiki/Payment_card_number#Issuer_identification_number_(IIN)>.
const ISSUERS: &[(u32, u32, u32, &[usize])] = &[
    (1, 4, 4, &[13, 16, 19]),           // Visa
    (2, 51, 55, &[16]),                 // Mastercard
    (4, 2221, 2720, &[16]),             // Mastercard
    (2, 34, 34, &[15]),                 // American Express
    (2, 37, 37, &[15]),                 // American Express
    (4, 6011, 6011, &[16, 19]),         // Discover
    (3, 644, 649, &[16, 19]),           // Discover
    (2, 65, 65, &[16, 19]),             // Discover
    (4, 3528, 3589, &[16, 19]),         // JCB
    (3, 300, 305, &[14, 16]),           // Diners Club
    (2, 36, 36, &[14, 16, 19]),         // Diners Club
    (2, 38, 39, &[14, 16]),             // Diners Club
    (2, 62, 62, &[16, 17, 18, 19]),     // UnionPay
    (4, 2200, 2204, &[16, 17, 18, 19]), // Mir
    (2, 67, 67, &[16, 18, 19]),         // Maestro
    (4, 5018, 5018, &[16, 18, 19]),     // Maestro
    (4, 5893, 5893, &[16, 18, 19]),     // Maestro
];

/// Names of other numbers; one in ten of those passes the check digit.
const OTHERS: &[&str] = &[
    "order",
    "invoice",
    "tracking",
    "ticket",
    "trace",
    "span",
    "request",
    "timestamp",
    "shipment",
    "serial",
    "sku",
    "isbn",
];
/// Names of card numbers.
const CARDS: &[&str] = &["card", "visa", "mastercard", "amex", "credit", "debit", "pan", "karte"];

/// Whether the check digit is correct (Luhn, ISO/IEC 7812-1 annex B).
pub(super) fn is_luhn(digits: &[u8]) -> bool {
    let doubled = |digit: u32| if digit > 4 { 2 * digit - 9 } else { 2 * digit };
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(at, digit)| if at % 2 == 1 { doubled(u32::from(*digit)) } else { u32::from(*digit) })
        .sum();
    !digits.is_empty() && sum.is_multiple_of(10)
}

/// The digits of a text as numbers.
pub(super) fn digits(text: &str) -> Vec<u8> {
    text.bytes().filter(u8::is_ascii_digit).map(|digit| digit - b'0').collect()
}

fn is_issued(digits: &[u8]) -> bool {
    let prefix =
        |len: u32| digits.iter().take(len as usize).fold(0, |all, digit| all * 10 + u32::from(*digit));
    ISSUERS.iter().any(|(len, first, last, lengths)| {
        (first..=last).contains(&&prefix(*len)) && lengths.contains(&digits.len())
    })
}

/// Whether the digits are grouped like a card number: one group, groups of four, or 4, 6 and the rest for 14
/// and 15 digits. All separators have to be equal.
fn is_grouped(text: &str) -> bool {
    let mut separators = text.bytes().filter(|byte| !byte.is_ascii_digit());
    let Some(first) = separators.next() else { return true };
    let groups: Vec<usize> = text.split(char::from(first)).map(str::len).collect();
    let fours =
        groups.split_last().is_some_and(|(last, most)| most.iter().all(|len| *len == 4) && *last <= 4);
    separators.all(|separator| separator == first)
        && (fours || matches!(groups.as_slice(), [4, 6, 4 | 5] | [6, 13] | [4, 4, 5]))
}

/// Recognises a payment card number.
pub(super) fn judge(site: &Site<'_>) -> Option<(usize, usize)> {
    let digits = digits(site.found());
    let varied = digits.iter().any(|digit| Some(digit) != digits.first());
    let is_card = varied && is_issued(&digits) && is_luhn(&digits) && is_grouped(site.found());
    let previous = site.previous();
    let is_part = matches!(previous, Some('+' | '-' | '#' | '$'));
    site.when(is_card && !is_part && site.is_alone() && (!site.is_called(OTHERS) || site.is_called(CARDS)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_for_tests_of_every_issuer_are_cards() {
        // From the documentation of issuers and payment providers.
        for number in [
            "4111111111111111",
            "4012 8888 8888 1881",
            "5555-5555-5555-4444",
            "2223003122003222",
            "3782 822463 10005",
            "371449635398431",
            "6011111111111117",
            "3530111333300000",
            "3056 930902 5904",
            "36227206271667",
            "6200000000000005",
        ] {
            let site = Site::new(number, (0, number.len()), "");
            assert!(judge(&site).is_some(), "{number}");
        }
        for number in [
            "4111111111111112",
            "1234567812345670",
            "0000000000000000",
            "4111 1111-1111 1111",
            "41 11 11 11 11 11 11 11",
        ] {
            let site = Site::new(number, (0, number.len()), "");
            assert!(judge(&site).is_none(), "{number}");
        }
        let order = Site::new("4111111111111111", (0, 16), "order.id");
        assert!(judge(&order).is_none());
    }
}
