//! Decimal numbers parsed from text, without floats.

use crate::schema::Decimal;

/// Decimal places of money.
const DIGITS: i32 = 24;

/// Text that is not a price.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NumberError {
    #[error("{0:?} is not a number of dollars")]
    Shape(String),
    #[error("{0} is too large")]
    Large(String),
    #[error("{0} has more than {DIGITS} digits after the point")]
    Fine(String),
}

/// A number as `digits × 10^-scale`; the scale may be negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Scaled {
    digits: u128,
    scale: i32,
}

/// The price of `per` units from the text of the price of one. Text with more than 24 decimal places is
/// rounded half to even at the 24th, because floats written in full carry noise there.
#[cfg(any(feature = "convert", test))]
pub(crate) fn each(text: &str, per: u64) -> Result<Decimal, NumberError> {
    let one = Scaled::parse(text)?.rounded(DIGITS);
    one.times(u128::from(per)).ok_or_else(|| NumberError::Large(text.to_owned()))?.decimal(text)
}

/// The exact number in the text.
pub(crate) fn exact(text: &str) -> Result<Decimal, NumberError> {
    Scaled::parse(text)?.decimal(text)
}

impl Scaled {
    /// Whether the text is a number below zero.
    pub(crate) fn negative(text: &str) -> bool {
        text.strip_prefix('-').is_some_and(|rest| Self::parse(rest).is_ok())
    }

    fn parse(text: &str) -> Result<Self, NumberError> {
        let wrong = || NumberError::Shape(text.chars().take(64).collect());
        let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let (whole, part) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let (digits, exponent) = (format!("{whole}{part}"), exponent.parse::<i16>().map_err(|_| wrong())?);
        if digits.len() > 38 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(wrong());
        }
        let digits = digits.parse::<u128>().map_err(|_| wrong())?;
        let scale = i32::try_from(part.len()).map_err(|_| wrong())? - i32::from(exponent);
        Ok(Self { digits, scale }.trimmed())
    }

    fn trimmed(mut self) -> Self {
        while self.digits != 0 && self.digits.is_multiple_of(10) {
            self = Self { digits: self.digits / 10, scale: self.scale - 1 };
        }
        if self.digits == 0 { Self { digits: 0, scale: 0 } } else { self }
    }

    #[cfg(any(feature = "convert", test))]
    fn rounded(self, scale: i32) -> Self {
        let Some(drop) = u32::try_from(self.scale - scale).ok().filter(|drop| *drop > 0) else { return self };
        let Some(step) = 10_u128.checked_pow(drop) else { return Self { digits: 0, scale: 0 } };
        let (kept, rest) = (self.digits / step, self.digits % step);
        let up = rest > step / 2 || (rest == step / 2 && kept % 2 == 1);
        Self { digits: kept + u128::from(up), scale }.trimmed()
    }

    #[cfg(any(feature = "convert", test))]
    fn times(self, factor: u128) -> Option<Self> {
        Some(Self { digits: self.digits.checked_mul(factor)?, scale: self.scale }.trimmed())
    }

    fn decimal(self, text: &str) -> Result<Decimal, NumberError> {
        if self.scale > DIGITS {
            return Err(NumberError::Fine(text.to_owned()));
        }
        let large = || NumberError::Large(text.to_owned());
        let Ok(scale) = u8::try_from(self.scale) else {
            let zeros = 10_u128.checked_pow(self.scale.unsigned_abs());
            let digits =
                zeros.and_then(|zeros| self.digits.checked_mul(zeros)).filter(|digits| *digits <= MOST);
            return Ok(Decimal { digits: digits.ok_or_else(large)?, scale: 0 });
        };
        let most = MOST.saturating_mul(10_u128.saturating_pow(u32::from(scale)));
        if self.digits > most { Err(large()) } else { Ok(Decimal { digits: self.digits, scale }) }
    }
}

/// Maximum price, in dollars.
const MOST: u128 = 1_000_000_000_000;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;

    #[test]
    fn text_stays_exact() {
        assert_eq!(
            exact("0.041666666666666664").unwrap(),
            Decimal { digits: 41_666_666_666_666_664, scale: 18 }
        );
        assert_eq!(exact("2.50").unwrap(), Decimal { digits: 25, scale: 1 });
        assert_eq!(exact("300").unwrap(), Decimal { digits: 300, scale: 0 });
        assert_eq!(each("2.5e-06", 1_000_000).unwrap(), Decimal { digits: 25, scale: 1 });
        assert_eq!(
            each("2.0000000000000002e-07", 1_000_000).unwrap(),
            Decimal { digits: 20_000_000_000_000_002, scale: 17 }
        );
        assert_eq!(each("0", 1_000).unwrap(), Decimal::ZERO);
        assert_eq!(
            each("1.2345678901234567e-10", 1_000_000).unwrap(),
            each("1.23456789012346e-10", 1_000_000).unwrap()
        );
        assert_eq!(each("2.5e-24", 1).unwrap(), Decimal { digits: 2, scale: 24 });
        for text in ["", "-1", "x", "1e", "NaN"] {
            assert!(exact(text).is_err(), "{text}");
        }
    }
}
