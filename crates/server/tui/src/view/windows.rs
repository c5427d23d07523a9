//! Windows of subscriptions with their use and forecast.

use serde_json::Value;

use super::cells::{decimal, minute, name, stamp};
use super::pace::{Amount, pace};
use super::{Ask, list};
use crate::figure::{rounded, short, text};
use crate::form::Tone;
use crate::page::{Cell, Column, Row, Table};

/// Current windows of an answer.
pub(super) fn table(plans: &Value, ask: &Ask<'_>) -> Table {
    let words = ask.words;
    let rows: Vec<Row> = list(plans, "plans").flat_map(|plan| current(plan, ask)).collect();
    let note = (!rows.is_empty()).then(|| words.pace_note.to_owned());
    Table {
        title: words.windows,
        columns: vec![
            Column::words(words.plan, 8, 2),
            Column::words(words.user, 10, 6),
            Column::words(words.window, 4, 0),
            Column::words(words.ends, 11, 3),
            Column::figures(words.calls, 5),
            Column::figures(words.tokens, 2),
            Column::figures(words.list_price, 4),
            Column::figures(words.at_end, 7),
            Column::figures(words.limit, 3),
            Column::words(words.limit_at, 11, 0),
            Column::bars(words.used, 8),
        ],
        rows,
        nothing: words.no_windows,
        note,
    }
}

fn current<'a>(plan: &'a Value, ask: &'a Ask<'_>) -> impl Iterator<Item = Row> + 'a {
    list(plan, "windows").filter(|window| window["current"] == true).map(move |window| row(plan, window, ask))
}

fn row(plan: &Value, window: &Value, ask: &Ask<'_>) -> Row {
    let kind = window["kind"].as_str().unwrap_or_default();
    let given = ask.limits.of(kind);
    let in_usd = matches!(given, Some(Amount::Usd(_)));
    let used = |window: &Value| match in_usd {
        true => decimal(&window["list_price_usd"]),
        false => window["tokens"].as_f64(),
    };
    let earlier = list(plan, "windows").filter(|other| other["kind"] == kind && other["current"] != true);
    let peak = earlier.filter_map(used).fold(0.0, f64::max);
    let limit = match given {
        Some(Amount::Tokens(amount) | Amount::Usd(amount)) => Some(amount),
        None => Some(peak).filter(|peak| *peak > 0.0),
    };
    let amount = |figure: f64| if in_usd { format!("${figure:.2}") } else { short(figure.round() as u64) };
    let now = used(window).unwrap_or_default();
    let ahead = stamp(&window["started_at"])
        .zip(stamp(&window["ends_at"]))
        .and_then(|(started, ends)| pace(now, limit, started, ends, ask.now));
    let reached = ahead.and_then(|ahead| ahead.reached);
    let when = reached.map(|at| if at <= ask.now { ask.words.reached.to_owned() } else { minute(at, ask) });
    let share = limit.map(|limit| now / limit);
    let tone = match (reached, share) {
        (_, Some(share)) if share >= 1.0 => Tone::Bad,
        (Some(_), _) => Tone::Warn,
        _ => Tone::Good,
    };
    let mark = limit.map_or_else(String::new, |limit| match given {
        Some(_) => amount(limit),
        None => format!("{} {}", ask.words.peak, amount(limit)),
    });
    Row::new(vec![
        name(super::cells::first(plan, &["framework", "provider"])),
        name(&plan["user"]),
        Cell::toned(kind, Tone::Strong),
        Cell::new(stamp(&window["ends_at"]).map_or_else(|| "–".into(), |ends| minute(ends, ask))),
        Cell::new(text(&window["llm_calls"])),
        Cell::new(window["tokens"].as_u64().map_or_else(|| "–".into(), short)),
        Cell::new(rounded(&window["list_price_usd"]).unwrap_or_else(|| "–".into())),
        Cell::new(ahead.map_or_else(|| "–".into(), |ahead| amount(ahead.at_end))),
        Cell::new(mark),
        Cell::toned(when.unwrap_or_else(|| "–".into()), tone),
        match share {
            Some(share) => Cell::bar(0.0, share, tone),
            None => Cell::default(),
        },
    ])
}
