//! Formats of figures and texts, the same for all commands of the terminal.

use serde_json::Value;

/// Text of a field; a dash where it is null.
pub fn text(value: &Value) -> String {
    match value {
        Value::Null => "–".into(),
        Value::String(text) => clean(text),
        Value::Array(values) => values.iter().map(text).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

/// Removes characters with which telemetry text could control the terminal. Control characters become spaces.
/// The same applies to characters that turn the direction of writing (CVE-2021-42574) or end a line for some
/// programs.
pub fn clean(text: &str) -> String {
    text.chars().map(|c| if steers(c) { ' ' } else { c }).collect()
}

/// Whether a character could control the terminal.
pub fn steers(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Milliseconds in the unit that reads best.
pub fn millis(value: &Value) -> String {
    match value.as_f64() {
        None => "–".into(),
        Some(ms) if ms < 1.0 => format!("{:.0} µs", ms * 1_000.0),
        Some(ms) if ms < 1_000.0 => format!("{ms:.0} ms"),
        Some(ms) if ms < 60_000.0 => format!("{:.2} s", ms / 1_000.0),
        Some(ms) => format!("{:.0} min {:02.0} s", (ms / 60_000.0).floor(), (ms % 60_000.0) / 1_000.0),
    }
}

/// Dollars as the API wrote them.
pub fn usd(value: &Value) -> String {
    match value.as_str() {
        None => "–".into(),
        Some(amount) => match amount.strip_prefix('-') {
            Some(less) => format!("-${less}"),
            None => format!("${amount}"),
        },
    }
}

/// The cost of a row in dollars, or the list price if all of it ran under a subscription. A row without usage
/// has a dash; any other row is marked as unpriced.
pub fn cost(row: &Value) -> String {
    cost_as(row, usd)
}

/// The same, rounded to cents, or to four digits below one cent.
pub fn rounded_cost(row: &Value) -> String {
    cost_as(row, |amount| rounded(amount).unwrap_or_else(|| usd(amount)))
}

fn cost_as(row: &Value, dollars: impl Fn(&Value) -> String) -> String {
    let unused = row["tokens"].is_null() || row["tokens"]["total"] == 0;
    if row["cost_usd"].is_string() {
        return dollars(&row["cost_usd"]);
    }
    match row["subscription_usd"].is_string() {
        true => format!("({} plan)", dollars(&row["subscription_usd"])),
        false if unused => "–".into(),
        false => "unpriced".into(),
    }
}

/// A time to the second.
pub fn time(value: &Value) -> String {
    let text = value.as_str().unwrap_or("–");
    text.get(..19).map_or_else(|| clean(text), |second| clean(&second.replace('T', " ")))
}

/// A number of tokens in short form, such as `12.3k`.
pub fn short(tokens: u64) -> String {
    let figure = tokens as f64;
    match tokens {
        0..=9_999 => tokens.to_string(),
        10_000..=999_999 => format!("{:.1}k", figure / 1e3),
        1_000_000..=999_999_999 => format!("{:.1}M", figure / 1e6),
        _ => format!("{:.1}G", figure / 1e9),
    }
}

/// Dollars rounded to cents, or to four digits below one cent.
pub fn rounded(amount: &Value) -> Option<String> {
    let figure: f64 = amount.as_str()?.parse().ok()?;
    Some(if figure == 0.0 || figure.abs() >= 0.01 {
        format!("${figure:.2}")
    } else {
        format!("${figure:.4}")
    })
}

/// Bytes in the unit that reads best.
pub fn bytes(value: &Value) -> String {
    let Some(bytes) = value.as_f64() else { return "–".into() };
    let units = [("GiB", 1_073_741_824.0), ("MiB", 1_048_576.0), ("KiB", 1_024.0)];
    let fits = units.iter().find(|(_, unit)| bytes >= *unit);
    fits.map_or_else(|| format!("{bytes} B"), |(name, unit)| format!("{:.1} {name}", bytes / unit))
}

/// A share of 0 to 1 in percent, with one digit.
pub fn percent(share: Option<f64>) -> String {
    share.map_or_else(|| "–".into(), |share| format!("{:.1} %", share * 100.0))
}

/// A figure in short form; a dash where it is null.
pub fn count(value: &Value) -> String {
    value.as_u64().map_or_else(|| text(value), short)
}

/// The keys and values of an object, such as the scope of a budget.
pub fn pairs(value: &Value) -> String {
    let pairs = value.as_object().into_iter().flatten();
    let pairs: Vec<String> = pairs.map(|(key, value)| format!("{}={}", clean(key), text(value))).collect();
    if pairs.is_empty() { "–".into() } else { pairs.join(" ") }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn figures_are_short() {
        assert_eq!(
            [0, 9_999, 12_340, 1_500_000, 2_000_000_000].map(short),
            ["0", "9999", "12.3k", "1.5M", "2.0G"]
        );
        let dollars = ["0", "0.004", "1.239"].map(|text| rounded(&json!(text)));
        assert_eq!(dollars, ["$0.00", "$0.0040", "$1.24"].map(|text| Some(text.to_owned())));
        assert_eq!(rounded(&Value::Null), None);
    }

    #[test]
    fn a_cost_without_dollars_says_why() {
        let row = |cost: Value, plan: Value, total: u64| json!({"cost_usd": cost, "subscription_usd": plan, "tokens": {"total": total}});
        let rows = [
            row(json!("0.12345"), Value::Null, 1),
            row(Value::Null, json!("1.239"), 1),
            row(Value::Null, Value::Null, 1),
            row(Value::Null, Value::Null, 0),
        ];
        assert_eq!(rows.each_ref().map(cost), ["$0.12345", "($1.239 plan)", "unpriced", "–"]);
        assert_eq!(rows.each_ref().map(rounded_cost), ["$0.12", "($1.24 plan)", "unpriced", "–"]);
    }

    #[test]
    fn no_control_character_is_left() {
        for c in (0..=0x2_ffff).filter_map(char::from_u32) {
            let kept = clean(&c.to_string()).chars().next().unwrap();
            assert!(!kept.is_control() && !steers(kept), "{c:?}");
        }
        assert_eq!(text(&json!(["a\u{1b}[2J", "b\nc"])), "a [2J, b c");
    }
}
