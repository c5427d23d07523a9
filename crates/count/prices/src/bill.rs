//! Computes the lines of a bill from the usage and the prices of one rule.
//!
//! Counts are made disjoint first: a priced unit is charged for the rest after every smaller priced unit has
//! taken its share. A unit without a price of its own is charged within the unit that contains it, on a
//! separate line.

use compact_str::{CompactString, format_compact};
use quipu_core::{PriceLine, PriceRequest, Unpriced, Usd};

use crate::counts::{Counts, sum, units};
pub(crate) use crate::rates::Terms;
use crate::rates::{Rates, rates};
use crate::schema::Body;
use crate::unit::COUNT;
use crate::{Direction, Unit};

/// The lines of a bill, with notes.
#[derive(Debug, Default)]
pub(crate) struct Bill {
    pub lines: Vec<PriceLine>,
    /// Sum of the lines for input.
    pub input: Usd,
    /// Sum of the lines for output.
    pub output: Usd,
    /// Sum of all other lines.
    pub other: Usd,
    /// Prices that replaced missing ones, in words.
    pub notes: Vec<CompactString>,
    /// Used units without a price, neither their own nor one of a containing unit.
    pub missing: Vec<Unit>,
}

/// Bills a request.
///
/// # Errors
/// The request reports nothing that can be billed.
pub(crate) fn bill(
    body: &Body<'_>,
    terms: &Terms<'_>,
    request: &PriceRequest<'_>,
    mut counts: Counts,
) -> Result<Bill, Unpriced> {
    counts.raise(body);
    let mut bill = Bill::default();
    let rates = rates(body, terms, request, counts.whole(Unit::INPUT));
    counts.time(rates.has(Unit::CALL_TIME), request.duration);
    if counts.is_empty() {
        return Err(Unpriced::NoUsage);
    }
    let mut left = disjoint(&rates, &counts, &mut bill);
    let (within, taken) = split(&rates, &counts, &mut left, &mut bill);
    if rates.has(Unit::REQUESTS) {
        left[Unit::REQUESTS.index()] =
            if counts.has(Unit::REQUESTS) { counts.whole(Unit::REQUESTS) } else { 1 };
    }
    for unit in units(rates.priced | counts.reported) {
        let index = unit.index();
        bill.line(unit, unit, left[index], rates.price[index]);
        if let Some(outer) = within[index] {
            bill.line(unit, outer, taken[index], rates.price[outer.index()]);
        }
    }
    Ok(bill)
}

impl Bill {
    /// Charges `unit` at the price of `priced`, for the same amount per price.
    fn line(&mut self, unit: Unit, priced: Unit, count: u64, unit_price: Usd) {
        if count > 0 {
            let (name, per) = (CompactString::const_new(unit.name()), priced.per());
            let amount = amount(unit_price, count, per);
            self.lines.push(PriceLine { unit: name, count, unit_price, per, amount });
            *match priced.direction() {
                Direction::Input => &mut self.input,
                Direction::Output => &mut self.output,
                Direction::Other => &mut self.other,
            } += amount;
        }
    }
}

/// Returns `price × count / per` without intermediate overflow.
fn amount(price: Usd, count: u64, per: u64) -> Usd {
    price.times(count / per) + price.times(count % per).per(per).unwrap_or_default()
}

/// The billed count of each priced unit, smallest units first.
fn disjoint(rates: &Rates, counts: &Counts, bill: &mut Bill) -> [u64; COUNT] {
    let mut left = [0; COUNT];
    for unit in Unit::most_specific_first().iter().filter(|unit| rates.has(**unit)) {
        let (whole, inner) = (counts.whole(*unit), sum(&left, rates.priced & unit.below()));
        if whole < inner {
            bill.notes.push(format_compact!("{} are less than the sum of their parts", unit.name()));
        }
        left[unit.index()] = whole.saturating_sub(inner);
    }
    left
}

/// Moves reported counts without a price of their own to separate lines, out of the unit whose price they
/// get.
fn split(
    rates: &Rates,
    counts: &Counts,
    left: &mut [u64; COUNT],
    bill: &mut Bill,
) -> ([Option<Unit>; COUNT], [u64; COUNT]) {
    let (mut within, mut taken) = ([None; COUNT], [0; COUNT]);
    if counts.reported & !rates.priced == 0 {
        return (within, taken);
    }
    for unit in Unit::most_specific_first() {
        // The price of a cache write is that for five minutes. Requests are not split.
        let implied =
            *unit == Unit::REQUESTS || (*unit == Unit::CACHE_WRITE_5M && rates.has(Unit::CACHE_WRITE));
        if rates.has(*unit) || !counts.has(*unit) || implied {
            continue;
        }
        let below = unit.below();
        let inner = sum(left, rates.priced & below).saturating_add(sum(&taken, counts.reported & below));
        let own = counts.whole(*unit).saturating_sub(inner);
        if own == 0 {
            continue;
        }
        match rates.around(*unit) {
            Some(outer) => {
                let moved = own.min(left[outer.index()]);
                left[outer.index()] -= moved;
                (within[unit.index()], taken[unit.index()]) = (Some(outer), moved);
                bill.notes.push(format_compact!("{} priced as {}", unit.name(), outer.name()));
            }
            None => bill.missing.push(*unit),
        }
    }
    (within, taken)
}
