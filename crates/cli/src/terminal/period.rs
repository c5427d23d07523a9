//! Figures of today, this week and this month, in the user's time zone.

use std::io::Write as _;

use anyhow::{Context, Result};
use jiff::Zoned;
use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::most_expensive;
use crate::args::Period;
use crate::ask::{OpenSource, Question};
use crate::table::{Column, cost, millis, table, text, usd};

/// Groups of each kind that are printed; JSON has all.
const SHOWN: usize = 8;
/// Keys by which the figures are grouped, with the title of each group.
const GROUPS: [(&str, &str); 3] = [("project", "projects"), ("agent", "agents"), ("model", "models")];

/// A calendar period that is not over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Span {
    Day,
    /// From Monday.
    Week,
    Month,
}

impl Span {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Day => "today",
            Self::Week => "week",
            Self::Month => "month",
        }
    }

    /// The first moment of the period that contains a time. A day without midnight begins at its first
    /// moment.
    fn start(self, now: &Zoned) -> Result<Zoned> {
        let date = now.date();
        let first = match self {
            Self::Day => date,
            Self::Week if date.weekday() == Weekday::Monday => date,
            Self::Week => date.nth_weekday(-1, Weekday::Monday)?,
            Self::Month => date.first_of_month(),
        };
        Ok(first.to_zoned(now.time_zone().clone())?)
    }
}

/// The start of the current day in a zone as a parameter of a query.
pub fn today(zone: &TimeZone) -> Result<String> {
    Ok(Span::Day.start(&Zoned::now().with_time_zone(zone.clone()))?.timestamp().to_string())
}

/// Prints the figures of a period.
///
/// # Errors
/// The zone is unknown, or the source gives no answer.
pub fn run(ask: &Period, span: Span) -> Result<()> {
    let now = now(ask)?;
    let answer = figures(ask, span, &now)?;
    let mut out = std::io::stdout().lock();
    if ask.source.json {
        writeln!(out, "{answer:#}")?
    } else {
        writeln!(out, "{}", print(&answer))?
    }
    Ok(())
}

/// This moment in the zone of the command.
fn now(ask: &Period) -> Result<Zoned> {
    let zone = match &ask.zone {
        Some(name) => TimeZone::get(name)
            .with_context(|| format!("--zone expects an IANA time zone such as Europe/Berlin, got {name}"))?,
        None => TimeZone::system(),
    };
    Ok(Zoned::now().with_time_zone(zone))
}

/// The start of a period, as `since`.
///
/// # Errors
/// The zone is unknown.
pub fn since(ask: &Period, span: Span) -> Result<String> {
    Ok(span.start(&now(ask)?)?.timestamp().to_string())
}

fn figures(ask: &Period, span: Span, now: &Zoned) -> Result<Value> {
    let start = span.start(now)?;
    let (since, until) = (start.timestamp().to_string(), now.timestamp().to_string());
    let source = OpenSource::open(&ask.source)?;
    let of = |path: &str| Question::get(path).with("since", &Some(since.clone())).with("filter", &ask.filter);
    let mut answer = json!({
        "period": span.as_str(),
        "since": since,
        "until": until,
        "zone": now.time_zone().iana_name().unwrap_or("UTC"),
        "date": start.date().to_string(),
    });
    for (key, title) in GROUPS {
        let found = source.ask(&of("/api/v1/usage").with("group_by", &Some(key.to_owned())))?;
        answer[title] = Value::Array(most_expensive(&found));
        answer["total"] = found["total"].clone();
    }
    let plans = source.ask(&of("/api/v1/plans"))?;
    answer["plans"] = plans["plans"].clone();
    Ok(answer)
}

fn print(answer: &Value) -> String {
    let total = &answer["total"];
    let head = format!(
        "{} since {} ({})\n{} calls · {} tokens · {} · {} errors · p95 {}",
        text(&answer["period"]),
        text(&answer["date"]),
        text(&answer["zone"]),
        text(&total["llm_calls"]),
        text(&total["tokens"]["total"]),
        cost(total),
        text(&total["errors"]),
        millis(&total["latency_ms"]["p95"]),
    );
    let groups = GROUPS.iter().filter_map(|(key, title)| group(&answer[*title], key));
    let windows = windows(&answer["plans"]);
    std::iter::once(head).chain(groups).chain(windows).collect::<Vec<_>>().join("\n\n")
}

