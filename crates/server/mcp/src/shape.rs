//! Values of API answers as short text.

use serde_json::Value;

/// Longest name in a line, in characters.
const NAME: usize = 80;

/// Text without characters that could steer a terminal or turn the direction of writing.
pub(crate) fn clean(text: &str) -> String {
    let steers = |c: char| {
        (c.is_control() && c != '\n' && c != '\t')
            || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().map(|c| if steers(c) { ' ' } else { c }).collect()
}

/// A name on one line, cut to 80 characters; `-` without one.
pub(crate) fn name(value: &Value) -> String {
    let text = match value {
        Value::Null => return "-".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let line: String = clean(&text).chars().map(|c| if c.is_whitespace() { ' ' } else { c }).collect();
    if line.chars().count() <= NAME { line } else { line.chars().take(NAME).chain(['…']).collect() }
}

/// Milliseconds.
pub(crate) fn millis(value: &Value) -> String {
    value.as_f64().map_or_else(|| "-".to_owned(), |ms| format!("{ms:.0}ms"))
}

/// Cost of a row: dollars, the list price under a subscription, or `unpriced`.
pub(crate) fn cost(row: &Value) -> String {
    match (row["cost_usd"].as_str(), row["subscription_usd"].as_str()) {
        (Some(usd), _) => format!("${usd}"),
        (None, Some(usd)) => format!("(${usd} by list price, subscription)"),
        _ if row["tokens"].is_null() || row["tokens"]["total"] == 0 => "-".to_owned(),
        _ => "unpriced".to_owned(),
    }
}

/// The figures of a usage row.
pub(crate) fn usage(row: &Value) -> String {
    let tokens = &row["tokens"];
    format!(
        "{} calls, {} errors, {} tokens ({} in, {} cached, {} out), {}, p50 {} p95 {}",
        name(&row["llm_calls"]),
        name(&row["errors"]),
        name(&tokens["total"]),
        name(&tokens["input"]),
        name(&tokens["cache_read"]),
        name(&tokens["output"]),
        cost(row),
        millis(&row["latency_ms"]["p50"]),
        millis(&row["latency_ms"]["p95"]),
    )
}

/// The values of a group's key, joined.
pub(crate) fn key(group: &Value) -> String {
    let values = group["key"].as_object().into_iter().flatten().map(|(_, value)| name(value));
    values.collect::<Vec<_>>().join(" · ")
}

/// Items of a list.
pub(crate) fn list<'a>(answer: &'a Value, name: &str) -> &'a [Value] {
    answer[name].as_array().map_or(&[], Vec::as_slice)
}

/// Groups, most expensive first, then most calls first.
pub(crate) fn most_expensive(answer: &Value) -> Vec<Value> {
    let mut groups = list(answer, "groups").to_vec();
    let cost =
        |group: &Value| group["cost_usd"].as_str().and_then(|usd| usd.parse::<f64>().ok()).unwrap_or(-1.0);
    let calls = |group: &Value| group["llm_calls"].as_u64().unwrap_or_default();
    groups.sort_by(|a, b| cost(b).total_cmp(&cost(a)).then_with(|| calls(b).cmp(&calls(a))));
    groups
}
