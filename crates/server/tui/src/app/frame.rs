//! Drawing of the screen.

use jiff::Timestamp;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Modifier;
use unicode_width::UnicodeWidthStr as _;

use super::prompt::Prompt;
use super::{App, help};
use crate::figure::clean;
use crate::form::{Piece, Tone, wrap};
use crate::page::Line;
use crate::place::Place;
use crate::source::AskError;

/// Least size in which a view is drawn.
const LEAST: (u16, u16) = (16, 5);

/// Lines of an error.
const ERROR_LINES: usize = 3;

/// Draws the whole screen; returns the place of the cursor of a prompt.
pub(crate) fn draw(app: &mut App, buffer: &mut Buffer, now: Timestamp) -> Option<Position> {
    let area = buffer.area;
    if area.width < LEAST.0 || area.height < LEAST.1 {
        put(app, buffer, (0, 0), area.width, &[Piece::plain(app.setting.words.too_small)]);
        return None;
    }
    header(app, buffer, now);
    menu(app, buffer);
    let banners = banners(app, buffer);
    let body = Rect { y: 2 + banners, height: area.height - 3 - banners, ..area };
    app.top = body.y;
    body_lines(app, buffer, body);
    if app.help {
        help::draw(app, buffer, body);
    }
    footer(app, buffer)
}

/// Writes pieces from a place on, within a width.
fn put(app: &App, buffer: &mut Buffer, (x, y): (u16, u16), width: u16, pieces: &[Piece]) -> u16 {
    let end = x.saturating_add(width).min(buffer.area.right());
    let mut at = x;
    for piece in pieces {
        if at >= end || y >= buffer.area.bottom() {
            break;
        }
        let style = app.setting.look.style(piece.tone);
        at = buffer.set_stringn(at, y, &piece.text, usize::from(end - at), style).0;
    }
    at
}

/// Title on the left; state, range and source on the right.
fn header(app: &App, buffer: &mut Buffer, now: Timestamp) {
    let (words, look) = (app.setting.words, &app.setting.look);
    let width = usize::from(buffer.area.width);
    let title = format!("quipu top{}{}", look.glyphs.dot, name(app.place(), app));
    let (state, tone) = match (&app.failed, app.paused) {
        (Some(AskError::Unreachable(_)), _) => {
            (format!("{} {}", look.glyphs.state[1], words.unreachable), Tone::Bad)
        }
        (Some(AskError::Refused(_)), _) => (format!("{} {}", look.glyphs.state[1], words.refused), Tone::Bad),
        (_, true) => (format!("{} {}", look.glyphs.state[1], words.paused), Tone::Warn),
        _ => (format!("{} {}", look.glyphs.state[0], words.live), Tone::Good),
    };
    let range = if app.range.is_empty() { words.all_time } else { &app.range };
    let clock = now.to_zoned(app.setting.zone.clone()).strftime("%H:%M").to_string();
    let filtered = app.place().is_filtered();
    let mut right = vec![Piece::new(&state, tone)];
    right.extend(filtered.then(|| Piece::new(format!("{}{range}", look.glyphs.dot), Tone::Strong)));
    right.push(Piece::new(format!("{}{clock}", look.glyphs.dot), Tone::Dim));
    let taken: usize = right.iter().map(|piece| look.text(&piece.text).width()).sum();
    let title = Piece::new(look.fit(&title, width.saturating_sub(taken + 2)), Tone::Head);
    let room = width.saturating_sub(title.width() + taken + 4);
    // The end of a path or URL says more than its begin.
    if room >= 12 {
        let source = look.text(&clean(app.setting.source.trim_start_matches("http://")));
        let shown = tail(&source, room - 4);
        let cut = if shown.len() < source.len() { look.glyphs.more.to_string() } else { String::new() };
        right.insert(0, Piece::new(format!("{cut}{shown}{}", look.glyphs.dot), Tone::Dim));
    }
    let right: Vec<Piece> =
        right.into_iter().map(|piece| Piece::new(look.text(&piece.text), piece.tone)).collect();
    let taken: usize = right.iter().map(Piece::width).sum();
    put(app, buffer, (0, 0), buffer.area.width, &[title]);
    let from = u16::try_from(width.saturating_sub(taken)).unwrap_or_default();
    put(app, buffer, (from, 0), buffer.area.width, &right);
}

