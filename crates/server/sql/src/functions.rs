//! Functions for money, percentiles and times, and the order of amounts.

use std::cmp::Ordering;

use quipu_core::{Sketch, Timestamp, Usd};
use rusqlite::functions::{Aggregate, Context, FunctionFlags, WindowAggregate};
use rusqlite::types::{Value, ValueRef};
use rusqlite::{Connection, Error, Result};

use crate::times;

/// Name, use and result of each function.
pub(crate) const FUNCTIONS: &[(&str, &str, &str)] = &[
    ("usd_sum", "usd_sum(cost_usd)", "Exact sum of amounts as decimal text; null without amounts."),
    ("usd_avg", "usd_avg(cost_usd)", "Mean of amounts, to 24 decimal places."),
    ("usd_add", "usd_add(a, b)", "Exact sum of two amounts."),
    ("usd_sub", "usd_sub(a, b)", "Exact difference of two amounts."),
    ("usd_mul", "usd_mul(cost_usd, 12)", "Amount times a whole number, exact."),
    ("p50", "p50(duration_ms)", "Median, within one percent."),
    ("p90", "p90(duration_ms)", "90th percentile, within one percent."),
    ("p95", "p95(duration_ms)", "95th percentile, within one percent."),
    ("p99", "p99(duration_ms)", "99th percentile, within one percent."),
    ("percentile", "percentile(duration_ms, 99.9)", "A percentile from 0 to 100, within one percent."),
    ("ago", "started_at > ago('1h')", "The time this long ago: s, m, h, d or w."),
    ("time_floor", "time_floor(started_at, '1h')", "Start of the step that contains a time."),
];

/// Name of the order of amounts.
const ORDER: &str = "usd";
/// Steps of a sketch for one unit. It counts whole numbers.
const SCALE: f64 = 1e6;
const PURE: FunctionFlags = FunctionFlags::SQLITE_UTF8
    .union(FunctionFlags::SQLITE_DETERMINISTIC)
    .union(FunctionFlags::SQLITE_INNOCUOUS);

fn wrong(text: String) -> Error {
    Error::UserFunctionError(text.into())
}

/// Adds the functions and the collation `usd` to a connection. `now` is the time of the question.
///
/// # Errors
/// SQLite rejects a function.
pub fn add_functions(conn: &Connection, now: Timestamp) -> Result<()> {
    conn.create_collation(ORDER, order)?;
    conn.create_window_function("usd_sum", 1, PURE, Sum)?;
    conn.create_aggregate_function("usd_avg", 1, PURE, Mean)?;
    add_pair(conn, "usd_add", |one, other| one + other)?;
    add_pair(conn, "usd_sub", |one, other| one - other)?;
    conn.create_scalar_function("usd_mul", 2, PURE, |ctx| {
        let count = ctx.get::<Option<i64>>(1)?;
        let times = |(amount, count): (Usd, i64)| {
            let size = amount.times(count.unsigned_abs());
            (if count < 0 { -size } else { size }).to_string()
        };
        Ok(amount(ctx.get_raw(0))?.zip(count).map(times))
    })?;
    for (name, part) in [("p50", 0.5), ("p90", 0.9), ("p95", 0.95), ("p99", 0.99)] {
        conn.create_aggregate_function(name, 1, PURE, Quantile(Some(part)))?;
    }
    conn.create_aggregate_function("percentile", 2, PURE, Quantile(None))?;
    conn.create_scalar_function("ago", 1, PURE, move |ctx| {
        let text: String = ctx.get(0)?;
        Ok(now.plus(-span_of("ago", &text)?).to_string())
    })?;
    conn.create_scalar_function("time_floor", 2, PURE, |ctx| {
        let (time, step): (Option<String>, String) = (ctx.get(0)?, ctx.get(1)?);
        let width = span_of("time_floor", &step)?;
        let Some(text) = time else { return Ok(None) };
        let time: Timestamp =
            text.parse().map_err(|error: quipu_core::TimeError| wrong(format!("time_floor: {error}")))?;
        Ok(Some(time.floor(width).to_string()))
    })
}

fn span_of(name: &str, text: &str) -> Result<i64> {
    times::span(text).ok_or_else(|| {
        wrong(format!("{name} expects a duration such as '15m', '1h' or '7d', got {:?}", shortened(text)))
    })
}

fn shortened(text: &str) -> String {
    text.chars().take(64).collect()
}

