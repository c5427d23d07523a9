//! One series: an instrument with one set of labels.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use compact_str::CompactString;
use quipu_core::locks::Mutex;
use quipu_core::{Clock, Exemplar, SystemClock, Timestamp, Usd};

use super::Registry;
use super::instrument::{Instrument, Origin};
use crate::catalogue;
use crate::cell::{Distribution, Sum};
use crate::fine::Counts;
use crate::kind::InstrumentKind;
use crate::problem::Problem;
use crate::stats::{Moments, Stats};
use crate::stripe::Striped;
use crate::write::{Alone, Together};

/// Labels in the order of their first use.
pub(crate) type Labels = Box<[(CompactString, CompactString)]>;

/// Most subtracted observations that wait for a replacement.
const OWED: usize = 256;

/// Data of a series.
#[expect(
    clippy::large_enum_variant,
    reason = "never moved, and a box would add an indirection to each observation"
)]
pub(crate) enum Data {
    Sum(Striped<Sum>),
    /// The bits of a double; NaN before the first value.
    Last(AtomicU64),
    Distribution(Striped<Distribution>),
    /// The exact sum, and its highest value so far. The counter shows the second, because it must not fall.
    Money(Mutex<(Usd, Usd)>),
}

pub(crate) struct Series {
    pub registry: &'static Registry,
    pub instrument: &'static Instrument,
    pub labels: Labels,
    pub start: Timestamp,
    pub data: Data,
    /// For a counter: the subtracted amount that later additions have not compensated yet.
    owed: AtomicU64,
    /// For a distribution: the subtracted observations.
    taken_back: Mutex<Vec<f64>>,
    /// Buckets that need an exemplar, one bit each.
    wants: AtomicU64,
    exemplars: Mutex<Vec<Option<Exemplar>>>,
}

/// Recording calls no user code, so a panic leaves no broken state.
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

    /// Whether the series has these labels, in any order.
    #[inline]
    pub fn has(&self, labels: &[(&str, &str)]) -> bool {
        let same =
            |have: &(CompactString, CompactString), want: &(&str, &str)| have.0 == want.0 && have.1 == want.1;
        self.labels.len() == labels.len()
            && (self.labels.iter().zip(labels).all(|(have, want)| same(have, want))
                || labels.iter().all(|want| self.labels.iter().any(|have| same(have, want))))
    }

    /// Adds to a sum; negative numbers use two's complement.
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

    /// Adds to a gauge; an unset gauge starts at 0.
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

    /// The first observation of a bucket in a sampled span since the last collection becomes its exemplar.
    /// All other observations skip the clock.
    #[cold]
    fn look_for_exemplar(&self, value: f64, bucket: usize) {
        let Some((trace_id, span_id)) = (self.registry.span)() else { return };
        self.wants.fetch_and(!bit(bucket), Relaxed);
        self.keep(bucket, Exemplar { time: SystemClock.now(), value, trace_id, span_id });
    }

    /// Does not wait, because a collection may hold the lock.
    fn keep(&self, bucket: usize, exemplar: Exemplar) {
        if let Some(mut exemplars) = self.exemplars.try_lock() {
            if exemplars.len() <= bucket {
                exemplars.resize(bucket + 1, None);
            }
            exemplars[bucket] = Some(exemplar);
        }
    }

    /// Adds a derived observation. It replaces a subtracted one if there is any: count and sums are then
    /// exact. The bucket stays that of the subtracted one, because bucket counts must not fall.
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

    /// Subtracts a derived observation: the next one replaces it.
    pub fn take_back(&self, value: f64) {
        let mut taken_back = self.taken_back.lock();
        if taken_back.len() < OWED {
            taken_back.push(value);
        }
    }

    /// Adds a derived, possibly negative number to a counter. The counter does not fall; later additions
    /// compensate a negative number first.
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

    /// Same as [`Series::settle`], for money.
    pub fn spend(&self, by: Usd) {
        if let Data::Money(money) = &self.data {
            let mut money = money.lock();
            money.0 += by;
            money.1 = money.1.max(money.0);
        }
    }

    /// Sets the series to an external value: a gauge, or a sum with this single writer.
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

    /// The number of a series; `None` for a distribution and for an unset gauge.
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

    /// Number of observations per bucket.
    pub fn buckets(&self) -> Vec<u64> {
        let mut buckets = vec![0; self.instrument.buckets()];
        if let Data::Distribution(cells) = &self.data {
            cells.cells().for_each(|cell| cell.read_buckets(&mut buckets));
        }
        buckets
    }

    /// The exemplars, ordered by bucket. The buckets then accept new ones.
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
