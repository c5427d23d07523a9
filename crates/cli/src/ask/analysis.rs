//! The cost analysis and subscriptions as text.

use serde_json::Value;

use crate::table::{Column, clean, rows, table, text, time, usd};

/// Characters of the longest bar.
const BAR: f64 = 24.0;

/// The cost analysis.
pub fn print(answer: &Value) -> String {
    let parts = [
        sums(answer),
        series(answer),
        ahead(answer),
        cache(answer),
        sessions(answer),
        suggestions(answer),
        deviations(answer),
    ];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n\n")
}

fn sums(answer: &Value) -> String {
    let total = &answer["total"];
    let mut out = format!(
        "{} to {} (UTC)\n{} for {} calls and {} tokens",
        time(&answer["since"]),
        time(&answer["until"]),
        usd(&total["cost_usd"]),
        text(&total["llm_calls"]),
        text(&total["tokens"]["total"])
    );
    let previous = &answer["previous"];
    if !previous.is_null() {
        let (cost, calls) = (usd(&previous["cost_usd"]), text(&previous["llm_calls"]));
        out.push_str(&format!("; the period before: {cost} for {calls} calls"));
    }
    if !total["subscription_usd"].is_null() {
        out.push_str(&format!(
            "\nunder subscriptions: {} by list price, not in the totals",
            usd(&total["subscription_usd"])
        ));
    }
    if answer["unpriced_calls"] != 0 {
        out.push_str(&format!(
            "\n{} calls have no price and are not in the totals: `quipu prices unpriced` lists them",
            text(&answer["unpriced_calls"])
        ));
    }
    out
}

fn series(answer: &Value) -> String {
    let money = |point: &Value| {
        let of = |field: &str| point[field].as_str().and_then(|text| text.parse::<f64>().ok()).unwrap_or(0.0);
        of("cost_usd")
    };
    let points = answer["series"].as_array().map(Vec::as_slice).unwrap_or_default();
    let most = points.iter().map(money).fold(0.0, f64::max);
    let bar = |point: &Value| {
        let share = if most > 0.0 { money(point) / most } else { 0.0 };
        "█".repeat((share * BAR).round() as usize)
    };
    let columns = [
        Column(title(answer), false),
        Column("cost", true),
        Column("calls", true),
        Column("tokens", true),
        Column("", false),
    ];
    let lines: Vec<_> = points
        .iter()
        .filter(|point| point["llm_calls"] != 0 || points.len() <= 60)
        .map(|point| {
            let cost = usd(&point["cost_usd"]);
            vec![time(&point["start"]), cost, text(&point["llm_calls"]), text(&point["tokens"]), bar(point)]
        })
        .collect();
    if lines.is_empty() { String::new() } else { table(&columns, lines) }
}

fn title(answer: &Value) -> &'static str {
    match answer["bucket"].as_str() {
        Some("hour") => "hour from (UTC)",
        Some("week") => "week from (UTC)",
        Some("month") => "month from (UTC)",
        _ => "day from (UTC)",
    }
}

fn ahead(answer: &Value) -> String {
    let mut out = Vec::new();
    let trend = &answer["trend"];
    if !trend.is_null() {
        let percent = trend["percent_per_bucket"].as_f64();
        let percent = percent.map_or_else(String::new, |percent| format!(" ({percent:+.1} %)"));
        out.push(format!(
            "trend: {}{percent} from one {} to the next",
            usd(&trend["per_bucket_usd"]),
            text(&answer["bucket"])
        ));
    }
    let forecast = &answer["forecast"];
    if forecast.is_null() {
        out.extend(answer["forecast_reason"].as_str().map(|why| format!("no forecast: {}", clean(why))));
    } else {
        let sure = forecast["confidence"].as_f64().unwrap_or_default() * 100.0;
        out.push(format!(
            "forecast until {}: {}, with {sure:.0} % between {} and {} ({})",
            time(&forecast["until"]),
            usd(&forecast["expected_usd"]),
            usd(&forecast["low_usd"]),
            usd(&forecast["high_usd"]),
            text(&forecast["method"])
        ));
    }
    out.join("\n")
}

