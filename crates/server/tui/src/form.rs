//! Appearance: colours and characters by what the terminal can show, and the width of texts.

use ratatui::style::{Color, Modifier, Style};
use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthStr as _;

use crate::figure::clean;

/// Role of a text; the look gives it a colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tone {
    #[default]
    Normal,
    Dim,
    Strong,
    Good,
    Warn,
    Bad,
    Accent,
    Head,
}

/// A cleaned text with its tone.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Piece {
    pub text: String,
    pub tone: Tone,
}

impl Piece {
    /// Control characters become spaces.
    pub fn new(text: impl AsRef<str>, tone: Tone) -> Self {
        Self { text: clean(text.as_ref()), tone }
    }

    pub fn plain(text: impl AsRef<str>) -> Self {
        Self::new(text, Tone::Normal)
    }

    pub fn width(&self) -> usize {
        self.text.width()
    }
}

/// Characters of frames, bars and trees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Glyphs {
    /// Marks a shortened text.
    pub more: char,
    /// Separates parts of a line.
    pub dot: &'static str,
    /// Levels of a chart, from empty to full.
    pub levels: &'static [char],
    /// A full cell of a bar, and an empty one.
    pub bar: [char; 2],
    /// A span that is shorter than a cell.
    pub tick: char,
    /// A branch, the last branch, a continued line, no line.
    pub tree: [&'static str; 4],
    /// Horizontal rule.
    pub rule: char,
    /// Selected row.
    pub cursor: char,
    /// Live and paused.
    pub state: [&'static str; 2],
    /// Whether the characters are ASCII only.
    pub ascii: bool,
}

impl Glyphs {
    /// Unicode.
    pub const UNICODE: Self = Self {
        more: '…',
        dot: " · ",
        levels: &[' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'],
        bar: ['█', '░'],
        tick: '▏',
        tree: ["├─", "└─", "│ ", "  "],
        rule: '─',
        cursor: '▌',
        state: ["●", "‖"],
        ascii: false,
    };

    /// ASCII only.
    pub const ASCII: Self = Self {
        more: '~',
        dot: " | ",
        levels: &[' ', '.', ':', '-', '=', '+', '*', '%', '#'],
        bar: ['#', '.'],
        tick: '|',
        tree: ["|-", "`-", "| ", "  "],
        rule: '-',
        cursor: '>',
        state: ["*", "="],
        ascii: true,
    };
}

/// Look of the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// Whether colours are used.
    pub colour: bool,
    /// Characters.
    pub glyphs: Glyphs,
}

impl Look {
    /// Style of a tone. Without colours only weight and inversion remain; texts carry the meaning.
    pub fn style(&self, tone: Tone) -> Style {
        let plain = Style::new();
        match (tone, self.colour) {
            (Tone::Normal, _) => plain,
            // Dark grey is invisible on some themes.
            (Tone::Dim, _) => plain.add_modifier(Modifier::DIM),
            (Tone::Strong, _) | (Tone::Accent, false) => plain.add_modifier(Modifier::BOLD),
            (Tone::Good | Tone::Warn, false) => plain,
            (Tone::Good, true) => plain.fg(Color::Green),
            (Tone::Warn, true) => plain.fg(Color::Yellow),
            (Tone::Bad, true) => plain.fg(Color::Red),
            (Tone::Bad, false) => plain.add_modifier(Modifier::BOLD),
            (Tone::Accent, true) => plain.fg(Color::Cyan),
            (Tone::Head, true) => plain.fg(Color::Cyan).add_modifier(Modifier::BOLD),
            (Tone::Head, false) => plain.add_modifier(Modifier::BOLD | Modifier::UNDERLINED),
        }
    }

    /// A text as this terminal can show it: characters outside ASCII are replaced if necessary.
    pub fn text(&self, text: &str) -> String {
        if !self.glyphs.ascii || text.is_ascii() {
            return text.to_owned();
        }
        text.graphemes(true).map(|symbol| if symbol.is_ascii() { symbol } else { ascii(symbol) }).collect()
    }

    /// A text of at most `width` cells; a mark shows that it was shortened.
    pub fn fit(&self, text: &str, width: usize) -> String {
        let text = self.text(text);
        if text.width() <= width {
            return text;
        }
        let mut out = String::new();
        let mut used = 0;
        for symbol in text.graphemes(true) {
            let wide = symbol.width();
            if used + wide + 1 > width {
                break;
            }
            out.push_str(symbol);
            used += wide;
        }
        if width > 0 {
            out.push(self.glyphs.more);
        }
        out
    }

    /// The same, filled with spaces on the left or the right.
    pub fn padded(&self, text: &str, width: usize, right: bool) -> String {
        let text = self.fit(text, width);
        let fill = " ".repeat(width.saturating_sub(text.width()));
        if right { fill + &text } else { text + &fill }
    }
}

/// The nearest ASCII text of a symbol.
fn ascii(symbol: &str) -> &'static str {
    match symbol {
        "–" | "—" | "−" => "-",
        "…" => "~",
        "µ" => "u",
        "·" => "|",
        "ä" => "ae",
        "ö" => "oe",
        "ü" => "ue",
        "Ä" => "Ae",
        "Ö" => "Oe",
        "Ü" => "Ue",
        "ß" => "ss",
        "→" => ">",
        "↵" => "Enter",
        "↑" => "Up",
        "↓" => "Down",
        "≥" => ">=",
        "×" => "x",
        "“" | "”" | "„" => "\"",
        "‘" | "’" => "'",
        "\u{a0}" => " ",
        _ => "?",
    }
}

/// Lines of at most `width` cells, broken at spaces if possible.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let width = width.max(1);
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut used = 0;
    for word in text.split_inclusive(' ') {
        let wide = word.trim_end().width();
        if used > 0 && used + wide > width {
            lines.push(std::mem::take(&mut line).trim_end().to_owned());
            used = 0;
        }
        for symbol in word.graphemes(true) {
            let wide = symbol.width();
            if used > 0 && used + wide > width {
                lines.push(std::mem::take(&mut line).trim_end().to_owned());
                used = 0;
                if symbol == " " {
                    continue;
                }
            }
            line.push_str(symbol);
            used += wide;
        }
    }
    lines.push(line.trim_end().to_owned());
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    const UNICODE: Look = Look { colour: true, glyphs: Glyphs::UNICODE };
    const ASCII: Look = Look { colour: false, glyphs: Glyphs::ASCII };

    #[test]
    fn texts_fit_by_their_width_on_the_screen() {
        assert_eq!(UNICODE.fit("checkout", 8), "checkout");
        assert_eq!(UNICODE.fit("checkout-agent", 8), "checkou…");
        assert_eq!(UNICODE.fit("日本語", 5), "日本…");
        assert_eq!(UNICODE.fit("abc", 0), "");
        assert_eq!(UNICODE.padded("日本語", 5, true), "日本…");
        assert_eq!(UNICODE.padded("7", 3, true), "  7");
    }

    #[test]
    fn ascii_terminals_get_ascii_only() {
        assert_eq!(ASCII.fit("Übersicht – 12 µs 日", 30), "Uebersicht - 12 us ?");
        assert_eq!(ASCII.fit("checkout-agent", 8), "checkou~");
    }

    #[test]
    fn long_texts_are_broken_at_spaces() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("abcdefgh ij", 3), ["abc", "def", "gh", "ij"]);
        assert_eq!(wrap("", 3), [""]);
        assert!(wrap(&"日".repeat(9), 1).iter().all(|line| line.width() <= 2));
    }
}
