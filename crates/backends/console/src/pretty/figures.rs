//! Durations, counts and money in readable form.

use quipu_core::{Tokens, Usd, Value};

/// `412 µs`, `212 ms`, `1.24 s`, `2 min 03 s`.
pub(crate) fn duration(nanos: i64) -> String {
    let nanos = nanos.max(0);
    match nanos {
        0..1_000_000 => format!("{} µs", nanos / 1_000),
        1_000_000..1_000_000_000 => format!("{} ms", nanos / 1_000_000),
        1_000_000_000..60_000_000_000 => {
            format!("{}.{:02} s", nanos / 1_000_000_000, nanos / 10_000_000 % 100)
        }
        _ => format!("{} min {:02} s", nanos / 60_000_000_000, nanos / 1_000_000_000 % 60),
    }
}

/// `1,200→80 tok`, with the tokens read from a cache.
pub(crate) fn tokens(tokens: &Tokens) -> String {
    let (input, output) = (count(tokens.input), count(tokens.output));
    match tokens.cache_read {
        0 => format!("{input}→{output} tok"),
        cached => format!("{input}→{output} tok ({} cached)", count(cached)),
    }
}

/// With a thousands separator.
pub(crate) fn count(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (number, digit) in digits.chars().enumerate() {
        if number > 0 && (digits.len() - number).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Rounded to a millionth of a dollar; a smaller amount is marked as such.
pub(crate) fn money(amount: Usd) -> String {
    let nanos = amount.nanos();
    if amount != Usd::ZERO && nanos.unsigned_abs() < 500 {
        return "<$0.000001".to_owned();
    }
    let sign = if nanos < 0 { "-" } else { "" };
    let millionths = nanos.unsigned_abs().saturating_add(500) / 1_000;
    let part = format!("{:06}", millionths % 1_000_000);
    // Always with cents; further digits unless they are zero.
    let part = format!("{:0<2}", part.trim_end_matches('0'));
    format!("{sign}${}.{part}", count(millionths / 1_000_000))
}

/// A short form of a value: text unchanged, all else as JSON.
pub(crate) fn value(of: &Value) -> String {
    match of {
        Value::Null => String::new(),
        Value::Bool(flag) => flag.to_string(),
        Value::Int(int) => int.to_string(),
        Value::Double(double) => double.to_string(),
        Value::String(text) => text.clone(),
        Value::Bytes(bytes) => format!("({} bytes)", bytes.len()),
        Value::Array(values) => {
            let parts: Vec<_> = values.iter().take(LIST).map(value).collect();
            format!("[{}]", parts.join(", "))
        }
        Value::Map(pairs) => {
            let parts = pairs.iter().take(LIST).map(|(key, held)| format!("{key}: {}", value(held)));
            format!("{{{}}}", parts.collect::<Vec<_>>().join(", "))
        }
    }
}

/// Largest number of list items that are rendered; more would be cut off.
const LIST: usize = 300;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_the_unit_that_fits() {
        let cases = [
            (-1, "0 µs"),
            (412_999, "412 µs"),
            (212_000_000, "212 ms"),
            (1_249_000_000, "1.24 s"),
            (59_999_000_000, "59.99 s"),
            (123_000_000_000, "2 min 03 s"),
        ];
        for (nanos, want) in cases {
            assert_eq!(duration(nanos), want);
        }
    }

    #[test]
    fn money_is_rounded_to_millionths_and_never_to_nothing() {
        let usd = |text: &str| text.parse::<Usd>().unwrap();
        let cases = [
            ("0", "$0.00"),
            ("0.0042", "$0.0042"),
            ("12.5", "$12.50"),
            ("1234567", "$1,234,567.00"),
            ("0.0000004", "<$0.000001"),
            ("0.0000006", "$0.000001"),
            ("-0.25", "-$0.25"),
        ];
        for (amount, want) in cases {
            assert_eq!(money(usd(amount)), want);
        }
    }

    #[test]
    fn counts_are_grouped_by_thousands() {
        assert_eq!([0, 999, 1_000, 1_234_567].map(count), ["0", "999", "1,000", "1,234,567"]);
    }
}
