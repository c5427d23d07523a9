//! Cost of a call that a program reports under its own keys.

use compact_str::CompactString;
use quipu_core::{Usd, Value};

use crate::vocabulary::{CACHE, INPUT, OUTPUT, SUMS};
use crate::words;

/// Words of currencies and units whose amounts are no US dollars.
const OTHER_UNITS: &[&str] =
    &["eur", "gbp", "jpy", "cny", "inr", "credit", "credits", "token", "tokens", "ms"];
/// The beginnings of words for parts of a dollar.
const PARTS: &[(&str, f64)] = &[("micro", 1e-6), ("nano", 1e-9), ("cent", 1e-2)];
/// Number of the last words of a key that can name a side.
const NEAR: usize = 4;
/// Maximum number of amounts of one span.
const MOST: usize = 16;

/// Amounts of a span.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Costs {
    /// Costs of the whole call.
    totals: Vec<f64>,
    /// Costs of its input and output.
    parts: Vec<(CompactString, f64)>,
}

impl Costs {
    /// Adds the amount under a key, if it is one of US dollars.
    pub fn add(&mut self, key: &[CompactString], value: &Value) {
        let Some(number) = value.as_number().filter(|number| number.is_finite() && *number >= 0.0) else {
            return;
        };
        let is_other = words::any(key, OTHER_UNITS) || words::any(key, SUMS);
        if !words::is_cost(key) || is_other || self.totals.len() + self.parts.len() >= MOST {
            return;
        }
        let part = PARTS.iter().find(|(begin, _)| key.iter().any(|word| word.starts_with(begin)));
        let dollars = number * part.map_or(1.0, |(_, part)| *part);
        // Words far above the amount are of the object around it, such as a response.
        let near = &key[key.len().saturating_sub(NEAR)..];
        if [INPUT, OUTPUT, CACHE].iter().any(|side| words::any(near, side)) {
            self.parts.push((key.join(".").into(), dollars));
        } else {
            self.totals.push(dollars);
        }
    }

    /// The cost of the call: the only total, otherwise the sum of the parts. `None` if totals differ.
    pub fn reported(&self) -> Option<Usd> {
        let whole = match self.totals.as_slice() {
            [] if self.parts.len() < 2 => return None,
            [] => self.parts.iter().map(|(_, dollars)| dollars).sum(),
            [first, others @ ..] if others.iter().all(|other| (other - first).abs() < 1e-9) => *first,
            _ => return None,
        };
        Usd::from_reported(whole)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reported(amounts: &[(&str, f64)]) -> Option<i64> {
        let mut costs = Costs::default();
        for (key, amount) in amounts {
            let mut cut = Vec::new();
            words::cut(key, &mut cut);
            costs.add(&cut, &Value::Double(*amount));
        }
        costs.reported().map(Usd::nanos)
    }

    #[test]
    fn amounts_are_dollars_of_one_call() {
        for (amounts, nanos) in [
            (&[("llm.cost_usd", 0.002)][..], Some(2_000_000)),
            (&[("acme.cost_microusd", 2_500.0)], Some(2_500_000)),
            (&[("cost.total_cents", 12.0)], Some(120_000_000)),
            (&[("x.input_cost", 0.002), ("x.output_cost", 0.001)], Some(3_000_000)),
            (&[("x.input_cost", 0.002), ("x.total_cost", 0.004)], Some(4_000_000)),
            (&[("x.cost", 0.002), ("y.cost", 0.003)], None),
            (&[("session.cost", 0.002)], None),
            (&[("cost_eur", 0.002)], None),
            (&[("cost_budget", 0.002)], None),
            (&[("cost_per_token", 0.002)], None),
        ] {
            assert_eq!(reported(amounts), nanos, "{amounts:?}");
        }
    }
}
