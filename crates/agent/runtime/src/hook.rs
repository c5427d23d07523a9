//! Panic hook that records events.

use std::panic;
use std::sync::Once;

use quipu_sdk::events::system_error;

static ONCE: Once = Once::new();

/// Records every panic of the process as `system.error`, with its location. The message is omitted, because
/// it may contain anything. Then the previous hook runs. The hook is installed once per process.
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
