//! Translation of UCUM units, as OpenTelemetry sends them, to Prometheus' words.

/// UCUM codes and Prometheus' words, from the compatibility page and the collector's translation.
const WORDS: [(&str, &str); 32] = [
    ("d", "days"),
    ("h", "hours"),
    ("min", "minutes"),
    ("s", "seconds"),
    ("ms", "milliseconds"),
    ("us", "microseconds"),
    ("ns", "nanoseconds"),
    ("By", "bytes"),
    ("KiBy", "kibibytes"),
    ("MiBy", "mebibytes"),
    ("GiBy", "gibibytes"),
    ("TiBy", "tibibytes"),
    ("KBy", "kilobytes"),
    ("MBy", "megabytes"),
    ("GBy", "gigabytes"),
    ("TBy", "terabytes"),
    ("B", "bytes"),
    ("KB", "kilobytes"),
    ("MB", "megabytes"),
    ("GB", "gigabytes"),
    ("TB", "terabytes"),
    ("bit", "bits"),
    ("m", "meters"),
    ("V", "volts"),
    ("A", "amperes"),
    ("J", "joules"),
    ("W", "watts"),
    ("g", "grams"),
    ("Cel", "celsius"),
    ("Hz", "hertz"),
    ("%", "percent"),
    ("1", ""),
];

/// Words after `per`.
const PER: [(&str, &str); 7] = [
    ("s", "second"),
    ("m", "minute"),
    ("h", "hour"),
    ("d", "day"),
    ("w", "week"),
    ("mo", "month"),
    ("y", "year"),
];

/// The unit suffix of a name: empty for annotations such as `{token}`, `ratio` for the unit 1 of a gauge.
pub(crate) fn suffix(unit: &str, gauge: bool) -> String {
    let unit = unit.trim();
    if unit == "1" {
        return if gauge { "ratio".to_owned() } else { String::new() };
    }
    let (main, per) = unit.split_once('/').map_or((unit, ""), |(main, per)| (main, per));
    let (main, per) = (word(main, &WORDS), word(per, &PER));
    match (main.as_str(), per.as_str()) {
        (_, "") => main,
        ("", _) => format!("per_{per}"),
        _ => format!("{main}_per_{per}"),
    }
}

fn word(code: &str, words: &[(&str, &str)]) -> String {
    let code = code.trim();
    if code.contains(['{', '}']) {
        return String::new();
    }
    let known = words.iter().find(|(known, _)| *known == code);
    known.map_or_else(|| plain(code), |(_, word)| (*word).to_owned())
}

/// An unlisted unit, made valid for a name.
fn plain(code: &str) -> String {
    super::squeezed(code, |c| c.is_ascii_alphanumeric()).trim_matches('_').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_become_words() {
        let cases = [
            ("", ""),
            ("{token}", ""),
            ("{token}/s", "per_second"),
            ("1/m", "per_minute"),
            ("km/h", "km_per_hour"),
            ("s", "seconds"),
            ("seconds", "seconds"),
            ("EUR ", "EUR"),
            ("a b", "a_b"),
        ];
        for (unit, word) in cases {
            assert_eq!(suffix(unit, false), word, "{unit:?}");
        }
        assert_eq!((suffix("1", true).as_str(), suffix("1", false).as_str()), ("ratio", ""));
    }
}
