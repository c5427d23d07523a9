//! Parser of numbers in every form that sources send: integers, doubles, and both as text.

use quipu_core::{Usd, Value};

/// Reason why a value is not a count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotACount {
    /// The value is not a finite number.
    NotANumber,
    /// The value is negative.
    Negative,
    /// The value has a fraction.
    Fraction,
    /// The value exceeds the limit for one call.
    TooLarge,
}

impl NotACount {
    /// The reason in words, for use after a key's name.
    pub(crate) const fn words(self) -> &'static str {
        match self {
            Self::NotANumber => "is not a number",
            Self::Negative => "is negative",
            Self::Fraction => "is not a whole number",
            Self::TooLarge => "is too large",
        }
    }
}

/// Maximum accepted count of one span: 10^15. Sums over any number of spans stay exact.
const LARGEST: u64 = 1_000_000_000_000_000;

/// A count from an integer, a double without fraction, or a text of either.
pub(crate) fn count(value: &Value) -> Result<u64, NotACount> {
    match value {
        Value::Int(int) => bounded(u64::try_from(*int).map_err(|_| NotACount::Negative)?),
        Value::Double(double) => count_of_double(*double),
        Value::String(text) => count_of_text(text.trim()),
        _ => Err(NotACount::NotANumber),
    }
}

fn count_of_text(text: &str) -> Result<u64, NotACount> {
    if let Ok(int) = text.parse::<u64>() {
        return bounded(int);
    }
    if let Some(int) = in_groups(text) {
        return bounded(int);
    }
    count_of_double(text.parse::<f64>().map_err(|_| NotACount::NotANumber)?)
}

/// A whole number in groups of three digits, such as `12,345` or `12_345`.
fn in_groups(text: &str) -> Option<u64> {
    let sign = [',', '_'].into_iter().find(|sign| text.contains(*sign))?;
    let is_digits = |group: &str| group.bytes().all(|byte| byte.is_ascii_digit());
    let mut groups = text.split(sign);
    let is_first = groups.next().is_some_and(|first| (1..=3).contains(&first.len()) && is_digits(first));
    let are_whole = groups.all(|group| group.len() == 3 && is_digits(group));
    (is_first && are_whole).then(|| text.replace(sign, "").parse().ok()).flatten()
}

fn count_of_double(double: f64) -> Result<u64, NotACount> {
    if !double.is_finite() {
        return Err(NotACount::NotANumber);
    }
    if double < 0.0 {
        return Err(NotACount::Negative);
    }
    if double.fract() != 0.0 {
        return Err(NotACount::Fraction);
    }
    if double > LARGEST as f64 {
        return Err(NotACount::TooLarge);
    }
    Ok(double as u64)
}

const fn bounded(int: u64) -> Result<u64, NotACount> {
    if int > LARGEST { Err(NotACount::TooLarge) } else { Ok(int) }
}

/// A count in any form. `None` if it is no number, negative, fractional or above 10^15.
pub fn count_of(value: &Value) -> Option<u64> {
    count(value).ok()
}

/// An amount of US dollars in any form, not negative.
pub fn dollars_of(value: &Value) -> Option<Usd> {
    dollars(value)
}

/// A finite number of any sign.
pub(crate) fn decimal(value: &Value) -> Option<f64> {
    value.as_number().filter(|number| number.is_finite())
}

/// A whole number of any sign.
pub(crate) fn integer(value: &Value) -> Option<i64> {
    match value {
        Value::Int(int) => Some(*int),
        _ => decimal(value)
            .filter(|number| number.fract() == 0.0 && number.abs() < 9e15)
            .map(|number| number as i64),
    }
}

/// A boolean, also as text.
pub(crate) fn flag(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(flag) => Some(*flag),
        Value::Int(0) => Some(false),
        Value::Int(1) => Some(true),
        Value::String(text) if text.eq_ignore_ascii_case("true") => Some(true),
        Value::String(text) if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

/// An amount of US dollars, not negative.
pub(crate) fn dollars(value: &Value) -> Option<Usd> {
    let amount = match value {
        Value::String(text) => {
            let text = text.trim().trim_start_matches('$').trim_end_matches(" USD").trim();
            text.parse()
                .ok()
                .or_else(|| Usd::from_reported(text.parse().ok().filter(|n: &f64| n.is_finite())?))
        }
        _ => Usd::from_reported(decimal(value)?),
    };
    amount.filter(|amount| *amount >= Usd::ZERO)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_come_in_many_shapes() {
        for value in
            [Value::Int(12), Value::Double(12.0), "12".into(), " 12 ".into(), "12.0".into(), "1.2e1".into()]
        {
            assert_eq!(count(&value), Ok(12), "{value:?}");
        }
    }

    #[test]
    fn what_is_not_a_count_says_why() {
        for (value, why) in [
            (Value::Int(-1), NotACount::Negative),
            (Value::Double(-0.5), NotACount::Negative),
            (Value::Double(f64::NAN), NotACount::NotANumber),
            ("NaN".into(), NotACount::NotANumber),
            ("inf".into(), NotACount::NotANumber),
            (Value::Double(1.5), NotACount::Fraction),
            (Value::Double(1e300), NotACount::TooLarge),
            (Value::Int(i64::MAX), NotACount::TooLarge),
            ("many".into(), NotACount::NotANumber),
            (Value::Null, NotACount::NotANumber),
        ] {
            assert_eq!(count(&value), Err(why), "{value:?}");
        }
    }

    #[test]
    fn dollars_keep_every_digit() {
        assert_eq!(dollars(&Value::Double(3.66e-5)).unwrap().to_string(), "0.0000366");
        assert_eq!(dollars(&"0.000001".into()).unwrap().to_string(), "0.000001");
        assert_eq!(dollars(&Value::Double(-1.0)), None);
        assert_eq!(dollars(&Value::Double(f64::INFINITY)), None);
    }
}
