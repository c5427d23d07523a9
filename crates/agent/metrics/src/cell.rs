//! Storage cells of series.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::fine::{Counts, Fine};
use crate::stats::Moments;
use crate::stripe::Tally;
use crate::write::Write;

/// A sum of whole numbers on its own cache line.
#[derive(Debug, Default)]
#[repr(align(64))]
pub(crate) struct Sum(AtomicU64);

impl Sum {
    #[inline]
    pub fn add<W: Write>(&self, n: u64) {
        W::add(&self.0, n);
    }

    pub fn read(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

impl Tally for Sum {
    fn fresh(&self) -> Self {
        Self::default()
    }
}

/// A distribution: moments, buckets with explicit bounds, narrow buckets for quantiles.
#[repr(align(64))]
pub(crate) struct Distribution {
    count: AtomicU64,
    /// First value; sums are relative to it, so they stay small. NaN before the first value.
    first: AtomicU64,
    sum: AtomicU64,
    squares: AtomicU64,
    min: AtomicU64,
    max: AtomicU64,
    buckets: Box<[AtomicU64]>,
    fine: Fine,
}

impl Distribution {
    pub fn new(buckets: usize) -> Self {
        let double = |value: f64| AtomicU64::new(value.to_bits());
        Self {
            count: AtomicU64::new(0),
            first: double(f64::NAN),
            sum: double(0.0),
            squares: double(0.0),
            min: double(f64::INFINITY),
            max: double(f64::NEG_INFINITY),
            buckets: (0..buckets).map(|_| AtomicU64::new(0)).collect(),
            fine: Fine::new(),
        }
    }

    /// Adds a finite value to its `bucket`.
    #[inline]
    pub fn add<W: Write>(&self, value: f64, bucket: usize) {
        self.fine.add::<W>(value);
        self.add_coarse::<W>(value, bucket);
    }

    /// Same as [`Self::add`], without the buckets for quantiles, which take most of the memory.
    #[inline]
    pub fn add_coarse<W: Write>(&self, value: f64, bucket: usize) {
        W::change(&self.first, |first| first.is_nan().then_some(value));
        let apart = value - f64::from_bits(self.first.load(Relaxed));
        W::add_f64(&self.sum, apart);
        W::add_f64(&self.squares, apart * apart);
        W::change(&self.min, |min| (value < min).then_some(value));
        W::change(&self.max, |max| (value > max).then_some(value));
        if let Some(bucket) = self.buckets.get(bucket) {
            W::add(bucket, 1);
        }
        W::add(&self.count, 1);
    }

    /// Replaces an observation by another in the sums.
    pub fn correct<W: Write>(&self, from: f64, to: f64) {
        let first = f64::from_bits(self.first.load(Relaxed));
        let (from, to) = (from - first, to - first);
        W::add_f64(&self.sum, to - from);
        W::add_f64(&self.squares, to * to - from * from);
    }

    pub fn moments(&self) -> Moments {
        let double = |at: &AtomicU64| f64::from_bits(at.load(Relaxed));
        let extremes = (double(&self.min), double(&self.max));
        Moments::relative(
            self.count.load(Relaxed),
            double(&self.first),
            double(&self.sum),
            double(&self.squares),
            extremes,
        )
    }

    pub fn read_buckets(&self, into: &mut [u64]) {
        into.iter_mut().zip(&self.buckets).for_each(|(sum, bucket)| *sum += bucket.load(Relaxed));
    }

    pub fn read_fine(&self, into: &mut Counts) {
        self.fine.read(into);
    }
}

impl Tally for Distribution {
    fn fresh(&self) -> Self {
        Self::new(self.buckets.len())
    }
}
