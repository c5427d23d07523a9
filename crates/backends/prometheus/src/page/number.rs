//! Numbers and times as text.

use quipu_core::Timestamp;

use super::Format;

/// A number, or `+Inf`, `-Inf` or `NaN`. OpenMetrics requires a decimal point in every bound and quantile, so
/// that equal values are equal labels.
pub(crate) fn number(value: f64, format: Format) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    let text = format!("{value:?}");
    match format {
        Format::OpenMetrics => text,
        Format::Text => text.strip_suffix(".0").map(str::to_owned).unwrap_or(text),
    }
}

/// Seconds since 1970, the time format of OpenMetrics.
pub(super) fn seconds(time: Timestamp) -> String {
    let nanos = time.nanos();
    let (whole, rest) = (nanos.div_euclid(Timestamp::SECOND), nanos.rem_euclid(Timestamp::SECOND));
    if whole < 0 { format!("{:?}", nanos as f64 / 1e9) } else { format!("{whole}.{:03}", rest / 1_000_000) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_one_form() {
        let cases = [
            (0.0, "0", "0.0"),
            (1.0, "1", "1.0"),
            (-2.5, "-2.5", "-2.5"),
            (1e300, "1e300", "1e300"),
            (1e-7, "1e-7", "1e-7"),
            (f64::NAN, "NaN", "NaN"),
            (f64::NEG_INFINITY, "-Inf", "-Inf"),
            (f64::INFINITY, "+Inf", "+Inf"),
        ];
        for (value, text, open) in cases {
            assert_eq!(
                (number(value, Format::Text).as_str(), number(value, Format::OpenMetrics).as_str()),
                (text, open)
            );
        }
        assert_eq!(seconds(Timestamp::from_nanos(1_795_000_000_012_345_678)), "1795000000.012");
    }
}