/// The end of a text.
fn tail(text: &str, width: usize) -> String {
    let mut kept: Vec<char> = Vec::new();
    for c in text.chars().rev() {
        if kept.len() + 1 > width || c.to_string().width() > 1 {
            break;
        }
        kept.push(c);
    }
    kept.into_iter().rev().collect()
}

/// Title of a view.
pub(super) fn name(place: &Place, app: &App) -> &'static str {
    let words = app.setting.words;
    match place {
        Place::Overview => words.overview,
        Place::Traces => words.traces,
        Place::Trace(_) => words.trace,
        Place::Span(..) => words.span,
        Place::Conversation(_) | Place::SessionConversation(_) => words.conversation,
        Place::Sessions => words.sessions,
        Place::Session(_) => words.session,
        Place::Agents => words.agents,
        Place::Models => words.models,
        Place::Tools => words.tools,
        Place::Costs => words.cost_view,
        Place::Budgets => words.budgets,
        Place::Alerts => words.alerts,
        Place::System => words.system,
    }
}

/// Entries with their keys: with names if they fit, else with the name of the current one only.
fn menu(app: &mut App, buffer: &mut Buffer) {
    let current = app.place().menu();
    let look = app.setting.look;
    let count = Place::MENU.len();
    let width = usize::from(buffer.area.width);
    let names: usize = (0..count).map(|at| look.text(name(&Place::MENU[at], app)).width() + 3).sum();
    // With spaces on both sides of an entry, on one side, or without names.
    let (long, end) = (names <= width, if names + count <= width { " " } else { "" });
    let label = |at: usize, long: bool| {
        let title = look.text(name(&Place::MENU[at], app));
        let end = if at == current { " " } else { end };
        if long { format!(" {} {title}{end}", (at + 1) % 10) } else { format!(" {}{end}", (at + 1) % 10) }
    };
    let mut x = 0;
    let mut places = Vec::new();
    for at in 0..count {
        let tone = if at == current { Tone::Strong } else { Tone::Dim };
        let end = put(
            app,
            buffer,
            (x, 1),
            buffer.area.width,
            &[Piece::new(label(at, long || at == current), tone)],
        );
        if at == current {
            let area = Rect { x, y: 1, width: end - x, height: 1 };
            buffer.set_style(area, look.style(Tone::Strong).add_modifier(Modifier::REVERSED));
        }
        places.push((x, end, at));
        x = end;
    }
    app.menu = places;
}

/// Lines between the menu and the page: the filter, and why the last question failed.
fn banners(app: &App, buffer: &mut Buffer) -> u16 {
    let (words, look) = (app.setting.words, &app.setting.look);
    let width = usize::from(buffer.area.width);
    let mut y = 2;
    if !app.filter().is_empty() && app.place().is_filtered() && buffer.area.height > 6 {
        let label = Piece::new(format!(" {}: ", look.text(words.filter)), Tone::Dim);
        let text = Piece::new(look.fit(app.filter(), width.saturating_sub(label.width())), Tone::Accent);
        put(app, buffer, (0, y), buffer.area.width, &[label, text]);
        y += 1;
    }
    if let Some(error) = app.failed.as_ref().filter(|_| buffer.area.height > 9) {
        let text = look.text(&clean(error.text()));
        for line in wrap(&text, width.saturating_sub(2)).into_iter().take(ERROR_LINES) {
            let line = look.fit(&format!(" {line}"), width);
            put(app, buffer, (0, y), buffer.area.width, &[Piece::new(line, Tone::Bad)]);
            y += 1;
        }
        if let Some(as_of) = app.visit().as_of {
            let time = as_of.to_zoned(app.setting.zone.clone()).strftime("%H:%M:%S").to_string();
            let text = look.fit(&format!(" {} {time}", words.figures_of), width);
            put(app, buffer, (0, y), buffer.area.width, &[Piece::new(text, Tone::Dim)]);
            y += 1;
        }
    }
    y - 2
}

