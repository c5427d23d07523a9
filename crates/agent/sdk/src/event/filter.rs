//! Filter of recorded events.

use std::fmt;
use std::sync::Arc;

use compact_str::CompactString;
use quipu_core::Level;

use super::filtered::{Filtered, Reason};

/// The view of an event that a predicate gets.
///
/// ```
/// use quipu_sdk::EventFilter;
///
/// let filter = EventFilter::default().only(|event| event.session != Some("load-test"));
/// # drop(filter);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventView<'a> {
    /// Type, such as `tool.call`.
    pub name: &'a str,
    /// Level.
    pub level: Level,
    /// Framework that its context binds.
    pub framework: Option<&'a str>,
    /// Session that its context binds.
    pub session: Option<&'a str>,
    /// Agent that its context binds.
    pub agent: Option<&'a str>,
}

/// Predicate on events. It runs on the emitting thread, so it must neither block nor panic.
///
/// ```
/// use std::sync::Arc;
///
/// use quipu_sdk::{EventFilter, EventPredicate};
///
/// let named: EventPredicate = Arc::new(|event| !event.name.is_empty());
/// let filter = EventFilter::default().only_shared(named);
/// # drop(filter);
/// ```
pub type EventPredicate = Arc<dyn Fn(&EventView<'_>) -> bool + Send + Sync>;

/// Filter of recorded events, in addition to the minimum level of [`crate::RecorderConfig::level`]. The
/// default passes all events. [`crate::Counts::filtered`] counts rejected events.
///
/// Patterns select types: `tool.call` matches that type, `tool.*` all types with the prefix `tool.`, `*` all
/// types.
///
/// ```
/// use quipu_sdk::{EventFilter, Level};
///
/// let filter = EventFilter::default()
///     .level("tool.*", Level::Warning)
///     .level("tool.result", Level::Debug)
///     .deny("llm.*")
///     .deny_framework("langchain")
///     .only(|event| event.session != Some("load-test"));
/// ```
#[derive(Clone, Default)]
pub struct EventFilter {
    levels: Vec<(CompactString, Level)>,
    types: Lists,
    frameworks: Lists,
    predicates: Vec<EventPredicate>,
    filtered: Filtered,
}

#[derive(Debug, Clone, Default)]
struct Lists {
    allowed: Vec<CompactString>,
    denied: Vec<CompactString>,
}

impl Lists {
    /// A denied entry always wins; an empty list of allowed entries allows all.
    fn admit(&self, fits: impl Fn(&CompactString) -> bool) -> bool {
        !self.denied.iter().any(&fits) && (self.allowed.is_empty() || self.allowed.iter().any(&fits))
    }
}

impl fmt::Debug for EventFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventFilter")
            .field("levels", &self.levels)
            .field("types", &self.types)
            .field("frameworks", &self.frameworks)
            .field("predicates", &self.predicates.len())
            .finish_non_exhaustive()
    }
}

impl EventFilter {
    /// Sets the minimum level of types that match `pattern`, higher or lower than the recorder's. The longest
    /// matching pattern applies, and the last call for the same pattern.
    #[must_use]
    pub fn level(mut self, pattern: &str, level: Level) -> Self {
        self.levels.retain(|(known, _)| known != pattern);
        self.levels.push((pattern.into(), level));
        self
    }

    /// Allows types that match `pattern`; types without an allowed pattern are rejected.
    #[must_use]
    pub fn allow(mut self, pattern: &str) -> Self {
        self.types.allowed.push(pattern.into());
        self
    }

    /// Rejects types that match `pattern`, even if they are allowed.
    #[must_use]
    pub fn deny(mut self, pattern: &str) -> Self {
        self.types.denied.push(pattern.into());
        self
    }

    /// Allows this framework. Events of other frameworks, or without a bound framework, are rejected.
    #[must_use]
    pub fn allow_framework(mut self, name: &str) -> Self {
        self.frameworks.allowed.push(name.into());
        self
    }

    /// Rejects events of this framework, even if it is allowed.
    #[must_use]
    pub fn deny_framework(mut self, name: &str) -> Self {
        self.frameworks.denied.push(name.into());
        self
    }

    /// Rejects events for which `predicate` is false. All predicates have to hold.
    #[must_use]
    pub fn only(self, predicate: impl Fn(&EventView<'_>) -> bool + Send + Sync + 'static) -> Self {
        self.only_shared(Arc::new(predicate))
    }

    /// [`EventFilter::only`] for a shared predicate.
    #[must_use]
    pub fn only_shared(mut self, predicate: EventPredicate) -> Self {
        self.predicates.push(predicate);
        self
    }

    /// Rejected events by reason.
    pub(crate) fn filtered(&self) -> Vec<(&'static str, u64)> {
        self.filtered.counts()
    }

    /// Checks name and level; counts a rejected event.
    #[inline]
    pub(crate) fn passes(&self, minimum: Level, name: &str, level: Level) -> bool {
        // Most filters have no levels by type.
        let minimum = if self.levels.is_empty() { minimum } else { self.minimum(minimum, name) };
        if level < minimum {
            return self.filtered.count(Reason::Level);
        }
        self.types.admit(|pattern| fits(pattern, name)) || self.filtered.count(Reason::Type)
    }

    /// Checks all conditions; counts a rejected event.
    pub(crate) fn admits(&self, minimum: Level, event: &EventView<'_>) -> bool {
        if !self.passes(minimum, event.name, event.level) {
            return false;
        }
        let of_framework = |name: &CompactString| {
            event.framework.is_some_and(|framework| name.eq_ignore_ascii_case(framework))
        };
        if !self.frameworks.admit(of_framework) {
            return self.filtered.count(Reason::Framework);
        }
        self.predicates.iter().all(|predicate| predicate(event)) || self.filtered.count(Reason::Predicate)
    }

    fn minimum(&self, otherwise: Level, name: &str) -> Level {
        let fitting = self.levels.iter().filter(|(pattern, _)| fits(pattern, name));
        // An exact name can be as long as a pattern with a star; the exact name wins.
        let longest = fitting.max_by_key(|(pattern, _)| (pattern.len(), !pattern.ends_with('*')));
        longest.map_or(otherwise, |(_, level)| *level)
    }
}

fn fits(pattern: &str, name: &str) -> bool {
    pattern.strip_suffix('*').map_or(pattern == name, |prefix| name.starts_with(prefix))
}
