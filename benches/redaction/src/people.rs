//! Personal data by their public formats.

use fastrand::Rng;

use crate::set::{Made, of, pick};

type Make = fn(&mut Rng) -> Made;

pub(crate) const KINDS: &[(&str, Make)] =
    &[("email", email), ("phone", phone), ("card", card), ("iban", iban), ("ssn", ssn), ("ip", ip)];

const DIGITS: &str = "0123456789";
const LOWER: &str = "abcdefghijklmnopqrstuvwxyz";
const UPPER: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/// RFC 5321 and 6531, as people have them.
fn email(rng: &mut Rng) -> Made {
    let name = pick(
        rng,
        &[
            "ann",
            "j.smith",
            "maria-luisa",
            "o'brien",
            "x_1",
            "sales+eu",
            "Jürgen.Müller",
            "李雷",
            "no.reply",
            "A.B.C",
        ],
    );
    let host = pick(
        rng,
        &[
            "example.com",
            "mail.example.co.uk",
            "uni-köln.de",
            "a-b.example.org",
            "EXAMPLE.NET",
            "sub.dept.example.io",
            "example.museum",
            "xn--bcher-kva.example",
        ],
    );
    let number = if rng.bool() { rng.u16(..999).to_string() } else { String::new() };
    Made::alone(format!("{name}{number}@{host}"))
}

/// ITU-T E.164 and E.123, and the North American Numbering Plan.
fn phone(rng: &mut Rng) -> Made {
    let area = format!(
        "{}{}",
        rng.u8(2..=9),
        ["02", "12", "25", "37", "46", "58", "69", "70", "83", "94"][rng.usize(..10)]
    );
    let exchange = format!(
        "{}{}",
        rng.u8(2..=9),
        ["05", "23", "34", "48", "55", "67", "76", "80", "92"][rng.usize(..9)]
    );
    let line = of(rng, DIGITS, 4);
    match rng.u8(..14) {
        0 => Made::alone(format!("({area}) {exchange}-{line}")),
        1 => Made::alone(format!("{area}-{exchange}-{line}")),
        2 => Made::alone(format!("{area}.{exchange}.{line}")),
        3 => Made::alone(format!("+1 {area} {exchange} {line}")),
        4 => Made::alone(format!("+1{area}{exchange}{line}")),
        5 => Made::alone(format!("1-{area}-{exchange}-{line}")),
        6 => Made { value: format!("{area}{exchange}{line}"), around: "phone: {}" },
        7 => Made::alone(format!("+44 20 {} {}", of(rng, "23456789", 4), of(rng, DIGITS, 4))),
        8 => Made::alone(format!("+49 (0)30 {}", of(rng, "123456789", 7))),
        9 => Made::alone(format!("+33 6 {}", pairs(rng, 4))),
        10 => Made { value: format!("030 {}", of(rng, "123456789", 8)), around: "Tel. {}" },
        11 => Made::alone(format!("+91-{}", of(rng, "6789", 1) + &of(rng, DIGITS, 9))),
        12 => Made::alone(format!("+86 138 {} {}", of(rng, DIGITS, 4), of(rng, DIGITS, 4))),
        _ => Made::alone(format!("0041 44 {} {}", of(rng, "23456789", 3), pairs(rng, 2))),
    }
}

fn pairs(rng: &mut Rng, count: usize) -> String {
    (0..count).map(|_| of(rng, DIGITS, 2)).collect::<Vec<_>>().join(" ")
}

/// ISO/IEC 7812: an issuer's prefix, digits, and the check digit by Luhn.
fn card(rng: &mut Rng) -> Made {
    let (prefix, len) = [
        ("4", 16),
        ("51", 16),
        ("55", 16),
        ("2221", 16),
        ("2720", 16),
        ("34", 15),
        ("37", 15),
        ("6011", 16),
        ("65", 16),
        ("3530", 16),
        ("3056", 14),
        ("36", 14),
        ("62", 16),
    ][rng.usize(..13)];
    let mut digits = format!("{prefix}{}", of(rng, DIGITS, len - 1 - prefix.len()));
    let sum: u32 = digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(at, digit)| {
            let digit = u32::from(digit - b'0');
            if at % 2 == 0 { [0, 2, 4, 6, 8, 1, 3, 5, 7, 9][digit as usize] } else { digit }
        })
        .sum();
    digits.push(char::from(b'0' + u8::try_from((10 - sum % 10) % 10).unwrap_or_default()));
    let groups: &[usize] = match len {
        16 => &[4, 4, 4, 4],
        15 => &[4, 6, 5],
        _ => &[4, 6, 4],
    };
    let separator = pick(rng, &["", "", " ", "-"]);
    Made::alone(grouped(&digits, groups, separator))
}

