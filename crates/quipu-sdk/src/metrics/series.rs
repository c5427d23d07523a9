//! One series: an instrument with one set of labels.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use compact_str::CompactString;
use parking_lot::Mutex;
use quipu_core::{Clock, Exemplar, SystemClock, Timestamp, Usd};

use super::catalogue;
use super::cell::{Distribution, Sum};
use super::fine::Counts;
use super::instrument::{Instrument, InstrumentKind, Origin};
use super::problem::Problem;
use super::registry::Registry;
use super::stats::{Moments, Stats};
use super::stripe::Striped;
use super::write::{Alone, Together};

/// Labels in the order in which they were first given.
pub(crate) type Labels = Box<[(CompactString, CompactString)]>;

/// Observations that were taken back and still wait for another one to take their place, at most.
const OWED: usize = 256;

/// What a series holds.
#[expect(
    clippy::large_enum_variant,
    reason = "never moved, and a box would be one more step for each observation"
)]
pub(crate) enum Data {
    Sum(Striped<Sum>),
    /// The bits of a double; not a number before the first one was set.
    Last(AtomicU64),
    Distribution(Striped<Distribution>),
    /// What was truly spent, and what was shown at most: a counter must not fall.
    Money(Mutex<(Usd, Usd)>),
}

pub(crate) struct Series {
    pub registry: &'static Registry,
    pub instrument: &'static Instrument,
    pub labels: Labels,
    pub start: Timestamp,
    pub data: Data,
    /// Of a counter, what was taken back and is not yet made up for.
    owed: AtomicU64,
    /// Of a distribution, observations taken back.
    taken_back: Mutex<Vec<f64>>,
    /// Buckets that look for an exemplar, one bit each.
    wants: AtomicU64,
    exemplars: Mutex<Vec<Option<Exemplar>>>,
}

/// Recording runs no code of the caller's: a panic never leaves it halfway.
impl std::panic::RefUnwindSafe for Series {}

impl Series {
    pub fn new(registry: &'static Registry, instrument: &'static Instrument, labels: Labels) -> Self {
        let dollars = catalogue::entry(&instrument.name).is_some_and(|entry| entry.unit == "{USD}");
        let money = instrument.origin == Origin::Derived && dollars;
        let data = match instrument.kind {
            InstrumentKind::Counter if money => Data::Money(Mutex::default()),
            InstrumentKind::Counter | InstrumentKind::UpDownCounter => {
                Data::Sum(Striped::new(Sum::default()))
            }
            InstrumentKind::Gauge => Data::Last(AtomicU64::new(f64::NAN.to_bits())),
            _ => Data::Distribution(Striped::new(Distribution::new(instrument.buckets()))),
        };
        Self {
            registry,
            instrument,
            labels,
            start: SystemClock.now(),
            data,
            owed: AtomicU64::new(0),
            taken_back: Mutex::default(),
            wants: AtomicU64::new(if instrument.buckets() == 0 { 0 } else { u64::MAX }),
            exemplars: Mutex::default(),
        }
    }

    /// Whether it is the one for these labels, in whatever order.
    #[inline]
    pub fn has(&self, labels: &[(&str, &str)]) -> bool {
        let same =
            |have: &(CompactString, CompactString), want: &(&str, &str)| have.0 == want.0 && have.1 == want.1;
        self.labels.len() == labels.len()
            && (self.labels.iter().zip(labels).all(|(have, want)| same(have, want))
                || labels.iter().all(|want| self.labels.iter().any(|have| same(have, want))))
    }

    /// Adds to a sum; signed numbers in two's complement.
    #[inline]
    pub fn add(&self, n: u64) {
        if let Data::Sum(sum) = &self.data {
            match sum.own(&self.registry.cells) {
                Some(cell) => cell.add::<Alone>(n),
                None => sum.shared().add::<Together>(n),
            }
        }
    }

    /// Sets a gauge.
    #[inline]
    pub fn set(&self, value: f64) {
        match &self.data {
            Data::Last(last) if value.is_finite() => last.store(value.to_bits(), Relaxed),
            Data::Last(_) => self.registry.problems.note(Problem::NotFinite, &self.instrument.name),
            _ => {}
        }
    }

    /// Adds to a gauge; one that was never set counts from 0.
    pub fn shift(&self, by: f64) {
        match &self.data {
            Data::Last(last) if by.is_finite() => {
                let next = |have: f64| if have.is_nan() { by } else { have + by };
                let _ =
                    last.fetch_update(Relaxed, Relaxed, |bits| Some(next(f64::from_bits(bits)).to_bits()));
            }
            Data::Last(_) => self.registry.problems.note(Problem::NotFinite, &self.instrument.name),
            _ => {}
        }
    }

    /// Adds to a distribution.
    #[inline]
    pub fn record(&self, value: f64) {
        let Data::Distribution(cells) = &self.data else { return };
        if !value.is_finite() {
            return self.registry.problems.note(Problem::NotFinite, &self.instrument.name);
        }
        let bucket = self.instrument.bucket(value);
        match cells.own(&self.registry.cells) {
            Some(cell) => cell.add::<Alone>(value, bucket),
            None => cells.shared().add::<Together>(value, bucket),
        }
        if self.wants.load(Relaxed) & bit(bucket) != 0 {
            self.look_for_exemplar(value, bucket);
        }
    }

