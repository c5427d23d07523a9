//! Money as an exact integer, never a float.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Neg, Sub, SubAssign};
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Parse error: the text is not a decimal number of US dollars within the range of [`Usd`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MoneyError(String);

impl fmt::Display for MoneyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} is not a decimal amount with at most 24 digits after the point", self.0)
    }
}

impl std::error::Error for MoneyError {}

/// US dollars, exact to 24 decimal places, up to 170 trillion.
///
/// 24 decimal places hold every published price: the finest in the vendored books has 18 decimal places per
/// million tokens. Sums and products with counts are exact; overflow saturates, far beyond any bill.
///
/// ```
/// use quipu_core::Usd;
///
/// let price: Usd = "0.0045".parse()?;
/// assert_eq!((price + Usd::cents(1)).to_string(), "0.0145");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Usd(i128);

impl Usd {
    /// Zero dollars.
    pub const ZERO: Self = Self(0);
    /// Decimal places.
    pub const DIGITS: u32 = 24;
    const ONE: i128 = 10_i128.pow(Self::DIGITS);

    /// The sum of the known amounts; `None` if neither is known.
    pub fn sum_known(one: Option<Self>, other: Option<Self>) -> Option<Self> {
        match (one, other) {
            (Some(one), Some(other)) => Some(one + other),
            (one, other) => one.or(other),
        }
    }

    /// Converts hundredths of a dollar. Saturates.
    pub const fn cents(cents: i64) -> Self {
        Self((Self::ONE / 100).saturating_mul(cents as i128))
    }

    /// Converts units of 1e-24 dollars.
    pub const fn from_raw(raw: i128) -> Self {
        Self(raw)
    }

    /// The amount in units of 1e-24 dollars.
    pub const fn raw(self) -> i128 {
        self.0
    }

    /// This amount `count` times. Saturates.
    pub const fn times(self, count: u64) -> Self {
        Self(self.0.saturating_mul(count as i128))
    }

    /// This amount divided by `parts`, rounded towards zero; `None` when `parts` is zero.
    pub const fn per(self, parts: u64) -> Option<Self> {
        match self.0.checked_div(parts as i128) {
            Some(raw) => Some(Self(raw)),
            None => None,
        }
    }

    /// Billionths of a dollar, rounded half away from zero, saturating: for sorting, filtering and charts
    /// only.
    pub fn nanos(self) -> i64 {
        const STEP: i128 = 10_i128.pow(Usd::DIGITS - 9);
        let half = if self.0 < 0 { -STEP / 2 } else { STEP / 2 };
        let nanos = self.0.saturating_add(half) / STEP;
        i64::try_from(nanos).unwrap_or(if nanos < 0 { i64::MIN } else { i64::MAX })
    }

    /// Converts a float that a telemetry source reported, by its shortest decimal text; `None` unless finite
    /// and in range.
    pub fn from_reported(value: f64) -> Option<Self> {
        if !value.is_finite() {
            return None;
        }
        let text = format!("{value}");
        text.parse().ok().or_else(|| format!("{value:.24}").parse().ok())
    }
}

impl fmt::Display for Usd {
    /// Plain decimal without exponent or trailing zeros: `0.0000002`, `12`, `-3.5`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let whole = self.0.unsigned_abs() / Self::ONE.unsigned_abs();
        let part = self.0.unsigned_abs() % Self::ONE.unsigned_abs();
        let digits = format!("{part:024}");
        match digits.trim_end_matches('0') {
            "" => write!(f, "{sign}{whole}"),
            digits => write!(f, "{sign}{whole}.{digits}"),
        }
    }
}

impl fmt::Debug for Usd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "${self}")
    }
}

impl FromStr for Usd {
    type Err = MoneyError;

    /// Parses plain decimals (`1`, `-0.25`, `.5`) and scientific notation (`2.5e-06`) exactly; a number that
    /// needs rounding is refused.
    fn from_str(text: &str) -> Result<Self, MoneyError> {
        parse(text).map(Self).ok_or_else(|| MoneyError(text.chars().take(64).collect()))
    }
}

fn parse(text: &str) -> Option<i128> {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (negative, digits) = match mantissa.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, mantissa.strip_prefix('+').unwrap_or(mantissa)),
    };
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let all_digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    if whole.len() + part.len() == 0
        || whole.len() + part.len() > 64
        || !all_digits(whole)
        || !all_digits(part)
    {
        return None;
    }
    let joined = format!("{whole}{part}");
    let significant = joined.trim_end_matches('0');
    if significant.trim_start_matches('0').is_empty() {
        return Some(0);
    }
    let dropped = i32::try_from(joined.len() - significant.len()).ok()?;
    let scale =
        i32::try_from(Usd::DIGITS).ok()? + exponent.checked_add(dropped)? - i32::try_from(part.len()).ok()?;
    let raw =
        significant.parse::<i128>().ok()?.checked_mul(10_i128.checked_pow(u32::try_from(scale).ok()?)?)?;
    Some(if negative { -raw } else { raw })
}

impl Add for Usd {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Sub for Usd {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl Neg for Usd {
    type Output = Self;
    fn neg(self) -> Self {
        Self(self.0.saturating_neg())
    }
}

impl AddAssign for Usd {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl SubAssign for Usd {
    fn sub_assign(&mut self, other: Self) {
        *self = *self - other;
    }
}

impl Sum for Usd {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Add::add)
    }
}

impl Serialize for Usd {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        if to.is_human_readable() { to.collect_str(self) } else { self.0.serialize(to) }
    }
}

impl<'de> Deserialize<'de> for Usd {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        if from.is_human_readable() {
            let text = <std::borrow::Cow<'de, str>>::deserialize(from)?;
            text.parse().map_err(de::Error::custom)
        } else {
            i128::deserialize(from).map(Self)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn text_is_exact_both_ways() {
        for text in ["0", "12", "-3.5", "0.0000002", "0.041666666666666664", "0.000000000000000000000001"] {
            assert_eq!(text.parse::<Usd>().unwrap().to_string(), text);
        }
        assert_eq!("2.5e-06".parse::<Usd>().unwrap().to_string(), "0.0000025");
        assert_eq!("1.50E2".parse::<Usd>().unwrap().to_string(), "150");
        for text in ["", ".", "-", "1.2.3", "1e-25", "1e30", "NaN", "0x10", "1 "] {
            assert!(text.parse::<Usd>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn cents_are_hundredths() {
        assert_eq!(Usd::cents(1), "0.01".parse().unwrap());
        assert_eq!(Usd::cents(-1_250).to_string(), "-12.5");
        assert_eq!(Usd::cents(i64::MAX), Usd::from_raw(i128::MAX), "it saturates");
    }

    #[test]
    fn floats_keep_their_shortest_text() {
        assert_eq!(Usd::from_reported(0.1).unwrap().to_string(), "0.1");
        assert_eq!(Usd::from_reported(1e-7).unwrap().to_string(), "0.0000001");
        assert_eq!(Usd::from_reported(f64::NAN), None);
    }

    proptest! {
        #[test]
        fn any_amount_round_trips(raw in any::<i128>()) {
            let amount = Usd::from_raw(raw / 2);
            prop_assert_eq!(amount.to_string().parse::<Usd>().unwrap(), amount);
        }

        #[test]
        fn any_text_is_answered(text in ".{0,80}") {
            let _ = text.parse::<Usd>();
        }
    }
}
