//! Text made of what only knows how to format itself, without an allocation for each.

use std::cell::RefCell;
use std::fmt::Write;

/// Bytes of one formatted value; what is longer is cut there.
const MOST: usize = 64 << 10;

thread_local! {
    static SCRATCH: RefCell<String> = const { RefCell::new(String::new()) };
}

struct Bounded<'a>(&'a mut String);

impl Write for Bounded<'_> {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        let room = MOST.saturating_sub(self.0.len());
        if text.len() <= room {
            self.0.push_str(text);
            return Ok(());
        }
        self.0.push_str(&text[..text.floor_char_boundary(room)]);
        // Nothing more is wanted: a formatter that honours errors stops here.
        Err(std::fmt::Error)
    }
}

/// Formats `what` and hands over the text. A formatter that fails has said what it said until then.
pub(crate) fn formatted<T>(what: std::fmt::Arguments<'_>, take: impl FnOnce(&str) -> T) -> T {
    // Taken out: the formatter is the user's, and may come here again.
    let mut text = SCRATCH.try_with(|scratch| scratch.take()).unwrap_or_default();
    text.clear();
    let _ = Bounded(&mut text).write_fmt(what);
    let taken = take(&text);
    if text.capacity() <= MOST {
        let _ = SCRATCH.try_with(|scratch| scratch.replace(text));
    }
    taken
}

/// At most [`MOST`] bytes of a text.
pub(crate) fn bounded(text: &str) -> &str {
    &text[..text.floor_char_boundary(MOST)]
}
