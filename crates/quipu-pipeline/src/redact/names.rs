//! Names that a sender chooses: attribute keys, event names, scopes, metrics. They repeat, so that a clean name is remembered.

use compact_str::CompactString;
use foldhash::{HashSet, HashSetExt};
use parking_lot::RwLock;
use quipu_core::Span;
use quipu_semconv as semconv;

/// Clean names that are remembered, beside those that Quipu reads.
const MOST: usize = 8_192;
/// A longer name is looked through each time.
const LONGEST: usize = 128;
/// Names that OpenTelemetry gives, which no table of aliases has.
const GIVEN: [&str; 12] = [
    "service.name",
    "service.version",
    "service.namespace",
    "service.instance.id",
    "telemetry.sdk.name",
    "telemetry.sdk.language",
    "telemetry.sdk.version",
    "exception",
    "exception.type",
    "exception.message",
    "exception.stacktrace",
    Span::SAMPLED,
];

/// Names of which it is known that nothing is to be taken out of them.
pub(super) struct CleanNames {
    known: RwLock<HashSet<CompactString>>,
    most: usize,
}

impl CleanNames {
    /// Begins with the names that Quipu itself reads: no pattern of an operator changes these.
    pub fn new() -> Self {
        let fields = semconv::FIELDS.iter().flat_map(|(_, _, keys)| keys.iter());
        let contents = semconv::CONTENTS.iter().copied().flatten();
        let events = semconv::MESSAGE_EVENTS.iter().map(|(name, _)| name);
        let mut known = HashSet::new();
        let all = fields.chain(contents).chain(events).chain(&GIVEN).chain([&semconv::DETAILS_EVENT]);
        known.extend(all.map(|name| CompactString::from(*name)));
        let most = known.len() + MOST;
        Self { known: RwLock::new(known), most }
    }

    /// Whether a name is known to be clean.
    pub fn has(&self, name: &str) -> bool {
        self.known.read().contains(name)
    }

    /// Remembers a name that was looked through, as far as there is room.
    pub fn add(&self, name: &CompactString) {
        if name.len() > LONGEST {
            return;
        }
        let mut known = self.known.write();
        if known.len() < self.most {
            known.insert(name.clone());
        }
    }
}
