//! Keys: those on the last line, and the whole list.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr as _;

use super::App;
use crate::form::{Piece, Tone, wrap};
use crate::place::Place;
use crate::words::Words;

/// Keys of a view for the last line, the most useful first.
pub(super) fn shown(place: &Place, words: &'static Words) -> Vec<(&'static str, &'static str)> {
    let mut keys = vec![("q", words.key_quit), ("?", words.key_help), ("↵", words.key_open)];
    keys.extend(place.is_filtered().then_some(("/", words.key_filter)));
    keys.push((":", words.key_command));
    match place {
        Place::Alerts => keys.extend([("a", words.key_ack), ("z", words.key_silence)]),
        Place::Trace(_) | Place::Span(..) | Place::Conversation(_) | Place::Session(_) => {
            keys.extend([("h", words.key_back), ("c", words.key_conversation), ("y", words.key_copy)]);
        }
        Place::Traces | Place::Sessions => keys.push(("c", words.key_conversation)),
        _ => {}
    }
    keys.extend(place.is_filtered().then_some(("t", words.key_range)));
    keys.extend((*place == Place::Traces).then_some(("s", words.key_sort)));
    keys.extend([("p", words.key_pause), ("o", words.key_browser), ("1-0", words.key_views)]);
    keys
}

/// Every key.
fn all(words: &'static Words) -> [(&'static str, &'static str); 21] {
    [
        ("1 … 0", words.key_views),
        ("Tab, Shift-Tab", words.key_next),
        ("j k ↓ ↑", words.key_move),
        ("^d ^u PgDn PgUp", words.key_page),
        ("g G Home End", words.key_ends),
        ("↵ l →", words.key_open),
        ("Esc h ←", words.key_back),
        ("/", words.key_filter),
        (":", words.key_command),
        ("t", words.key_range),
        ("s", words.key_sort),
        ("c", words.key_conversation),
        ("y", words.key_copy),
        ("o", words.key_browser),
        ("H", words.key_hold),
        ("a", words.key_ack),
        ("z", words.key_silence),
        ("p", words.key_pause),
        ("r", words.key_refresh),
        ("^z", words.key_suspend),
        ("q ^c", words.key_quit),
    ]
}

/// Draws the list over the page, in two columns if they fit.
pub(super) fn draw(app: &App, buffer: &mut Buffer, area: Rect) {
    let (words, look) = (app.setting.words, &app.setting.look);
    let width = usize::from(area.width);
    let keys = all(words).map(|(key, word)| (look.text(key), look.text(word)));
    let wide = keys.iter().map(|(key, _)| key.width()).max().unwrap_or_default();
    let line = |(key, word): &(String, String)| format!("  {} {word}", look.padded(key, wide, false));
    let half = keys.len().div_ceil(2);
    let widest =
        |keys: &[(String, String)]| keys.iter().map(|key| line(key).width()).max().unwrap_or_default();
    let column = widest(&keys[..half]) + 1;
    let rows = if column + widest(&keys[half..]) <= width { half } else { keys.len() };
    let mut lines = vec![Piece::new(format!("  {}", words.help), Tone::Head)];
    for at in 0..rows {
        let left = keys.get(at).map(line).unwrap_or_default();
        let right = keys.get(at + rows).map(line).unwrap_or_default();
        lines.push(Piece::plain(look.padded(&left, column, false) + &right));
    }
    for text in [words.help_filter, words.help_commands, words.help_close] {
        let texts = wrap(&look.text(text), width.saturating_sub(4).max(1));
        lines.extend(texts.into_iter().map(|text| Piece::new(format!("  {text}"), Tone::Dim)));
    }
    for y in area.y..area.bottom() {
        for x in area.x..area.right() {
            if let Some(cell) = buffer.cell_mut((x, y)) {
                cell.reset();
            }
        }
    }
    for (y, piece) in (area.y..area.bottom()).zip(&lines) {
        buffer.set_stringn(area.x, y, look.fit(&piece.text, width), width, look.style(piece.tone));
    }
}
