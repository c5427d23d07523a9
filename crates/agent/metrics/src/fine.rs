//! Narrow buckets for quantiles; any thread can write them, without a logarithm.
//!
//! The scheme is that of HdrHistogram: each power of two is divided into equal parts. The bits of the double
//! give the bucket. The guarantee is that of DDSketch (Masson, Rim, Lee, VLDB 2019): the relative error of a
//! quantile is bounded. Core's sketch holds non-negative integers and computes a logarithm per value, which
//! is too slow and too narrow here.

use std::collections::BTreeMap;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::write::Write;

/// Largest relative error of a quantile, for absolute values between 2⁻⁴⁰ and 2⁵⁶. Smaller values count as
/// zero, larger ones as 2⁵⁶.
pub const QUANTILE_ERROR: f64 = 1.0 / 128.0;

/// Number of parts of an octave, in bits.
const PART_BITS: u32 = 6;
const PARTS: usize = 1 << PART_BITS;
/// Smallest octave, as the exponent of 2.
const LEAST: i64 = -40;
const OCTAVES: usize = 96;
/// Octaves are allocated in groups, so an empty table is small.
const GROUP: usize = 8;
const GROUPS: usize = OCTAVES / GROUP;

type Octave = [AtomicU64; PARTS];
type Group = [OnceLock<Box<Octave>>; GROUP];

/// The octaves of one sign.
struct Side([OnceLock<Box<Group>>; GROUPS]);

/// Counts by narrow bucket. Octaves are allocated at their first value.
pub(crate) struct Fine {
    zero: AtomicU64,
    above: Side,
    below: OnceLock<Box<Side>>,
}

/// Octave and part of an absolute value; `None` if it counts as zero.
#[inline]
fn place(size: f64) -> Option<(usize, usize)> {
    let bits = size.to_bits();
    let octave = ((bits >> 52) & 0x7ff) as i64 - 1023 - LEAST;
    let part = (bits >> (52 - PART_BITS)) as usize & (PARTS - 1);
    match usize::try_from(octave) {
        Err(_) => None,
        Ok(octave) if octave < OCTAVES => Some((octave, part)),
        Ok(_) => Some((OCTAVES - 1, PARTS - 1)),
    }
}

impl Side {
    const fn new() -> Self {
        Self([const { OnceLock::new() }; GROUPS])
    }

    #[inline]
    fn add<W: Write>(&self, (octave, part): (usize, usize)) {
        let group = self.0[octave / GROUP].get_or_init(|| Box::new([const { OnceLock::new() }; GROUP]));
        let octave = group[octave % GROUP].get_or_init(|| Box::new([const { AtomicU64::new(0) }; PARTS]));
        W::add(&octave[part], 1);
    }

    fn read(&self, sign: i32, into: &mut Counts) {
        let groups = self.0.iter().enumerate().filter_map(|(at, group)| Some((at * GROUP, group.get()?)));
        let octaves = groups.flat_map(|(first, group)| {
            group.iter().enumerate().filter_map(move |(at, octave)| Some((first + at, octave.get()?)))
        });
        for (octave, parts) in octaves {
            for (part, count) in parts.iter().enumerate() {
                let count = count.load(Relaxed);
                if count > 0 {
                    *into.0.entry(sign * (1 + (octave * PARTS + part) as i32)).or_default() += count;
                }
            }
        }
    }
}

impl Fine {
    pub const fn new() -> Self {
        Self { zero: AtomicU64::new(0), above: Side::new(), below: OnceLock::new() }
    }

    #[inline]
    pub fn add<W: Write>(&self, value: f64) {
        match place(value.abs()) {
            None => W::add(&self.zero, 1),
            Some(place) if value > 0.0 => self.above.add::<W>(place),
            Some(place) => self.below.get_or_init(|| Box::new(Side::new())).add::<W>(place),
        }
    }

    pub fn read(&self, into: &mut Counts) {
        let zero = self.zero.load(Relaxed);
        if zero > 0 {
            *into.0.entry(0).or_default() += zero;
        }
        self.above.read(1, into);
        if let Some(below) = self.below.get() {
            below.read(-1, into);
        }
    }
}

/// Counts of several cells by bucket, in the order of the values.
#[derive(Debug, Clone, Default)]
pub(crate) struct Counts(BTreeMap<i32, u64>);

impl Counts {
    /// The value at `quantile` (0 to 1) within [`QUANTILE_ERROR`]; `None` if empty. It uses the nearest rank.
    pub fn quantile(&self, quantile: f64) -> Option<f64> {
        let count: u64 = self.0.values().sum();
        let rank = (quantile.clamp(0.0, 1.0) * count.saturating_sub(1) as f64).round() as u64;
        let mut seen = 0;
        for (bucket, times) in &self.0 {
            seen += times;
            if seen > rank {
                return Some(middle(*bucket));
            }
        }
        None
    }
}

/// The value with equal relative distance to both ends of a bucket.
fn middle(bucket: i32) -> f64 {
    if bucket == 0 {
        return 0.0;
    }
    let at = i64::from(bucket.unsigned_abs()) - 1;
    let octave = 2_f64.powi((at / PARTS as i64 + LEAST) as i32);
    let part = (at % PARTS as i64) as f64;
    let (low, high) = (octave * (1.0 + part / PARTS as f64), octave * (1.0 + (part + 1.0) / PARTS as f64));
    f64::from(bucket.signum()) * 2.0 * low * high / (low + high)
}
