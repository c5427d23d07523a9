//! One pass over a text that finds out whether it can contain numbers.

/// Result of the pass.
#[derive(Default)]
pub(super) struct Scan {
    /// Seven digits are close to each other.
    pub digits: bool,
    /// Two colons are among hexadecimal digits.
    pub colons: bool,
    /// A word begins with two letters and two digits.
    pub account: bool,
}

impl Scan {
    /// Scans a text once.
    pub fn of(text: &[u8]) -> Self {
        let mut seen = Self::default();
        let (mut digits, mut gap, mut colons) = (0_u32, 0_u32, 0_u32);
        // Position in a word, and whether its first four characters so far fit an account number.
        let (mut place, mut fits) = (0_u32, true);
        for byte in text {
            let is_digit = byte.is_ascii_digit();
            if is_digit || byte.is_ascii_alphabetic() {
                fits &= place > 3 || is_digit == (place > 1);
                seen.account |= fits && place == 3;
                place += 1;
            } else {
                (place, fits) = (0, true);
            }
            match byte {
                b'0'..=b'9' => {
                    (digits, gap) = (digits + 1, 0);
                    seen.digits |= digits >= 7;
                }
                b' ' | b'-' | b'.' | b'(' | b')' | b'/' => {
                    (gap, colons) = (gap + 1, 0);
                    digits = if gap > 3 { 0 } else { digits };
                }
                b':' => {
                    (colons, digits) = (colons + 1, 0);
                    seen.colons |= colons >= 2;
                }
                b'a'..=b'f' | b'A'..=b'F' => digits = 0,
                _ => (digits, gap, colons) = (0, 0, 0),
            }
            if seen.digits && seen.colons && seen.account {
                break;
            }
        }
        seen
    }
}