/// A table of one kind of group; none if no call has the key.
fn group(groups: &Value, key: &'static str) -> Option<String> {
    let groups =
        groups.as_array().filter(|groups| groups.iter().any(|group| group["key"][key].is_string()))?;
    let columns = [
        Column(key, false),
        Column("calls", true),
        Column("tokens", true),
        Column("errors", true),
        Column("p95", true),
        Column("cost", true),
    ];
    let row = |group: &Value| {
        vec![
            text(&group["key"][key]),
            text(&group["llm_calls"]),
            text(&group["tokens"]["total"]),
            text(&group["errors"]),
            millis(&group["latency_ms"]["p95"]),
            cost(group),
        ]
    };
    let mut out = table(&columns, groups.iter().take(SHOWN).map(row).collect());
    if let Some(more) = groups.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        out.push_str(&format!("\nand {more} more: `--json` lists all"));
    }
    Some(out)
}

/// The current windows of subscriptions.
fn windows(plans: &Value) -> Option<String> {
    let all = plans.as_array().into_iter().flatten().flat_map(|plan| {
        let windows = plan["windows"].as_array().into_iter().flatten();
        windows.filter(|window| window["current"] == true).map(move |window| {
            format!(
                "{} {} window until {}: {} calls, {} tokens, {} by list price",
                text(&plan["framework"]),
                text(&window["kind"]),
                crate::table::time(&window["ends_at"]),
                text(&window["llm_calls"]),
                text(&window["tokens"]),
                usd(&window["list_price_usd"]),
            )
        })
    });
    let lines: Vec<String> = all.collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    fn start(span: Span, now: &str) -> String {
        span.start(&now.parse().unwrap()).unwrap().to_string()
    }

    #[test]
    fn periods_begin_at_local_midnight() {
        let now = "2026-11-26T00:30:00+01:00[Europe/Berlin]";
        assert_eq!(start(Span::Day, now), "2026-11-26T00:00:00+01:00[Europe/Berlin]");
        assert_eq!(start(Span::Week, now), "2026-11-23T00:00:00+01:00[Europe/Berlin]");
        assert_eq!(start(Span::Week, "2026-11-23T09:00:00+01:00[Europe/Berlin]"), start(Span::Week, now));
        assert_eq!(start(Span::Month, now), "2026-11-01T00:00:00+01:00[Europe/Berlin]");
    }

    #[test]
    fn a_change_of_the_clocks_moves_no_midnight() {
        assert_eq!(
            start(Span::Month, "2026-10-30T12:00:00+01:00[Europe/Berlin]"),
            "2026-10-01T00:00:00+02:00[Europe/Berlin]"
        );
        // A day of 25 hours, at both hours that are called 02:30, and its week.
        for now in ["2026-10-25T02:30:00+02:00[Europe/Berlin]", "2026-10-25T02:30:00+01:00[Europe/Berlin]"] {
            assert_eq!(start(Span::Day, now), "2026-10-25T00:00:00+02:00[Europe/Berlin]");
            assert_eq!(start(Span::Week, now), "2026-10-19T00:00:00+02:00[Europe/Berlin]");
        }
        // A day of 23 hours, late in the evening.
        assert_eq!(
            start(Span::Day, "2026-03-29T23:30:00+02:00[Europe/Berlin]"),
            "2026-03-29T00:00:00+01:00[Europe/Berlin]"
        );
        assert_eq!(
            start(Span::Week, "2026-03-30T00:00:00+02:00[Europe/Berlin]"),
            "2026-03-30T00:00:00+02:00[Europe/Berlin]"
        );
        // The clocks of Santiago skip midnight on this day.
        assert_eq!(
            start(Span::Day, "2026-09-06T12:00:00-03:00[America/Santiago]"),
            "2026-09-06T01:00:00-03:00[America/Santiago]"
        );
    }
}