fn grouped(text: &str, groups: &[usize], separator: &str) -> String {
    let mut rest = text;
    let parts = groups.iter().map(|len| {
        let (part, behind) = rest.split_at(*len);
        rest = behind;
        part
    });
    parts.collect::<Vec<_>>().join(separator)
}

/// ISO 13616, of some countries as the registry has their accounts; check digits by ISO 7064 MOD 97-10.
fn iban(rng: &mut Rng) -> Made {
    let (country, account) = match rng.u8(..9) {
        0 => ("DE", of(rng, DIGITS, 18)),
        1 => ("GB", of(rng, UPPER, 4) + &of(rng, DIGITS, 14)),
        2 => ("FR", of(rng, DIGITS, 23)),
        3 => ("NL", of(rng, UPPER, 4) + &of(rng, DIGITS, 10)),
        4 => ("ES", of(rng, DIGITS, 20)),
        5 => ("IT", of(rng, UPPER, 1) + &of(rng, DIGITS, 22)),
        6 => ("CH", of(rng, DIGITS, 17)),
        7 => ("PL", of(rng, DIGITS, 24)),
        _ => (
            "MT",
            of(rng, UPPER, 4) + &of(rng, DIGITS, 5) + &of(rng, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", 18),
        ),
    };
    let number = format!("{account}{country}00").bytes().fold(0_u32, |sum, letter| match letter {
        b'0'..=b'9' => (sum * 10 + u32::from(letter - b'0')) % 97,
        _ => (sum * 100 + u32::from(letter - b'A') + 10) % 97,
    });
    let iban = format!("{country}{:02}{account}", 98 - number);
    let spaced = iban
        .as_bytes()
        .chunks(4)
        .map(|part| String::from_utf8_lossy(part).into_owned())
        .collect::<Vec<_>>()
        .join(" ");
    Made::alone(if rng.bool() { iban } else { spaced })
}

/// Social Security Administration: no 000, 666 or 9xx, no 00, no 0000.
fn ssn(rng: &mut Rng) -> Made {
    let area = [rng.u16(1..=665), rng.u16(667..=899)][rng.usize(..2)];
    let (group, serial) = (rng.u8(1..=99), rng.u16(1..=9_999));
    match rng.u8(..4) {
        0 => Made { value: format!("{area:03}{group:02}{serial:04}"), around: "SSN {}" },
        1 => Made { value: format!("{area:03} {group:02} {serial:04}"), around: "social security number {}" },
        _ => Made::alone(format!("{area:03}-{group:02}-{serial:04}")),
    }
}

/// RFC 791 and RFC 5952, of networks with real users.
fn ip(rng: &mut Rng) -> Made {
    let hex = |rng: &mut Rng| format!("{:x}", rng.u16(1..));
    Made::alone(match rng.u8(..6) {
        0 => format!("10.{}.{}.{}", rng.u8(..), rng.u8(..), rng.u8(..)),
        1 => format!("192.168.{}.{}", rng.u8(..), rng.u8(..)),
        2 => format!("2001:db8:{}::{}", hex(rng), hex(rng)),
        3 => format!(
            "2a02:{}:{}:{}:{}:{}:{}:{}",
            hex(rng),
            hex(rng),
            hex(rng),
            hex(rng),
            hex(rng),
            hex(rng),
            hex(rng)
        ),
        4 => format!("fe80::{}:{}", hex(rng), hex(rng)),
        _ => format!("{}.{}.{}.{}", rng.u8(11..=126), rng.u8(..), rng.u8(..), rng.u8(1..)),
    })
}

/// A word, for those who need one.
pub(crate) fn word(rng: &mut Rng) -> String {
    let len = rng.usize(3..9);
    of(rng, LOWER, len)
}
