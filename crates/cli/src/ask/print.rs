//! Formatting of answers as text.

use serde_json::Value;

use crate::table::{Column, clean, cost, millis, rows, table, text, time, usd};

fn page(columns: &[Column], rows: Vec<Vec<String>>, answer: &Value, nothing: &str) -> String {
    if rows.is_empty() {
        return nothing.to_owned();
    }
    let mut out = table(columns, rows);
    if let Some(cursor) = answer["next_cursor"].as_str() {
        out.push_str(&format!("\nmore: --cursor {cursor}"));
    }
    out
}

/// The trace list.
pub fn traces(answer: &Value) -> String {
    let columns = [
        Column("started (UTC)", false),
        Column("trace", false),
        Column("name", false),
        Column("service", false),
        Column("status", false),
        Column("duration", true),
        Column("calls", true),
        Column("tools", true),
        Column("errors", true),
        Column("tokens", true),
        Column("cost", true),
    ];
    let rows = rows(answer, "traces", |trace| {
        vec![
            time(&trace["started_at"]),
            text(&trace["trace_id"]),
            text(&trace["name"]),
            text(&trace["service"]),
            text(&trace["status"]),
            millis(&trace["duration_ms"]),
            text(&trace["llm_calls"]),
            text(&trace["tool_calls"]),
            text(&trace["errors"]),
            text(&trace["tokens"]["total"]),
            cost(trace),
        ]
    });
    page(&columns, rows, answer, "no traces match")
}

/// The session list.
pub fn sessions(answer: &Value) -> String {
    let columns = [
        Column("last (UTC)", false),
        Column("session", false),
        Column("user", false),
        Column("traces", true),
        Column("calls", true),
        Column("tokens", true),
        Column("cost", true),
    ];
    let rows = rows(answer, "sessions", |session| {
        vec![
            time(&session["last_at"]),
            text(&session["session_id"]),
            text(&session["user_id"]),
            text(&session["traces"]),
            text(&session["llm_calls"]),
            text(&session["tokens"]["total"]),
            cost(session),
        ]
    });
    page(&columns, rows, answer, "no sessions match")
}

/// Sums by key, then over all. Usage under a subscription has its own column if there is any.
pub fn usage(answer: &Value) -> String {
    let plans = answer["total"]["subscription_usd"].is_string();
    let mut columns = vec![
        Column("key", false),
        Column("calls", true),
        Column("errors", true),
        Column("input", true),
        Column("cached", true),
        Column("output", true),
        Column("reasoning", true),
        Column("p50", true),
        Column("p95", true),
        Column("unpriced", true),
        Column("cost", true),
    ];
    columns.extend(plans.then_some(Column("under subscriptions, by list price", true)));
    let estimates = answer["total"]["estimated"]["calls"].as_u64().is_some_and(|calls| calls > 0);
    columns.extend(estimates.then_some(Column("estimated, not in the total cost", true)));
    let line = |name: String, row: &Value| {
        let tokens = &row["tokens"];
        let mut cells = vec![
            name,
            text(&row["llm_calls"]),
            text(&row["errors"]),
            text(&tokens["input"]),
            text(&tokens["cache_read"]),
            text(&tokens["output"]),
            text(&tokens["reasoning"]),
            millis(&row["latency_ms"]["p50"]),
            millis(&row["latency_ms"]["p95"]),
            text(&row["unpriced_calls"]),
            if plans { usd(&row["cost_usd"]) } else { cost(row) },
        ];
        cells.extend(plans.then(|| usd(&row["subscription_usd"])));
        cells.extend(estimates.then(|| estimated(&row["estimated"])));
        cells
    };
    let key = |group: &Value| {
        let parts = group["key"].as_object().into_iter().flatten();
        parts.map(|(_, value)| text(value)).collect::<Vec<_>>().join(" · ")
    };
    let mut lines = rows(answer, "groups", |group| line(key(group), group));
    lines.push(line("total".into(), &answer["total"]));
    table(&columns, lines)
}

