//! User-defined types of events.

use quipu_core::Level;

use super::{EventBuilder, event_at};

/// A user-defined type of event.
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
    /// Name on the wire: dotted and of low cardinality, such as `order.placed`.
    const NAME: &'static str;

    /// Level of the event.
    const LEVEL: Level = Level::Info;

    /// Adds the values of this event. It is not called if events of this name and level are not recorded.
    fn fill(&self, event: EventBuilder) -> EventBuilder;
}

/// Records a user-defined event in the current context.
///
/// ```
/// use quipu_sdk::{CustomEvent, EventBuilder, emit};
///
/// struct Shipped;
///
/// impl CustomEvent for Shipped {
///     const NAME: &'static str = "order.shipped";
///
///     fn fill(&self, event: EventBuilder) -> EventBuilder {
///         event.attribute("order.items", 3)
///     }
/// }
///
/// emit(&Shipped);
/// ```
pub fn emit<E: CustomEvent>(event: &E) {
    let begun = event_at(E::LEVEL, E::NAME);
    if begun.is_recording() {
        event.fill(begun).emit();
    }
}
