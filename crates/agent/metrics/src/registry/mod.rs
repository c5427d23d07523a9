//! Registry of a recorder's instruments.

mod cache;
mod instrument;
mod series;

pub(crate) use instrument::{Instrument, Origin};
pub(crate) use series::{Labels, Series};

use std::hash::BuildHasher;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use compact_str::CompactString;
use foldhash::{HashMap, fast::RandomState};
use quipu_core::locks::{Mutex, RwLock};
use quipu_core::{SpanId, Timestamp, TraceId};

use self::instrument::{Description, UnusedDescription};
use crate::kind::InstrumentKind;
use crate::problem::{Problem, Problems, Report};
use crate::{bounds, catalogue, name};

/// Default limit of series per instrument, including the overflow series: OpenTelemetry's metrics SDK,
/// "Cardinality limits".
const SERIES: usize = 2_000;
/// Limit of instruments per registry.
const INSTRUMENTS: usize = 4_096;
/// Limit of thread-owned cells over all series; further ones are shared.
const CELLS: usize = 16_384;
const SHARDS: usize = 16;

type Shard = RwLock<HashMap<u64, Vec<&'static Series>>>;
type Observer = Arc<dyn Fn(&'static Registry, Timestamp) + Send + Sync>;

/// All instruments of a recorder. Recording does not block. A thread takes a lock only when it uses a series
/// for the first time.
pub struct Registry {
    hasher: RandomState,
    shards: [Shard; SHARDS],
    /// Key: name in lower case, because names must differ by more than case.
    instruments: RwLock<HashMap<(CompactString, Origin), &'static Instrument>>,
    said: Mutex<HashMap<CompactString, UnusedDescription>>,
    observers: Mutex<Vec<Observer>>,
    limit: AtomicUsize,
    pub(crate) cells: AtomicUsize,
    pub(crate) problems: Problems,
    /// Derived distributions have buckets but no quantiles, which a scraped metrics page does not need.
    pub(crate) coarse: bool,
    pub(crate) span: CurrentSpan,
}

/// The current span of a thread if its trace is sampled; observations within it become exemplars.
pub type CurrentSpan = fn() -> Option<(TraceId, SpanId)>;

/// Observers run outside of all locks, so a panic leaves no broken state.
impl std::panic::RefUnwindSafe for Registry {}

impl Default for Registry {
    fn default() -> Self {
        Self {
            hasher: RandomState::default(),
            shards: Default::default(),
            instruments: RwLock::default(),
            said: Mutex::default(),
            observers: Mutex::default(),
            limit: AtomicUsize::new(SERIES),
            cells: AtomicUsize::new(CELLS),
            problems: Problems::default(),
            coarse: false,
            span: || None,
        }
    }
}

impl std::fmt::Debug for Registry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Registry")
            .field("instruments", &self.instruments.read().len())
            .finish_non_exhaustive()
    }
}

impl Registry {
    /// A registry whose exemplars belong to the spans of `span`.
    pub fn new(span: CurrentSpan) -> Self {
        Self { span, ..Self::default() }
    }

    /// A registry whose derived distributions have no quantiles.
    pub(crate) fn coarse() -> Self {
        Self { coarse: true, ..Self::default() }
    }

    /// Sets unit (UCUM: `s`, `By`, `1`, `{token}`) and description of an instrument. The last call wins,
    /// before or after the first observation. An invalid unit is rejected and counted.
    pub fn describe(&self, name: &str, unit: &str, help: &str) {
        if !name::is_name(name) || !name::is_unit(unit) {
            return self.problems.note(Problem::WrongDescription, name);
        }
        let description = Description { unit: unit.into(), help: help.to_owned() };
        if self.say(name, |said| said.description = Some(description.clone())) {
            let known = self.instruments_of(name);
            known.into_iter().flatten().for_each(|known| *known.description.write() = description.clone());
        }
    }

    /// Sets the bucket bounds of a histogram or timer: at most 200, finite and ascending. They have to be set
    /// before the first observation. Later or invalid bounds are rejected and counted.
    pub fn bounds(&self, name: &str, bounds: &[f64]) {
        let late = self.instruments_of(name).iter().any(Option::is_some);
        if late || !name::is_name(name) || !bounds::are_usable(bounds) {
            return self.problems.note(Problem::WrongDescription, name);
        }
        self.say(name, |said| said.bounds = Some(bounds.into()));
    }

    /// Stores settings for an instrument that may be created later; `false` if the limit is reached.
    fn say(&self, name: &str, say: impl FnOnce(&mut UnusedDescription)) -> bool {
        let mut all = self.said.lock();
        let name = lower(name);
        if all.len() >= INSTRUMENTS && !all.contains_key(&name) {
            self.problems.note(Problem::TooManyInstruments, &name);
            return false;
        }
        say(all.entry(name).or_default());
        true
    }

