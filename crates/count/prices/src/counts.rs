//! Counts of used units, which may include each other.

use quipu_core::{PriceRequest, Usage};

use crate::Unit;
use crate::schema::Body;
use crate::unit::COUNT;

/// The usage by unit. A unit may be included in another.
pub(crate) struct Counts {
    count: [u64; COUNT],
    pub reported: u128,
}

impl Counts {
    pub(crate) fn of(request: &PriceRequest<'_>) -> Self {
        let mut counts = Self { count: [0; COUNT], reported: 0 };
        for (unit, count) in in_usage(request.usage) {
            if let Some(count) = count {
                counts.set(unit, count);
            }
        }
        for (name, count) in &request.units {
            if let Some(unit) = Unit::by_name(name) {
                counts.set(unit, *count);
            }
        }
        for (name, count) in &request.usage.units {
            if let Some(unit) = Unit::by_name(name) {
                counts.set(unit, count.saturating_add(request.units.get(name).copied().unwrap_or(0)));
            }
        }
        counts
    }

    /// Counts the time of the call in milliseconds, rounded up, if time has a price. A reported duration
    /// without a price is no usage.
    pub(crate) fn time(&mut self, priced: bool, nanos: Option<i64>) {
        if let Some(nanos) = nanos.and_then(|nanos| u64::try_from(nanos).ok()).filter(|_| priced)
            && !self.has(Unit::CALL_TIME)
        {
            self.set(Unit::CALL_TIME, nanos.div_ceil(1_000_000));
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.reported == 0
    }

    fn set(&mut self, unit: Unit, count: u64) {
        self.count[unit.index()] = count;
        self.reported |= unit.bit();
    }

    pub(crate) fn has(&self, unit: Unit) -> bool {
        self.reported & unit.bit() != 0
    }

    /// The total of a unit: as reported, otherwise the sum of its largest reported sub-units.
    pub(crate) fn whole(&self, unit: Unit) -> u64 {
        if self.has(unit) {
            return self.count[unit.index()];
        }
        let parts = self.reported & unit.below();
        let within_a_part = units(parts).fold(0, |inner, part| inner | part.below());
        sum(&self.count, parts & !within_a_part)
    }

    /// Raises counts to the billed minimum.
    pub(crate) fn raise(&mut self, body: &Body<'_>) {
        for minimum in &body.minimums {
            let reported = minimum.units.iter().filter(|unit| self.has(**unit));
            let counts: Vec<u64> = reported.map(|unit| self.count[unit.index()]).collect();
            if counts.is_empty() {
                continue;
            }
            let billed =
                counts.into_iter().find(|count| *count > 0).map_or(0, |count| count.max(minimum.least));
            for unit in &minimum.units {
                self.set(*unit, billed);
            }
        }
    }
}

#[rustfmt::skip]
fn in_usage(usage: &Usage) -> [(Unit, Option<u64>); 13] {
    [
        (Unit::INPUT, usage.input),
        (Unit::CACHE_READ, usage.cache_read),
        (Unit::CACHE_WRITE, usage.cache_write),
        (Unit::CACHE_WRITE_5M, usage.cache_write_5m),
        (Unit::CACHE_WRITE_1H, usage.cache_write_1h),
        (Unit::INPUT_AUDIO, usage.input_audio),
        (Unit::INPUT_IMAGE, usage.input_image),
        (Unit::CACHE_READ_AUDIO, usage.cache_read_audio),
        (Unit::TOOL_PROMPT, usage.tool_prompt),
        (Unit::OUTPUT, usage.output),
        (Unit::REASONING, usage.reasoning),
        (Unit::OUTPUT_AUDIO, usage.output_audio),
        (Unit::OUTPUT_IMAGE, usage.output_image),
    ]
}

/// The units of a set, in the order of the table.
pub(crate) fn units(mut set: u128) -> impl Iterator<Item = Unit> {
    std::iter::from_fn(move || {
        let unit = Unit::of_lowest_bit(set)?;
        set &= set - 1;
        Some(unit)
    })
}

pub(crate) fn sum(counts: &[u64; COUNT], set: u128) -> u64 {
    units(set).fold(0, |sum: u64, unit| sum.saturating_add(counts[unit.index()]))
}