fn add_pair(conn: &Connection, name: &'static str, pair: fn(Usd, Usd) -> Usd) -> Result<()> {
    conn.create_scalar_function(name, 2, PURE, move |ctx| {
        let both = amount(ctx.get_raw(0))?.zip(amount(ctx.get_raw(1))?);
        Ok(both.map(|(one, other)| pair(one, other).to_string()))
    })
}

/// An amount; `None` for NULL.
fn amount(value: ValueRef<'_>) -> Result<Option<Usd>> {
    let found = match value {
        ValueRef::Null => return Ok(None),
        ValueRef::Integer(number) => number.to_string().parse().ok(),
        ValueRef::Real(number) => Usd::from_reported(number),
        ValueRef::Text(text) => std::str::from_utf8(text).ok().and_then(|text| text.parse().ok()),
        ValueRef::Blob(_) => None,
    };
    found.map(Some).ok_or_else(|| {
        let text = Value::try_from(value).map(|value| format!("{value:?}")).unwrap_or_default();
        wrong(format!("expected an amount in US dollars such as 0.25, got {}", shortened(&text)))
    })
}

/// Amounts in the order of their values, before other texts in the order of their bytes.
fn order(one: &str, other: &str) -> Ordering {
    match (one.parse::<Usd>(), other.parse::<Usd>()) {
        (Ok(one), Ok(other)) => one.cmp(&other),
        (Ok(_), Err(_)) => Ordering::Less,
        (Err(_), Ok(_)) => Ordering::Greater,
        (Err(_), Err(_)) => one.cmp(other),
    }
}

/// Sum and number of amounts.
type Summed = (Usd, i64);

struct Sum;

impl Aggregate<Summed, Option<String>> for Sum {
    fn init(&self, _: &mut Context<'_>) -> Result<Summed> {
        Ok((Usd::ZERO, 0))
    }

    fn step(&self, ctx: &mut Context<'_>, sum: &mut Summed) -> Result<()> {
        if let Some(amount) = amount(ctx.get_raw(0))? {
            *sum = (sum.0 + amount, sum.1 + 1);
        }
        Ok(())
    }

    fn finalize(&self, _: &mut Context<'_>, sum: Option<Summed>) -> Result<Option<String>> {
        Ok(sum.filter(|(_, count)| *count > 0).map(|(sum, _)| sum.to_string()))
    }
}

impl WindowAggregate<Summed, Option<String>> for Sum {
    fn value(&self, sum: Option<&mut Summed>) -> Result<Option<String>> {
        Ok(sum.filter(|(_, count)| *count > 0).map(|(sum, _)| sum.to_string()))
    }

    fn inverse(&self, ctx: &mut Context<'_>, sum: &mut Summed) -> Result<()> {
        if let Some(amount) = amount(ctx.get_raw(0))? {
            *sum = (sum.0 - amount, sum.1 - 1);
        }
        Ok(())
    }
}

struct Mean;

impl Aggregate<Summed, Option<String>> for Mean {
    fn init(&self, ctx: &mut Context<'_>) -> Result<Summed> {
        Sum.init(ctx)
    }

    fn step(&self, ctx: &mut Context<'_>, sum: &mut Summed) -> Result<()> {
        Sum.step(ctx, sum)
    }

    fn finalize(&self, _: &mut Context<'_>, sum: Option<Summed>) -> Result<Option<String>> {
        let mean = |(sum, count): Summed| sum.per(count.unsigned_abs());
        Ok(sum.and_then(mean).map(|mean| mean.to_string()))
    }
}

/// A part of the values from 0 to 1; `None`: the second argument has it, in percent.
struct Quantile(Option<f64>);

impl Aggregate<(Sketch, f64), Option<f64>> for Quantile {
    fn init(&self, _: &mut Context<'_>) -> Result<(Sketch, f64)> {
        Ok((Sketch::new(), self.0.unwrap_or_default()))
    }

    fn step(&self, ctx: &mut Context<'_>, (sketch, part): &mut (Sketch, f64)) -> Result<()> {
        if self.0.is_none() {
            let percent: f64 = ctx.get(1)?;
            if !(0.0..=100.0).contains(&percent) {
                return Err(wrong(format!("percentile expects a percentage from 0 to 100, got {percent}")));
            }
            *part = percent / 100.0;
        }
        if let Some(number) = ctx.get::<Option<f64>>(0)? {
            sketch.add((number * SCALE).round() as i64, 1);
        }
        Ok(())
    }

    fn finalize(&self, _: &mut Context<'_>, found: Option<(Sketch, f64)>) -> Result<Option<f64>> {
        Ok(found.and_then(|(sketch, part)| sketch.quantile(part)).map(|value| value / SCALE))
    }
}
