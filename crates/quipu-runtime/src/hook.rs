//! Panics as events.

use std::panic;
use std::sync::Once;

use quipu_sdk::events::system_error;

static ONCE: Once = Once::new();

/// Records every panic of the process as `system.error`, with its place and without its message, which may hold anything; then
/// whoever else cares for panics is told as before. Once a process.
pub(crate) fn install() {
    ONCE.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            let place = info.location().map_or_else(|| "somewhere".to_owned(), ToString::to_string);
            let thread = std::thread::current();
            let event = system_error("panic", format_args!("a thread panicked at {place}"));
            event.attribute("thread.name", thread.name().unwrap_or("unnamed")).emit();
            before(info);
        }));
    });
}
