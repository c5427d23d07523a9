//! Which events are recorded.

use std::fmt;
use std::sync::Arc;

use compact_str::CompactString;
use quipu_core::Level;

use super::filtered::{Filtered, Reason};

/// What a predicate sees of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventView<'a> {
    /// Its type, such as `tool.call`.
    pub name: &'a str,
    /// How grave it is.
    pub level: Level,
    /// Framework that its context binds.
    pub framework: Option<&'a str>,
    /// Session that its context binds.
    pub session: Option<&'a str>,
    /// Agent that its context binds.
    pub agent: Option<&'a str>,
}

/// Whether to record an event. It runs on the thread that emits: it must neither block nor panic.
pub type EventPredicate = Arc<dyn Fn(&EventView<'_>) -> bool + Send + Sync>;

/// Which events are recorded, beyond the minimum level of [`crate::Settings::level`]. By default all. What it keeps out is
/// counted in [`crate::Counts::filtered`].
///
/// Types are named by patterns: `tool.call` is that type, `tool.*` all that begin with `tool.`, `*` all.
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
    /// Denied is denied, whatever is allowed; an empty list of the allowed allows all.
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
    /// The minimum level of types that fit `pattern`, in place of the recorder's: higher or lower. Of several patterns that
    /// fit a type the longest holds, and of the same pattern the last.
    #[must_use]
    pub fn level(mut self, pattern: &str, level: Level) -> Self {
        self.levels.retain(|(known, _)| known != pattern);
        self.levels.push((pattern.into(), level));
        self
    }

    /// Records types that fit one of the allowed patterns only.
    #[must_use]
    pub fn allow(mut self, pattern: &str) -> Self {
        self.types.allowed.push(pattern.into());
        self
    }

    /// Does not record types that fit `pattern`, allowed or not.
    #[must_use]
    pub fn deny(mut self, pattern: &str) -> Self {
        self.types.denied.push(pattern.into());
        self
    }

    /// Records events of the allowed frameworks only: those whose context binds none are kept out.
    #[must_use]
    pub fn allow_framework(mut self, name: &str) -> Self {
        self.frameworks.allowed.push(name.into());
        self
    }

    /// Does not record events of this framework, allowed or not.
    #[must_use]
    pub fn deny_framework(mut self, name: &str) -> Self {
        self.frameworks.denied.push(name.into());
        self
    }

    /// Records events for which `predicate` holds only; of several all must.
    #[must_use]
    pub fn only(self, predicate: impl Fn(&EventView<'_>) -> bool + Send + Sync + 'static) -> Self {
        self.only_shared(Arc::new(predicate))
    }

    /// [`EventFilter::only`] for a predicate that is shared.
    #[must_use]
    pub fn only_shared(mut self, predicate: EventPredicate) -> Self {
        self.predicates.push(predicate);
        self
    }

    /// What was kept out, by reason.
    pub(crate) fn filtered(&self) -> Vec<(&'static str, u64)> {
        self.filtered.counts()
    }

    /// What name and level tell; what does not pass is counted.
    #[inline]
    pub(crate) fn passes(&self, minimum: Level, name: &str, level: Level) -> bool {
        // By far the most filters say nothing of types.
        let minimum = if self.levels.is_empty() { minimum } else { self.minimum(minimum, name) };
        if level < minimum {
            return self.filtered.count(Reason::Level);
        }
        self.types.admit(|pattern| fits(pattern, name)) || self.filtered.count(Reason::Type)
    }

    /// What everything tells; what is not admitted is counted.
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
        // An exact name is as long as the prefix that ends in its star, and comes first.
        let longest = fitting.max_by_key(|(pattern, _)| (pattern.len(), !pattern.ends_with('*')));
        longest.map_or(otherwise, |(_, level)| *level)
    }
}

fn fits(pattern: &str, name: &str) -> bool {
    pattern.strip_suffix('*').map_or(pattern == name, |prefix| name.starts_with(prefix))
}