    /// The instruments with that name: the one of the code, and the derived one.
    fn instruments_of(&self, name: &str) -> [Option<&'static Instrument>; 2] {
        let instruments = self.instruments.read();
        [Origin::Hand, Origin::Derived].map(|origin| instruments.get(&(lower(name), origin)).copied())
    }

    /// Sets the limit of series per instrument from now on, including the overflow series; default 2,000.
    pub fn limit_series(&self, most: usize) {
        self.limit.store(most.max(1), Relaxed);
    }

    /// Calls `observe` before each collection, for values that are read on demand.
    pub fn observe_with(&self, observe: impl Fn(&'static Self, Timestamp) + Send + Sync + 'static) {
        self.observers.lock().push(Arc::new(observe));
    }

    /// Sets a gauge or sum to an external value, such as one of the operating system. The kind is that of the
    /// catalogue, else a gauge. An instrument of the code with the same name is not changed.
    pub fn observe(&'static self, name: &str, value: f64, labels: &[(&str, &str)]) {
        let kind = catalogue::entry(name).map_or(InstrumentKind::Gauge, |entry| entry.kind);
        if let Some(series) = self.derived(kind, name, labels) {
            series.observe(value);
        }
    }

    /// Counts of rejected or changed observations by reason.
    pub fn problems(&self) -> Vec<(Problem, u64)> {
        self.problems.counts().collect()
    }

    /// Problems since the last call, once per instrument; meant for a log.
    pub fn new_problems(&self) -> Vec<Report> {
        self.problems.take()
    }

    /// The instrument to show under that name: the one of the code, else the derived one.
    pub(crate) fn shown(&self, name: &str) -> Option<&'static Instrument> {
        let [by_hand, derived] = self.instruments_of(name);
        by_hand.or(derived)
    }

    /// Whether the code records under this name, so nothing is derived.
    pub(crate) fn is_by_hand(&self, name: &str) -> bool {
        self.instruments.read().contains_key(&(lower(name), Origin::Hand))
    }

