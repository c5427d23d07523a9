//! Formatting of values into a reusable buffer.

use std::cell::RefCell;
use std::fmt::Write;

/// Most bytes of a formatted value; the rest is cut.
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
        // The text is complete; a formatter that propagates errors stops here.
        Err(std::fmt::Error)
    }
}

/// Formats `what` and passes the text to `take`. If a formatter fails, the text so far is used.
pub(crate) fn formatted<T>(what: std::fmt::Arguments<'_>, take: impl FnOnce(&str) -> T) -> T {
    // The buffer is taken out, because a user's formatter may call this function again.
    let mut text = SCRATCH.try_with(|scratch| scratch.take()).unwrap_or_default();
    text.clear();
    let _ = Bounded(&mut text).write_fmt(what);
    let taken = take(&text);
    if text.capacity() <= MOST {
        let _ = SCRATCH.try_with(|scratch| scratch.replace(text));
    }
    taken
}

/// The first [`MOST`] bytes of a text.
pub(crate) fn bounded(text: &str) -> &str {
    &text[..text.floor_char_boundary(MOST)]
}