fn cache(answer: &Value) -> String {
    let cache = &answer["cache"];
    if cache["read_tokens"] == 0 && cache["missed_tokens"] == 0 {
        return String::new();
    }
    let mut out = format!(
        "caches: {} tokens read saved {}, writes cost {} extra, net {}",
        text(&cache["read_tokens"]),
        usd(&cache["saved_usd"]),
        usd(&cache["write_extra_usd"]),
        usd(&cache["net_usd"])
    );
    if cache["missed_tokens"] != 0 {
        let (tokens, money) = (text(&cache["missed_tokens"]), usd(&cache["missed_usd"]));
        out.push_str(&format!("\nmissed: {tokens} tokens, {money} ({})", text(&cache["assumption"])));
    }
    out
}

fn sessions(answer: &Value) -> String {
    let columns = [
        Column("dearest sessions", false),
        Column("cost", true),
        Column("calls", true),
        Column("tokens", true),
        Column("last (UTC)", false),
    ];
    let lines = rows(answer, "sessions", |session| {
        vec![
            text(&session["session_id"]),
            usd(&session["cost_usd"]),
            text(&session["llm_calls"]),
            text(&session["tokens"]),
            time(&session["last"]),
        ]
    });
    if lines.is_empty() { String::new() } else { table(&columns, lines) }
}

fn suggestions(answer: &Value) -> String {
    let columns = [
        Column("cheaper for the same tokens", false),
        Column("instead of", false),
        Column("calls", true),
        Column("cost", true),
        Column("would cost", true),
        Column("saves", true),
    ];
    let lines = rows(answer, "suggestions", |one| {
        let model = |provider: &str, model: &str| format!("{}/{}", text(&one[provider]), text(&one[model]));
        vec![
            model("to_provider", "to_model"),
            model("provider", "model"),
            text(&one["calls"]),
            usd(&one["cost_usd"]),
            usd(&one["would_cost_usd"]),
            usd(&one["saves_usd"]),
        ]
    });
    if lines.is_empty() {
        return String::new();
    }
    let assumption = text(&answer["suggestions"][0]["assumption"]);
    format!("{}\n{assumption}", table(&columns, lines))
}

fn deviations(answer: &Value) -> String {
    let found = &answer["deviations"];
    if found["calls"] == 0 || found.is_null() {
        return String::new();
    }
    format!(
        "{} calls report a cost that differs from the computed one: {} reported, {} computed",
        text(&found["calls"]),
        usd(&found["reported_usd"]),
        usd(&found["computed_usd"])
    )
}

/// Subscriptions, one line a window.
pub fn plans(answer: &Value) -> String {
    let columns = [
        Column("provider", false),
        Column("framework", false),
        Column("user", false),
        Column("window", false),
        Column("from (UTC)", false),
        Column("to (UTC)", false),
        Column("calls", true),
        Column("tokens", true),
        Column("by list price", true),
    ];
    let plans = answer["plans"].as_array().into_iter().flatten();
    let windows = plans.flat_map(|plan| {
        let windows = plan["windows"].as_array().into_iter().flatten();
        windows.map(move |window| {
            let now = if window["current"] == true { " (now)" } else { "" };
            vec![
                text(&plan["provider"]),
                text(&plan["framework"]),
                text(&plan["user"]),
                format!("{}{now}", text(&window["kind"])),
                time(&window["started_at"]),
                time(&window["ends_at"]),
                text(&window["llm_calls"]),
                text(&window["tokens"]),
                usd(&window["list_price_usd"]),
            ]
        })
    });
    let lines: Vec<_> = windows.collect();
    if lines.is_empty() { "no call ran under a subscription".into() } else { table(&columns, lines) }
}
