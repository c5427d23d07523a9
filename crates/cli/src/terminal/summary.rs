//! Overall health as text: totals, error rates, slowest calls, top costs, problems of the system.

use std::io::Write as _;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::most_expensive;
use crate::args::Summary;
use crate::ask::{OpenSource, Question};
use crate::table::{Column, cost, millis, rows, table, text, time};

/// Rows of each list.
const SHOWN: usize = 5;

/// Prints the summary.
///
/// # Errors
/// `--last` is no duration, or the source gives no answer.
pub fn run(ask: &Summary) -> Result<()> {
    let answer = figures(ask)?;
    let mut out = std::io::stdout().lock();
    if ask.source.json {
        writeln!(out, "{answer:#}")?
    } else {
        writeln!(out, "{}", print(&answer))?
    }
    Ok(())
}

fn figures(ask: &Summary) -> Result<Value> {
    let source = OpenSource::open(&ask.source)?;
    let since = Some(format!("-{}", ask.last.trim_start_matches('-')));
    let of = |path: &str| Question::get(path).with("since", &since).with("filter", &ask.filter);
    let named = |text: &str| Some(text.to_owned());
    let usage = source.ask(&of("/api/v1/usage").with("group_by", &named("model")));
    let usage = usage.with_context(|| format!("--last {}", ask.last))?;
    let slowest = of("/api/v1/calls").with("sort", &named("-duration")).with("limit", &named("5"));
    let failures = of("/api/v1/query")
        .with("from", &named("failures"))
        .with("group_by", &named("error"))
        .with("top", &named("5"));
    let backends = source.ask(&Question::get("/api/v1/backends"))?;
    let unread = source.ask(&Question::get("/api/v1/sources/unread"))?;
    Ok(json!({
        "last": ask.last,
        "total": usage["total"],
        "top_costs": most_expensive(&usage),
        "slowest": source.ask(&slowest)?["calls"],
        "failures": source.ask(&failures)?["groups"],
        "tools": source.ask(&of("/api/v1/tools"))?["tools"],
        "problems": problems(&usage["total"], &backends, &unread),
    }))
}

/// Sentences about the parts that need attention; none if all is well.
fn problems(total: &Value, backends: &Value, unread: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for backend in backends["backends"].as_array().into_iter().flatten() {
        let (name, state) = (text(&backend["name"]), text(&backend["state"]));
        if state != "ready" {
            found.push(format!("backend {name} is {state}: {}", text(&backend["reason"])));
        }
        let letters = backend["delivery"]["dead_letters"].as_u64().unwrap_or_default();
        if letters > 0 {
            found
                .push(format!("backend {name} has {letters} dead letters: `quipu dead-letters list {name}`"));
        }
    }
    let unpriced = total["unpriced_calls"].as_u64().unwrap_or_default();
    if unpriced > 0 {
        found.push(format!("{unpriced} calls have no price: `quipu prices unpriced`"));
    }
    let sources = unread["sources"].as_array().map_or(0, Vec::len);
    if sources > 0 {
        found.push(format!("{sources} sources send spans that look like calls and are not read"));
    }
    found
}

fn print(answer: &Value) -> String {
    let total = &answer["total"];
    let (calls, errors) = (figure(&total["llm_calls"]), figure(&total["errors"]));
    let rate = if calls > 0.0 { format!("{:.1} %", 100.0 * errors / calls) } else { "–".into() };
    let head = format!(
        "last {}: {} calls · {} tokens · {} · error rate {rate} · p50 {} · p95 {}",
        text(&answer["last"]),
        text(&total["llm_calls"]),
        text(&total["tokens"]["total"]),
        cost(total),
        millis(&total["latency_ms"]["p50"]),
        millis(&total["latency_ms"]["p95"]),
    );
    let lists = [top_costs(answer), failures(answer), slowest(answer), tools(answer)];
    let problems = answer["problems"].as_array().filter(|problems| !problems.is_empty());
    let problems = match problems {
        Some(problems) => {
            let lines: Vec<_> = problems.iter().map(|problem| format!("- {}", text(problem))).collect();
            format!("problems\n{}", lines.join("\n"))
        }
        None => "no problems of the system".to_owned(),
    };
    let lists = lists.into_iter().filter(|list| !list.is_empty());
    std::iter::once(head).chain(lists).chain([problems]).collect::<Vec<_>>().join("\n\n")
}

fn figure(value: &Value) -> f64 {
    value.as_f64().unwrap_or_default()
}

fn listed(columns: &[Column], rows: Vec<Vec<String>>) -> String {
    if rows.is_empty() { String::new() } else { table(columns, rows.into_iter().take(SHOWN).collect()) }
}

fn top_costs(answer: &Value) -> String {
    let columns =
        [Column("top costs", false), Column("calls", true), Column("errors", true), Column("cost", true)];
    listed(
        &columns,
        rows(answer, "top_costs", |group| {
            vec![text(&group["key"]["model"]), text(&group["llm_calls"]), text(&group["errors"]), cost(group)]
        }),
    )
}

fn failures(answer: &Value) -> String {
    let columns = [Column("failures", false), Column("count", true), Column("example trace", false)];
    listed(
        &columns,
        rows(answer, "failures", |group| {
            let error: String = text(&group["key"]["error"]).chars().take(60).collect();
            vec![error, text(&group["count"]), text(&group["trace_id"])]
        }),
    )
}

fn slowest(answer: &Value) -> String {
    let columns = [
        Column("slowest calls", false),
        Column("duration", true),
        Column("model", false),
        Column("trace", false),
    ];
    listed(
        &columns,
        rows(answer, "slowest", |call| {
            vec![
                time(&call["started_at"]),
                millis(&call["duration_ms"]),
                text(&call["model"]),
                text(&call["trace_id"]),
            ]
        }),
    )
}

fn tools(answer: &Value) -> String {
    let columns = [Column("tools", false), Column("runs", true), Column("errors", true), Column("p95", true)];
    listed(
        &columns,
        rows(answer, "tools", |tool| {
            vec![
                text(&tool["name"]),
                text(&tool["calls"]),
                text(&tool["errors"]),
                millis(&tool["latency_ms"]["p95"]),
            ]
        }),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn problems_name_the_part_and_the_remedy() {
        let backends = json!({"backends": [
            {"name": "store", "state": "ready"},
            {"name": "otlp", "state": "down", "reason": "refused\u{1b}[2J", "delivery": {"dead_letters": 2}},
        ]});
        let found = problems(&json!({"unpriced_calls": 3}), &backends, &json!({"sources": [{}]}));
        assert_eq!(found.len(), 4, "{found:?}");
        assert!(found[0].starts_with("backend otlp is down: refused [2J"), "{found:?}");
        assert!(found[1].contains("quipu dead-letters list otlp"), "{found:?}");
        assert!(problems(&json!({}), &json!({}), &json!({})).is_empty());
    }
}
