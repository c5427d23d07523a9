//! `quipu frameworks`: signals that each framework sends.

use serde_json::Value;

use crate::table::{Column, cost, table, text};

/// Signals as the answer names them, and as columns.
const SIGNALS: [(&str, Column); 15] = [
    ("messages", Column("messages", true)),
    ("cache_read", Column("cached", true)),
    ("reasoning", Column("reasoning", true)),
    ("response_id", Column("id", true)),
    ("response_model", Column("model", true)),
    ("finish_reasons", Column("finish", true)),
    ("ttft", Column("ttft", true)),
    ("params", Column("params", true)),
    ("session", Column("session", true)),
    ("user", Column("user", true)),
    ("agent", Column("agent", true)),
    ("tool_calls", Column("tools", true)),
    ("errors", Column("errors", true)),
    ("reported_cost", Column("cost", true)),
    ("tool_definitions", Column("tool defs", true)),
];

/// Sums by framework and convention, then what share of the calls sends each signal.
pub fn print(answer: &Value) -> String {
    let rows = answer["frameworks"].as_array().map_or(&[][..], Vec::as_slice);
    if rows.is_empty() {
        return "no framework has sent data".to_owned();
    }
    let mut out = sums(rows);
    if answer["complete"].as_bool() == Some(false) {
        let read = text(&answer["traces_read"]);
        out.push_str(&format!(
            "\ntraces, sessions, agents, tools and in traces: of the latest {read} traces"
        ));
    }
    format!("{out}\n\nshare of the latest calls with each signal\n{}", signals(rows))
}

fn sums(rows: &[Value]) -> String {
    let columns = [
        Column("framework", false),
        Column("convention", false),
        Column("traces", true),
        Column("sessions", true),
        Column("agents", true),
        Column("tools", true),
        Column("in traces", true),
        Column("calls", true),
        Column("errors", true),
        Column("tokens", true),
        Column("unpriced", true),
        Column("cost", true),
    ];
    let line = |row: &Value| {
        vec![
            text(&row["framework"]),
            text(&row["convention"]),
            text(&row["traces"]),
            text(&row["sessions"]),
            text(&row["agents"]),
            text(&row["tool_calls"]),
            text(&row["in_traces"]["llm_calls"]),
            text(&row["llm_calls"]),
            text(&row["errors"]),
            text(&row["tokens"]["total"]),
            text(&row["unpriced_calls"]),
            cost(row),
        ]
    };
    table(&columns, rows.iter().map(line).collect())
}

fn signals(rows: &[Value]) -> String {
    let fixed = [Column("framework", false), Column("convention", false), Column("sampled", true)];
    let columns: Vec<Column> = fixed.into_iter().chain(SIGNALS.map(|(_, column)| column)).collect();
    let line = |row: &Value| {
        let fixed = [text(&row["framework"]), text(&row["convention"]), text(&row["sampled_calls"])];
        fixed.into_iter().chain(SIGNALS.map(|(signal, _)| share(row, signal))).collect()
    };
    table(&columns, rows.iter().map(line).collect())
}

/// The share as a percentage, `no` if no call sends it, empty if none had an occasion to.
fn share(row: &Value, signal: &str) -> String {
    let named = |entry: &&Value| entry["signal"].as_str() == Some(signal);
    let sends = row["sends"].as_array().into_iter().flatten().find(named);
    if let Some(share) = sends.and_then(|sends| sends["share"].as_f64()) {
        return format!("{:.0} %", (share * 100.0).max(1.0));
    }
    let lacks = row["lacks"].as_array().into_iter().flatten().any(|lack| lack.as_str() == Some(signal));
    if lacks { "no".to_owned() } else { String::new() }
}