fn body_lines(app: &mut App, buffer: &mut Buffer, area: Rect) {
    // The last column shows the position within the page.
    let width = usize::from(area.width) - 1;
    app.visit_mut().height = usize::from(area.height);
    if app.visit().page.is_none() {
        if app.failed.is_none() {
            let text = app.setting.look.fit(&format!("  {}", app.setting.words.loading), width);
            put(app, buffer, (area.x, area.y), area.width, &[Piece::new(text, Tone::Dim)]);
        }
        return;
    }
    app.lines(width);
    app.follow();
    let visit = app.visit();
    let Some((_, lines)) = &visit.lines else { return };
    let (scroll, selected) = (visit.scroll, visit.selected);
    let shown: Vec<Line> = lines.iter().skip(scroll).take(usize::from(area.height)).cloned().collect();
    // The titles of a table stay on the screen while its rows scroll.
    let titles = shown.first().and_then(|line| line.titles).filter(|at| *at < scroll);
    let titles = titles.and_then(|at| lines.get(at)).cloned();
    for (below, line) in (0..area.height).zip(&shown) {
        let y = area.y + below;
        match titles.as_ref().filter(|_| below == 0) {
            Some(titles) => put(app, buffer, (area.x, y), area.width, &titles.pieces),
            None => put(app, buffer, (area.x, y), area.width, &line.pieces),
        };
        let hit = line.hits.iter().find(|(.., row)| *row == selected);
        if let Some((from, end, _)) = hit.filter(|_| titles.is_none() || below > 0) {
            mark(app, buffer, area, y, (*from, *end));
        }
    }
    more(app, buffer, area, lines.len(), scroll);
}

/// Marks the selected row.
fn mark(app: &App, buffer: &mut Buffer, area: Rect, y: u16, (from, end): (usize, usize)) {
    let x = area.x.saturating_add(u16::try_from(from).unwrap_or(u16::MAX)).min(area.right());
    let end = area.x.saturating_add(u16::try_from(end).unwrap_or(u16::MAX)).min(area.right());
    let look = &app.setting.look;
    let row = Rect { x, y, width: end - x, height: 1 };
    buffer.set_style(row, ratatui::style::Style::new().add_modifier(Modifier::REVERSED));
    put(app, buffer, (x, y), 1, &[Piece::new(look.glyphs.cursor.to_string(), Tone::Accent)]);
}

/// Shows at the right edge how much of the page is on the screen.
fn more(app: &App, buffer: &mut Buffer, area: Rect, lines: usize, scroll: usize) {
    let height = usize::from(area.height);
    if lines <= height || area.height < 3 {
        return;
    }
    let size = (height * height / lines).max(1);
    let from = scroll * (height - size) / (lines - height).max(1);
    let glyph = if app.setting.look.glyphs.ascii { "|" } else { "▐" };
    for at in from..(from + size).min(height) {
        let y = area.y + u16::try_from(at).unwrap_or_default();
        put(app, buffer, (area.right() - 1, y), 1, &[Piece::new(glyph, Tone::Dim)]);
    }
}

/// The prompt, a message, or the keys.
fn footer(app: &App, buffer: &mut Buffer) -> Option<Position> {
    let (words, look) = (app.setting.words, &app.setting.look);
    let (y, width) = (buffer.area.bottom() - 1, usize::from(buffer.area.width));
    let line = Rect { y, height: 1, ..buffer.area };
    let mark = match &app.prompt {
        Prompt::Filter(editor) => Some(("/", editor)),
        Prompt::Command(editor) => Some((":", editor)),
        _ => None,
    };
    if let Some((mark, editor)) = mark {
        let before = look.text(&editor.before());
        // The cursor stays on the screen in a long line.
        let skip = (before.width() + 2).saturating_sub(width);
        let text: String = look.text(&editor.text()).chars().skip(skip).collect();
        put(app, buffer, (0, y), line.width, &[Piece::new(mark, Tone::Accent), Piece::plain(text)]);
        let x = u16::try_from(1 + before.width() - skip.min(before.width())).unwrap_or_default();
        return Some(Position { x: x.min(line.width - 1), y });
    }
    if let Prompt::Confirm { question, .. } = &app.prompt {
        put(app, buffer, (0, y), line.width, &[Piece::new(look.fit(question, width), Tone::Warn)]);
    } else if let Some((text, tone)) = &app.message {
        put(app, buffer, (0, y), line.width, &[Piece::new(look.fit(text, width), *tone)]);
    } else {
        let mut x = 0;
        for (key, word) in help::shown(app.place(), words) {
            let (key, word) = (look.text(key), look.text(word));
            let wide = u16::try_from(key.width() + word.width() + 3).unwrap_or(u16::MAX);
            if x + wide > line.width.saturating_add(2) {
                continue;
            }
            x = put(
                app,
                buffer,
                (x, y),
                line.width,
                &[Piece::new(key, Tone::Accent), Piece::new(format!(" {word}  "), Tone::Dim)],
            );
        }
    }
    None
}
