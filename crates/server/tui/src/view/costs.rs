//! Cost: periods, windows of subscriptions with forecast, and what consumes the tokens.

use jiff::civil::Weekday;
use jiff::{Timestamp, Zoned};
use serde_json::Value;

use super::cells::{clock, decimal};
use super::{Ask, series, tables, windows};
use crate::figure::{percent, rounded, rounded_cost, short, text, usd};
use crate::form::Tone;
use crate::page::{Block, Cell, Column, Fact, Page, Row, Table};
use crate::source::{AskError, Request};

/// Groups of each list.
const SHOWN: usize = 8;

/// Sums of the periods, windows, shares, cost over time.
pub(super) fn load(ask: &Ask<'_>) -> Result<Page, AskError> {
    let words = ask.words;
    let now = ask.now.to_zoned(ask.zone.clone());
    let mut facts = Vec::new();
    for (label, since) in periods(&now, ask) {
        let usage = ask.ask(&since_time("/api/v1/usage", since, ask))?;
        facts.push(Fact::new(label, rounded_cost(&usage["total"])));
    }
    let plans = ask.ask(&ask.since("/api/v1/plans", "30d"))?;
    let usage = ask.ask(&ask.of("/api/v1/usage").with("group_by", "model"))?;
    let agents = ask.ask(&ask.of("/api/v1/usage").with("group_by", "agent"))?;
    let tools = ask.ask(&ask.of("/api/v1/usage").with("group_by", "tool"))?;
    let analysis = ask.ask(&ask.of("/api/v1/costs/analysis"))?;
    facts.extend(ahead(&analysis, ask));
    let mut blocks = vec![Block::Facts(facts), Block::Table(windows::table(&plans, ask))];
    blocks.push(Block::Table(eaten(&usage["total"], &analysis, ask)));
    let groups = [
        (&agents, "agent", words.by_agent),
        (&usage, "model", words.by_model),
        (&tools, "tool", words.by_tool),
    ];
    let groups = groups.map(|(answer, key, title)| tables::usage(answer, key, title, SHOWN, ask));
    let known = groups.into_iter().filter(|table| !table.rows.is_empty());
    blocks.push(Block::Beside(known.map(Block::Table).collect()));
    let figures =
        ask.ask(&ask.of("/api/v1/query").with("from", "calls").with("step", "auto").with("top", "1"))?;
    let cost = |point: &Value| {
        let cost = decimal(&point["cost_usd"]).or_else(|| decimal(&point["subscription_usd"]));
        (cost.unwrap_or_default(), 0.0)
    };
    let chart = series::chart(&figures, words.cost_over_time, ask, cost, |most| {
        rounded(&format!("{most}").into()).unwrap_or_default()
    });
    blocks.extend(chart.map(Block::Chart));
    Ok(Page { blocks })
}

/// The last five hours, today, this week from Monday, this month.
fn periods(now: &Zoned, ask: &Ask<'_>) -> Vec<(&'static str, Timestamp)> {
    let words = ask.words;
    let date = now.date();
    let monday = match date.weekday() {
        Weekday::Monday => Ok(date),
        _ => date.nth_weekday(-1, Weekday::Monday),
    };
    let start =
        |date: jiff::civil::Date| date.to_zoned(now.time_zone().clone()).ok().map(|zoned| zoned.timestamp());
    let five_hours = now.timestamp().checked_sub(jiff::SignedDuration::from_hours(5)).ok();
    let all = [
        (words.last_5h, five_hours),
        (words.today, start(date)),
        (words.week, monday.ok().and_then(start)),
        (words.month, start(date.first_of_month())),
    ];
    all.into_iter().filter_map(|(label, since)| Some((label, since?))).collect()
}

fn since_time(path: &str, since: Timestamp, ask: &Ask<'_>) -> Request {
    Request::get(path).with("since", since.to_string()).with("filter", ask.filter)
}

/// Trend, forecast, and what the caches saved.
fn ahead(analysis: &Value, ask: &Ask<'_>) -> Vec<Fact> {
    let words = ask.words;
    let mut facts = Vec::new();
    let trend = &analysis["trend"];
    if !trend.is_null() {
        let each = rounded(&trend["per_bucket_usd"]).unwrap_or_default();
        facts.push(Fact::new(words.trend, format!("{each} / {}", text(&analysis["bucket"]))));
    }
    let forecast = &analysis["forecast"];
    if !forecast.is_null() {
        let of = |field: &str| rounded(&forecast[field]).unwrap_or_else(|| usd(&forecast[field]));
        let text = format!(
            "{} {} {} ({} {} {} {})",
            of("expected_usd"),
            words.until,
            clock(&forecast["until"], ask),
            words.between,
            of("low_usd"),
            words.and,
            of("high_usd")
        );
        facts.push(Fact::new(words.forecast, text));
    }
    let saved = rounded(&analysis["cache"]["net_usd"]).filter(|text| text != "$0.00");
    facts.extend(saved.map(|saved| Fact::new(words.cache_saved, saved)));
    facts
}

/// Tokens by what they are: they add up to the total, except for those that the cache missed.
fn eaten(total: &Value, analysis: &Value, ask: &Ask<'_>) -> Table {
    let words = ask.words;
    let tokens = &total["tokens"];
    let of = |key: &str| tokens[key].as_u64().unwrap_or_default();
    let input = of("input");
    let fresh = input.saturating_sub(of("cache_read")).saturating_sub(of("cache_write"));
    let missed = analysis["cache"]["missed_tokens"].as_u64().unwrap_or_default()
        + analysis["subscription_cache"]["missed_tokens"].as_u64().unwrap_or_default();
    let all = of("total");
    let lines = [
        (words.resent, of("cache_read"), Tone::Warn),
        (words.fresh, fresh, Tone::Accent),
        (words.written, of("cache_write"), Tone::Accent),
        (words.answered, of("output").saturating_sub(of("reasoning")), Tone::Good),
        (words.thought, of("reasoning"), Tone::Good),
        (words.missed, missed, Tone::Bad),
    ];
    let row = |(label, figure, tone): (&str, u64, Tone)| {
        let share = if all > 0 { figure as f64 / all as f64 } else { 0.0 };
        Row::new(vec![
            Cell::new(label),
            Cell::new(short(figure)),
            Cell::new(percent(Some(share))),
            Cell::bar(0.0, share, tone),
        ])
    };
    let rows: Vec<Row> = lines.into_iter().filter(|line| line.1 > 0).map(row).collect();
    Table {
        title: words.eaten,
        columns: vec![
            Column::words(words.kind, 12, 0),
            Column::figures(words.tokens, 0),
            Column::figures(words.share, 0),
            Column::bars("", 1),
        ],
        rows,
        nothing: words.no_calls,
        note: Some(format!("{}: {}", words.total, text(&tokens["total"]))).filter(|_| all > 0),
    }
}
