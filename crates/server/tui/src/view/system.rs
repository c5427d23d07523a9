//! The server and its machine.

use serde_json::Value;

use super::cells::{clock, status};
use super::{Ask, list};
use crate::figure::{bytes, percent, text};
use crate::form::{Piece, Tone};
use crate::page::{Block, Cell, Chart, Column, Fact, Page, Row, Table};
use crate::source::{AskError, Request};

/// State of the store, the process, the backends, and sources that are not read.
pub(super) fn load(ask: &Ask<'_>) -> Result<Page, AskError> {
    let state = ask.ask(&Request::get("/api/v1/status"))?;
    let system = ask.ask_if_there(&Request::get("/api/v1/system"));
    let backends = ask.ask_if_there(&Request::get("/api/v1/backends"));
    let unread = ask.ask_if_there(&Request::get("/api/v1/sources/unread"));
    let mut blocks = vec![Block::Facts(store(&state, ask))];
    match system["process"]["rss_bytes"].is_null() {
        false => blocks.push(Block::Facts(machine(&system, ask))),
        true => blocks.push(Block::Text(vec![Piece::plain(""), Piece::new(ask.words.no_vitals, Tone::Dim)])),
    }
    blocks.extend(rates(&system, ask).map(Block::Chart));
    blocks.push(Block::Table(health(&backends, ask)));
    blocks.extend(sources(&unread, ask).map(Block::Table));
    Ok(Page { blocks })
}

fn store(state: &Value, ask: &Ask<'_>) -> Vec<Fact> {
    let words = ask.words;
    let store = &state["store"];
    vec![
        Fact::new(words.version, text(&state["version"])),
        Fact::new(words.started_at, clock(&state["started_at"], ask)),
        Fact::new(words.store, text(&store["uri"])),
        Fact::new(words.days, text(&store["days"])),
        Fact::new(words.spans, text(&store["spans"])),
        Fact::new(words.stored, bytes(&store["bytes"])),
        Fact::new(words.search_lag, text(&state["search"]["lag_spans"])),
    ]
}

fn machine(system: &Value, ask: &Ask<'_>) -> Vec<Fact> {
    let words = ask.words;
    let cpu = system["process"]["cpu_percent"].as_f64().map(|percent| percent / 100.0);
    let drops = system["ingest"]["drops_per_s"].as_f64().unwrap_or_default();
    let queue =
        format!("{} / {}", text(&system["queue"]["requests"]), text(&system["queue"]["max_requests"]));
    vec![
        Fact::new(words.cpu, percent(cpu)),
        Fact::new(words.memory, bytes(&system["process"]["rss_bytes"])),
        Fact::new(words.disk_free, bytes(&system["disk"]["free"])),
        Fact::new(words.queue, queue),
        Fact::new(words.rate, format!("{:.1}", system["ingest"]["spans_per_s"].as_f64().unwrap_or_default())),
        Fact::toned(
            words.drops,
            format!("{drops:.1} /s"),
            if drops > 0.0 { Tone::Bad } else { Tone::Strong },
        ),
    ]
}

fn rates(system: &Value, ask: &Ask<'_>) -> Option<Chart> {
    let history = system["history"].as_array().filter(|history| history.len() > 1)?;
    let of = |point: &Value, field: &str| point[field].as_f64().unwrap_or_default();
    let points: Vec<(f64, f64)> =
        history.iter().map(|point| (of(point, "spans_per_s"), of(point, "drops_per_s"))).collect();
    let most = points.iter().map(|point| point.0).fold(0.0, f64::max);
    let ends = [history.first(), history.last()]
        .map(|point| point.map_or_else(String::new, |point| clock(&point["at"], ask)));
    Some(Chart {
        title: ask.words.spans_over_time.to_owned(),
        points,
        ends,
        most: format!("{} {most:.1}", ask.words.most_each),
    })
}

fn health(backends: &Value, ask: &Ask<'_>) -> Table {
    let words = ask.words;
    let row = |backend: &Value| {
        let delivery = &backend["delivery"];
        Row::new(vec![
            Cell::new(text(&backend["name"])),
            status(&backend["state"]),
            Cell::new(text(&delivery["written"])),
            Cell::new(text(&delivery["queued"])),
            Cell::new(delivery["lag_s"].as_f64().map_or_else(|| "–".into(), |lag| format!("{lag:.1} s"))),
            Cell::warns(text(&delivery["dead_letters"]), Tone::Bad),
            Cell::toned(
                text(super::cells::first_of(&[&backend["reason"], &delivery["last_error"]])),
                Tone::Dim,
            ),
        ])
    };
    Table {
        title: words.backends,
        columns: vec![
            Column::words(words.name, 8, 0),
            Column::words(words.status, 7, 0),
            Column::figures(words.written_records, 2),
            Column::figures(words.queued, 3),
            Column::figures(words.lag, 4),
            Column::figures(words.dead_letters, 1),
            Column::words(words.last_error, 8, 5),
        ],
        rows: list(backends, "backends").map(row).collect(),
        nothing: words.none,
        ..Table::default()
    }
}

fn sources(unread: &Value, ask: &Ask<'_>) -> Option<Table> {
    let words = ask.words;
    let rows: Vec<Row> = list(unread, "sources")
        .map(|source| {
            Row::new(vec![
                Cell::new(text(&source["scope"])),
                Cell::new(text(&source["version"])),
                Cell::warns(text(&source["spans"]), Tone::Warn),
                Cell::toned(text(&source["why"]), Tone::Dim),
            ])
        })
        .collect();
    (!rows.is_empty()).then(|| Table {
        title: words.unread,
        columns: vec![
            Column::words(words.name, 10, 0),
            Column::words(words.version, 5, 3),
            Column::figures(words.spans, 0),
            Column::words(words.reason, 10, 1),
        ],
        rows,
        ..Table::default()
    })
}