    /// All instruments to show, by name.
    pub(crate) fn all(&self) -> Vec<&'static Instrument> {
        let instruments = self.instruments.read();
        let hidden = |(name, origin): &(CompactString, Origin)| {
            *origin == Origin::Derived && instruments.contains_key(&(name.clone(), Origin::Hand))
        };
        let mut all: Vec<_> =
            instruments.iter().filter(|(key, _)| !hidden(key)).map(|(_, known)| *known).collect();
        drop(instruments);
        all.sort_by(|one, other| one.name.cmp(&other.name));
        all
    }

    pub(crate) fn observe_all(&'static self, now: Timestamp) {
        let observers = self.observers.lock().clone();
        observers.iter().for_each(|observe| observe(self, now));
    }

    /// The series of an instrument with these labels, created if necessary; `None` if the name is invalid.
    #[inline]
    pub(crate) fn series(
        &'static self,
        kind: InstrumentKind,
        name: &str,
        labels: &[(&str, &str)],
    ) -> Option<&'static Series> {
        let hash = self.hash(name, labels);
        match cache::get(hash) {
            Some(series) if self.is(series, (kind, Origin::Hand), name, labels) => Some(series),
            _ => self.look_up(hash, (kind, Origin::Hand), name, labels),
        }
    }

    /// Same as [`Registry::series`], for a derived instrument; also `None` if the code records under this
    /// name.
    pub(crate) fn derived(
        &'static self,
        kind: InstrumentKind,
        name: &str,
        labels: &[(&str, &str)],
    ) -> Option<&'static Series> {
        // A coarse registry has no instruments of the code.
        if !self.coarse && self.is_by_hand(name) {
            return None;
        }
        let (hash, which) = (self.hash(name, labels), (kind, Origin::Derived));
        match cache::get(hash) {
            Some(series) if self.is(series, which, name, labels) => Some(series),
            _ => self.look_up(hash, which, name, labels),
        }
    }

    /// The hash does not depend on the order of the labels.
    #[inline]
    fn hash(&self, name: &str, labels: &[(&str, &str)]) -> u64 {
        labels.iter().fold(self.hasher.hash_one(name), |hash, (key, value)| {
            hash.wrapping_add(self.hasher.hash_one(key).rotate_left(17) ^ self.hasher.hash_one(value))
        })
    }

    #[inline]
    fn is(
        &self,
        series: &Series,
        (kind, origin): (InstrumentKind, Origin),
        name: &str,
        labels: &[(&str, &str)],
    ) -> bool {
        std::ptr::eq(series.registry, self)
            && series.instrument.kind == kind
            && series.instrument.origin == origin
            && series.instrument.name == name
            && series.has(labels)
    }

    #[cold]
    fn look_up(
        &'static self,
        hash: u64,
        which: (InstrumentKind, Origin),
        name: &str,
        labels: &[(&str, &str)],
    ) -> Option<&'static Series> {
        let shard = &self.shards[(hash >> 48) as usize % SHARDS];
        let known = |shard: &HashMap<u64, Vec<&'static Series>>| {
            shard.get(&hash)?.iter().find(|series| self.is(series, which, name, labels)).copied()
        };
        let found = known(&shard.read());
        if let Some(series) = found {
            cache::put(hash, series);
            return Some(series);
        }
        let instrument = self.instrument(which, name)?;
        if !name::are_labels(labels) {
            // The remaining labels have their own hash.
            let clean = self.clean(instrument, labels);
            let left: Vec<_> = clean.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
            return self.look_up(self.hash(&instrument.name, &left), which, &instrument.name, &left);
        }
        if instrument.name != name {
            return self.look_up(self.hash(&instrument.name, labels), which, &instrument.name, labels);
        }
        if self.is_full(instrument.series.read().len()) {
            return Some(self.overflow(instrument));
        }
        let mut shard = shard.write();
        if let Some(series) = known(&shard) {
            return Some(series);
        }
        let mut all = instrument.series.write();
        if self.is_full(all.len()) {
            drop((all, shard));
            return Some(self.overflow(instrument));
        }
        let labels = labels.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect();
        let series: &'static Series = Box::leak(Box::new(Series::new(self, instrument, labels)));
        all.push(series);
        shard.entry(hash).or_default().push(series);
        Some(series)
    }

    /// Whether an instrument with this many series has only the overflow series left.
    fn is_full(&self, series: usize) -> bool {
        series + 1 >= self.limit.load(Relaxed)
    }

    fn overflow(&'static self, instrument: &'static Instrument) -> &'static Series {
        self.problems.note(Problem::Overflow, &instrument.name);
        instrument.overflow.get_or_init(|| {
            let labels = [("otel.metric.overflow".into(), "true".into())].into();
            Box::leak(Box::new(Series::new(self, instrument, labels)))
        })
    }

    /// The valid labels, the last value of each key.
    fn clean(&self, instrument: &Instrument, labels: &[(&str, &str)]) -> Labels {
        let mut clean: Vec<(CompactString, CompactString)> = Vec::with_capacity(labels.len());
        for (key, value) in labels {
            let kept = name::kept(value);
            if kept.len() < value.len() {
                self.problems.note(Problem::LongLabel, &instrument.name);
            }
            let twice = clean.iter().position(|(known, _)| known == key);
            if twice.is_some() || !name::is_key(key) || clean.len() >= name::LABELS {
                self.problems.note(Problem::WrongLabel, &instrument.name);
            }
            match twice {
                Some(at) => clean[at].1 = kept.into(),
                None if name::is_key(key) && clean.len() < name::LABELS => {
                    clean.push(((*key).into(), kept.into()));
                }
                None => {}
            }
        }
        clean.into()
    }

    fn instrument(
        &self,
        (kind, origin): (InstrumentKind, Origin),
        name: &str,
    ) -> Option<&'static Instrument> {
        if !name::is_name(name) {
            self.problems.note(Problem::WrongName, name);
            return None;
        }
        let key = (lower(name), origin);
        let known = self.instruments.read().get(&key).copied();
        let instrument = match known {
            Some(instrument) => instrument,
            None => self.new_instrument(kind, key, name)?,
        };
        if instrument.kind != kind {
            self.problems.note(Problem::OtherKind, name);
            return None;
        }
        Some(instrument)
    }

    fn new_instrument(
        &self,
        kind: InstrumentKind,
        key: (CompactString, Origin),
        name: &str,
    ) -> Option<&'static Instrument> {
        let said = self.said.lock();
        let mut instruments = self.instruments.write();
        if let Some(known) = instruments.get(&key) {
            return Some(known);
        }
        if instruments.len() >= INSTRUMENTS {
            self.problems.note(Problem::TooManyInstruments, name);
            return None;
        }
        let said = said.get(&key.0);
        let entry = catalogue::entry(name);
        let description = said.and_then(|said| said.description.clone()).unwrap_or_else(|| match entry {
            Some(entry) => Description { unit: entry.unit.into(), help: entry.help.to_owned() },
            None if kind == InstrumentKind::Timer => Description { unit: "s".into(), help: String::new() },
            None => Description::default(),
        });
        let bounds = match (said.and_then(|said| said.bounds.clone()), entry) {
            (Some(bounds), _) => bounds,
            (None, Some(entry)) if !entry.bounds.is_empty() => entry.bounds.into(),
            _ => kind.bounds().into(),
        };
        let instrument: &'static Instrument = Box::leak(Box::new(Instrument {
            name: name.into(),
            kind,
            origin: key.1,
            bounds: if kind == InstrumentKind::Summary { Box::default() } else { bounds },
            description: RwLock::new(description),
            series: RwLock::default(),
            overflow: Default::default(),
        }));
        instruments.insert(key, instrument);
        Some(instrument)
    }
}

fn lower(name: &str) -> CompactString {
    CompactString::new(name).to_ascii_lowercase()
}