    /// The first observation of a bucket since the last collection that was made within a sampled span becomes its exemplar:
    /// all others are spared the clock.
    #[cold]
    fn look_for_exemplar(&self, value: f64, bucket: usize) {
        let Some((trace_id, span_id)) = crate::context::sampled_place() else { return };
        self.wants.fetch_and(!bit(bucket), Relaxed);
        self.keep(bucket, Exemplar { time: SystemClock.now(), value, trace_id, span_id });
    }

    /// Never waits: the collection may be reading.
    fn keep(&self, bucket: usize, exemplar: Exemplar) {
        if let Some(mut exemplars) = self.exemplars.try_lock() {
            if exemplars.len() <= bucket {
                exemplars.resize(bucket + 1, None);
            }
            exemplars[bucket] = Some(exemplar);
        }
    }

    /// Adds a derived observation. Where one was taken back before, it takes its place: count and sums are then exact, while
    /// the bucket stays that of the first one, as counts of buckets must not fall.
    pub fn derive(&self, value: f64, exemplar: Option<Exemplar>) {
        let Data::Distribution(cells) = &self.data else { return };
        if !value.is_finite() {
            return;
        }
        let bucket = self.instrument.bucket(value);
        let mut taken_back = self.taken_back.lock();
        let like = taken_back.iter().position(|before| self.instrument.bucket(*before) == bucket);
        let free = like.or_else(|| taken_back.len().checked_sub(1));
        match free.map(|at| taken_back.swap_remove(at)) {
            Some(before) => cells.shared().correct::<Together>(before, value),
            None if self.registry.coarse => cells.shared().add_coarse::<Together>(value, bucket),
            None => cells.shared().add::<Together>(value, bucket),
        }
        if let Some(exemplar) = exemplar.filter(|_| self.instrument.buckets() > 0) {
            self.keep(bucket, exemplar);
        }
    }

    /// Takes a derived observation back: the next one takes its place.
    pub fn take_back(&self, value: f64) {
        let mut taken_back = self.taken_back.lock();
        if taken_back.len() < OWED {
            taken_back.push(value);
        }
    }

    /// Adds a derived, possibly negative number to a counter. It does not fall: what is taken back is made up for by what
    /// comes after.
    pub fn settle(&self, by: i64) {
        let Data::Sum(sum) = &self.data else { return };
        let owed = self.owed.load(Relaxed);
        if by < 0 {
            self.owed.store(owed.saturating_add(by.unsigned_abs()), Relaxed);
            return;
        }
        let paid = owed.min(by.unsigned_abs());
        self.owed.store(owed - paid, Relaxed);
        sum.shared().add::<Together>(by.unsigned_abs() - paid);
    }

    /// As [`Series::settle`], of money.
    pub fn spend(&self, by: Usd) {
        if let Data::Money(money) = &self.data {
            let mut money = money.lock();
            money.0 += by;
            money.1 = money.1.max(money.0);
        }
    }

    /// Sets whatever it is to what was observed elsewhere: a gauge, or a sum that only this writes.
    pub fn observe(&self, value: f64) {
        match &self.data {
            Data::Last(_) => self.set(value),
            Data::Sum(sum) => {
                let to = value as i64 as u64;
                sum.shared().add::<Together>(to.wrapping_sub(sum.shared().read()));
            }
            _ => {}
        }
    }

    /// The number of what is no distribution; `None` for those and for a gauge that was never set.
    pub fn number(&self) -> Option<f64> {
        match &self.data {
            Data::Sum(sum) => {
                let total = sum.cells().fold(0_u64, |total, cell| total.wrapping_add(cell.read()));
                Some(match self.instrument.kind {
                    InstrumentKind::UpDownCounter => total as i64 as f64,
                    _ => total as f64,
                })
            }
            Data::Last(last) => Some(f64::from_bits(last.load(Relaxed))).filter(|value| !value.is_nan()),
            Data::Money(money) => Some(dollars(money.lock().1)),
            Data::Distribution(_) => None,
        }
    }

    /// Adds up the cells of a distribution.
    pub fn read_into(&self, moments: &mut Moments, counts: &mut Counts) {
        if let Data::Distribution(cells) = &self.data {
            for cell in cells.cells() {
                *moments = moments.and(cell.moments());
                cell.read_fine(counts);
            }
        }
    }

    pub fn stats(&self) -> Stats {
        let (mut moments, mut counts) = (Moments::default(), Counts::default());
        self.read_into(&mut moments, &mut counts);
        moments.stats(&counts)
    }

    /// Observations in each bucket.
    pub fn buckets(&self) -> Vec<u64> {
        let mut buckets = vec![0; self.instrument.buckets()];
        if let Data::Distribution(cells) = &self.data {
            cells.cells().for_each(|cell| cell.read_buckets(&mut buckets));
        }
        buckets
    }

    /// The exemplars, each by its bucket's number; from now on the buckets look for new ones.
    pub fn exemplars(&self) -> Vec<Exemplar> {
        if self.instrument.buckets() > 0 {
            self.wants.store(u64::MAX, Relaxed);
        }
        self.exemplars.lock().iter().flatten().copied().collect()
    }
}

const fn bit(bucket: usize) -> u64 {
    1 << if bucket < 63 { bucket } else { 63 }
}

/// The nearest double.
fn dollars(amount: Usd) -> f64 {
    amount.to_string().parse().unwrap_or(f64::NAN)
}
