//! Types of events that users define.

use quipu_core::Level;

use super::{EventBuilder, event_at};

/// A type of event of the user's own.
///
/// ```
/// use quipu_sdk::{CustomEvent, EventBuilder, Level, emit};
///
/// struct OrderPlaced {
///     items: u32,
///     express: bool,
/// }
///
/// impl CustomEvent for OrderPlaced {
///     const NAME: &'static str = "order.placed";
///     const LEVEL: Level = Level::Success;
///
///     fn fill(&self, event: EventBuilder) -> EventBuilder {
///         event.attribute("order.items", self.items).attribute("order.express", self.express)
///     }
/// }
///
/// emit(&OrderPlaced { items: 3, express: true });
/// ```
pub trait CustomEvent {
    /// Its name on the wire: dotted, of few different values, such as `order.placed`.
    const NAME: &'static str;

    /// How grave it is.
    const LEVEL: Level = Level::Info;

    /// Adds what this one has to say. Not called where events of its name and level are not recorded.
    fn fill(&self, event: EventBuilder) -> EventBuilder;
}

/// Records an event of the user's own in the current context.
pub fn emit<E: CustomEvent>(event: &E) {
    let begun = event_at(E::LEVEL, E::NAME);
    if begun.is_recording() {
        event.fill(begun).emit();
    }
}