/// Expected cost of calls without usage, between the least and the most that is likely.
fn estimated(of: &Value) -> String {
    if of["cost_usd"].is_null() {
        return String::new();
    }
    format!("{} ({} to {})", usd(&of["cost_usd"]), usd(&of["cost_low_usd"]), usd(&of["cost_high_usd"]))
}

/// Tool runs.
pub fn tools(answer: &Value) -> String {
    let columns = [
        Column("tool", false),
        Column("calls", true),
        Column("inferred", true),
        Column("errors", true),
        Column("success", true),
        Column("p50", true),
        Column("p95", true),
        Column("p99", true),
        Column("last error", false),
    ];
    let rows = rows(answer, "tools", |tool| {
        vec![
            text(&tool["name"]),
            text(&tool["calls"]),
            text(&tool["inferred"]),
            text(&tool["errors"]),
            tool["success_rate"].as_f64().map_or_else(|| "–".into(), |rate| format!("{:.1} %", rate * 100.0)),
            millis(&tool["latency_ms"]["p50"]),
            millis(&tool["latency_ms"]["p95"]),
            millis(&tool["latency_ms"]["p99"]),
            text(&tool["last_error"]).chars().take(60).collect(),
        ]
    });
    page(&columns, rows, answer, "no tool runs match")
}

/// Events.
pub fn events(answer: &Value) -> String {
    let columns = [
        Column("time (UTC)", false),
        Column("level", false),
        Column("type", false),
        Column("trace", false),
        Column("body", false),
    ];
    let rows = rows(answer, "events", |event| {
        let body = text(&event["body"]).chars().take(80).collect();
        vec![
            time(&event["time"]),
            text(&event["level"]),
            text(&event["type"]),
            text(&event["trace_id"]),
            body,
        ]
    });
    page(&columns, rows, answer, "no events match")
}

/// Cost of one span with its reasons.
pub fn cost_of_span(answer: &Value) -> String {
    let mut out = Vec::new();
    match answer["cost_usd"].as_str() {
        Some(amount) => {
            let list =
                if answer["billing"] == "subscription" { " by list price, under a subscription" } else { "" };
            out.push(format!("${amount}{list}, priced at {}", time(&answer["at"])));
        }
        None => out.push(format!("no cost: {}", text(&answer["cost_reason"]))),
    }
    let context = answer["context"].as_object().into_iter().flatten();
    let context: Vec<_> = context.map(|(key, value)| format!("{}={}", clean(key), text(value))).collect();
    if !context.is_empty() {
        out.push(format!("context: {}", context.join(" ")));
    }
    if !answer["price"].is_null() {
        out.push(price(&answer["price"]));
        let recorded = if answer["as_recorded"] == true {
            "by the recorded prices"
        } else {
            "by other prices than recorded"
        };
        out.push(recorded.to_owned());
    }
    if let Some(reported) = answer["reported_cost_usd"].as_str() {
        let far = if answer["deviates"] == true { ", more than 5 % away" } else { "" };
        out.push(format!("reported by the source: ${reported}{far}"));
    }
    out.extend(answer["note"].as_str().map(clean));
    out.join("\n")
}

/// A price, line by line.
pub fn price(answer: &Value) -> String {
    let Some(total) = answer["total_usd"].as_str() else {
        return format!("unpriced: {}", text(&answer["reason"]));
    };
    let columns =
        [Column("unit", false), Column("count", true), Column("unit price", true), Column("amount", true)];
    let mut lines = rows(answer, "lines", |line| {
        let unit_price = format!("{} / {}", usd(&line["unit_price_usd"]), text(&line["per"]));
        vec![text(&line["unit"]), text(&line["count"]), unit_price, usd(&line["amount_usd"])]
    });
    lines.push(vec!["total".into(), String::new(), String::new(), format!("${total}")]);
    let rule = &answer["rule"];
    let fallbacks = answer["fallbacks"].as_array().into_iter().flatten();
    let fallbacks: String = fallbacks.map(|note| format!("\n  {}", text(note))).collect();
    format!(
        "{}\nrule {} of {} {}{fallbacks}",
        table(&columns, lines),
        text(&rule["id"]),
        text(&rule["source"]),
        text(&rule["version"])
    )
}
