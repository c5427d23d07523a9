//! Macro for events with attributes.

/// Records an event at a level, with attributes as `key = value`. A key is a name with dots or a text.
///
/// ```
/// let items = 3;
/// quipu_sdk::event!(INFO, "order.placed");
/// quipu_sdk::event!(WARNING, "order.delayed", order.items = items, "order.note" = "by rail");
/// ```
#[macro_export]
macro_rules! event {
    (@level TRACE) => { $crate::Level::Trace };
    (@level DEBUG) => { $crate::Level::Debug };
    (@level INFO) => { $crate::Level::Info };
    (@level SUCCESS) => { $crate::Level::Success };
    (@level WARN) => { $crate::Level::Warning };
    (@level WARNING) => { $crate::Level::Warning };
    (@level ERROR) => { $crate::Level::Error };
    (@level CRITICAL) => { $crate::Level::Critical };
    (@key $text:literal) => { $text };
    (@key $first:ident $(. $rest:ident)*) => { concat!(stringify!($first) $(, ".", stringify!($rest))*) };
    ($level:ident, $name:expr $(, $first:tt $(. $rest:ident)* = $value:expr)* $(,)?) => {
        $crate::event_at($crate::event!(@level $level), $name)
            $(.attribute($crate::event!(@key $first $(. $rest)*), $value))*
            .emit()
    };
}
