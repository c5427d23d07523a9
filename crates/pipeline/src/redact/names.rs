//! Cache of clean names that senders choose: attribute keys, event names, scopes, metrics. They repeat, so
//! each is searched once.

use compact_str::CompactString;
use foldhash::{HashSet, HashSetExt};
use quipu_core::Span;
use quipu_core::locks::RwLock;
use quipu_semconv as semconv;

/// Most cached names, in addition to those that Quipu reads.
const MOST: usize = 8_192;
/// Longest cached name in bytes; a longer one is searched each time.
const LONGEST: usize = 128;
/// Names from OpenTelemetry that no alias table contains.
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

/// Names without findings.
pub(super) struct CleanNames {
    known: RwLock<HashSet<CompactString>>,
    most: usize,
}

impl CleanNames {
    /// Starts with the names that Quipu itself reads. No custom pattern changes these.
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

    /// Adds a clean name, up to the limit.
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
