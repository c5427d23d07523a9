//! Forecast of spending at the end of the running day, week or month.
//!
//! Exponential smoothing of days, ETS(A,N,N), after a clear weekday effect is removed. The error of a sum
//! over several days follows from the model. An error of one day moves that day, and by `alpha` every later
//! one. The interval is that error times Student's t. Sources: R. Hyndman and G. Athanasopoulos,
//! "Forecasting: Principles and Practice", 3rd ed., <https://otexts.com/fpp3/>, 3.4 (classical
//! decomposition), 4.3 (strength of a season), 8.7 (variances).

use std::collections::BTreeMap;

use quipu_core::{Result, Store, Timestamp, TraceFilter, UsageTotals, Usd};

use super::series::by_bucket;
use super::stats::{Smoothed, float, money, smooth, student_90};
use super::{Bucket, Forecast, Horizon};

/// Number of days in the history.
const DAYS: i64 = 84;
/// Least whole days since the first call.
const LEAST_DAYS: usize = 7;
/// Least days among them that cost anything.
const LEAST_PAID: usize = 3;
/// Least whole weeks for a weekday effect.
const SEASON_DAYS: usize = 28;
/// Share of the spread that weekdays must explain before they are used; chance alone makes about 0.2 with
/// four weeks.
const STRENGTH: f64 = 0.5;
/// A weekday with less than this part of a mean day is taken as free.
const FREE_DAY: f64 = 0.01;
const WEEK: usize = 7;

/// The forecast, or the reason for its absence.
pub(super) type Answer = std::result::Result<Forecast, String>;

/// Forecasts what the filter lets through; its times are not used.
pub(super) async fn forecast(
    store: &dyn Store,
    filter: &TraceFilter,
    horizon: Horizon,
    now: Timestamp,
) -> Result<Answer> {
    let bucket = horizon.bucket();
    let (since, until) = (bucket.start(now), bucket.next(now));
    let today = Bucket::Day.start(now);
    let from = today.plus(-DAYS * Timestamp::DAY);
    let times = |since, until| TraceFilter { since: Some(since), until: Some(until), ..filter.clone() };
    let sums = by_bucket(store, times(from, until), Bucket::Hour).await?;
    let spent = sums.range(since..).filter_map(|(_, totals)| totals.cost).sum();
    Ok(History::of(&sums, from, now).and_then(|history| history.forecast(horizon, (since, until), spent)))
}

/// Whole days before today, oldest first.
struct History {
    today: Timestamp,
    /// Metered cost of each day.
    days: Vec<f64>,
    /// Its part that came later in the day than the current time.
    late: Vec<f64>,
}

impl History {
    fn of(
        sums: &BTreeMap<Timestamp, UsageTotals>,
        from: Timestamp,
        now: Timestamp,
    ) -> std::result::Result<Self, String> {
        let today = Bucket::Day.start(now);
        let called = |(hour, totals): (&Timestamp, &UsageTotals)| {
            (totals.llm_calls > 0 || totals.cost.is_some()).then(|| Bucket::Day.start(*hour))
        };
        let first = sums.iter().find_map(called).unwrap_or(today).min(today);
        // The day of the first call is whole only where calls were made before it.
        let begin = if first == from { first } else { first.plus(Timestamp::DAY).min(today) };
        let count = usize::try_from(today.since(begin) / Timestamp::DAY).unwrap_or(0);
        let (mut days, mut late) = (vec![0.0; count], vec![0.0; count]);
        for (hour, totals) in sums.range(begin..today) {
            let day = usize::try_from(hour.since(begin) / Timestamp::DAY).unwrap_or(0);
            let cost = float(totals.cost.unwrap_or_default());
            days[day] += cost;
            late[day] += cost * part_after(*hour, now);
        }
        let paid = days.iter().filter(|cost| **cost > 0.0).count();
        if count < LEAST_DAYS || paid < LEAST_PAID {
            return Err(format!(
                "A forecast needs {LEAST_DAYS} whole days since the first call, {LEAST_PAID} of them with \
                 metered cost; there are {count} days, {paid} of them with cost."
            ));
        }
        Ok(Self { today, days, late })
    }

    fn forecast(&self, horizon: Horizon, (since, until): (Timestamp, Timestamp), spent: Usd) -> Answer {
        let ahead = usize::try_from(until.since(self.today) / Timestamp::DAY).unwrap_or(1).max(1);
        let rest = match horizon {
            // The rest of today is estimated from the same hours of earlier days.
            Horizon::Day => self.rest(&self.late, &[1.0]),
            Horizon::Week | Horizon::Month => {
                let (late, all): (f64, f64) = (self.late.iter().sum(), self.days.iter().sum());
                let mut steps = vec![1.0; ahead];
                steps[0] = late / all;
                self.rest(&self.days, &steps)
            }
        }
        .ok_or_else(|| "There are too few days.".to_owned())?;
        let usd = |value: f64| spent + money(value.max(0.0));
        Ok(Forecast {
            since,
            until,
            spent,
            expected: usd(rest.expected),
            low: usd(rest.expected - rest.margin),
            high: usd(rest.expected + rest.margin),
            confidence: 0.8,
            method: rest.method,
        })
    }

    /// Spending still to come: the sum over days from today on, each weighted by its part in `steps`.
    fn rest(&self, values: &[f64], steps: &[f64]) -> Option<Rest> {
        let season = Season::of(values);
        let even: Vec<f64> =
            values.iter().enumerate().filter_map(|(day, value)| season.without(day, *value)).collect();
        let weights: Vec<f64> =
            steps.iter().enumerate().map(|(step, part)| part * season.part(values.len() + step)).collect();
        let total: f64 = weights.iter().sum();
        let fits = smooth(&even);
        if fits.is_empty() {
            return None;
        }
        let level: f64 = fits.iter().map(|fit| fit.weight * fit.level).sum();
        let spread = |fit: &Smoothed| {
            let errors = fit.variance * errors(fit, &weights, steps);
            fit.weight * (errors + ((fit.level - level) * total).powi(2))
        };
        let variance: f64 = fits.iter().map(spread).sum();
        let freedom = even.len() as f64 - if season.plain { 8.0 } else { 2.0 };
        let margin = student_90(freedom) * variance.sqrt();
        let weekdays = if season.plain { ", weekdays apart" } else { "" };
        let method = format!(
            "exponential smoothing, ETS(A,N,N) averaged by Akaike weights, of {} days{weekdays}; 80 % by Student's t",
            values.len()
        );
        Some(Rest { expected: level.max(0.0) * total, margin, method })
    }
}

/// Variance of the sum over the days ahead, in units of one day's. `steps` are the parts of those days,
/// `weights` the same times what is usual on their weekday.
fn errors(fit: &Smoothed, weights: &[f64], steps: &[f64]) -> f64 {
    let total: f64 = weights.iter().sum();
    let (mut later, mut variance) = (total, fit.start * total * total);
    for (weight, part) in weights.iter().zip(steps) {
        later -= weight;
        // Half a day varies by the root of a half, not by a half.
        let own = if *part > 0.0 { weight / part.sqrt() } else { 0.0 };
        variance += (own + fit.alpha * later).powi(2);
    }
    variance
}

struct Rest {
    expected: f64,
    margin: f64,
    method: String,
}

/// The part of an hour of any day that comes later in its day than `now` does in its own.
fn part_after(hour: Timestamp, now: Timestamp) -> f64 {
    let into = |time: Timestamp| time.since(Bucket::Day.start(time));
    let left = into(hour) + Timestamp::HOUR - into(now);
    (left as f64 / Timestamp::HOUR as f64).clamp(0.0, 1.0)
}

/// The weekdays' part of a mean day, by place in the list modulo seven.
struct Season {
    parts: [f64; WEEK],
    plain: bool,
}

impl Season {
    /// That of the values, where there are four weeks and weekdays explain half of the spread; else every day
    /// is the same.
    fn of(values: &[f64]) -> Self {
        let same = Self { parts: [1.0; WEEK], plain: false };
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        if values.len() < SEASON_DAYS || mean <= 0.0 {
            return same;
        }
        let (mut sums, mut counts) = ([0.0; WEEK], [0.0; WEEK]);
        for (day, value) in values.iter().enumerate() {
            sums[day % WEEK] += value;
            counts[day % WEEK] += 1.0;
        }
        let parts: [f64; WEEK] = std::array::from_fn(|day| sums[day] / counts[day] / mean);
        let spread = |from: &dyn Fn(usize) -> f64| {
            values.iter().enumerate().map(|(day, value)| (value - from(day)).powi(2)).sum::<f64>()
        };
        let (all, within) = (spread(&|_| mean), spread(&|day| mean * parts[day % WEEK]));
        if all > 0.0 && 1.0 - within / all >= STRENGTH { Self { parts, plain: true } } else { same }
    }

    fn part(&self, day: usize) -> f64 {
        let part = self.parts[day % WEEK];
        if part < FREE_DAY { 0.0 } else { part }
    }

    /// A value adjusted to a mean day; `None` for a weekday without spending, which carries no information.
    fn without(&self, day: usize, value: f64) -> Option<f64> {
        let part = self.part(day);
        (part > 0.0).then(|| value / part)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A small generator of its own, so that the figures below do not move with a library.
    struct Dice(u64);

    impl Dice {
        fn even(&mut self) -> f64 {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            ((self.0 >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
        }

        fn normal(&mut self) -> f64 {
            (-2.0 * self.even().ln()).sqrt() * (std::f64::consts::TAU * self.even()).cos()
        }
    }

    type Series = fn(&mut Dice, usize) -> Vec<f64>;

    const SERIES: [(&str, Series); 5] = [
        ("around a mean", |dice, days| (0..days).map(|_| (10.0 + 2.0 * dice.normal()).max(0.0)).collect()),
        ("skewed", |dice, days| (0..days).map(|_| -5.0 * (dice.even() * dice.even()).ln()).collect()),
        ("weekdays", |dice, days| {
            let part = |day: usize| if day % WEEK < 5 { 1.0 } else { 0.1 };
            (0..days).map(|day| (part(day) * (20.0 + 4.0 * dice.normal())).max(0.0)).collect()
        }),
        ("a moving level", |dice, days| {
            let mut level = 50.0;
            let mut day = |dice: &mut Dice| {
                level += 1.5 * dice.normal();
                (level + 3.0 * dice.normal()).max(0.0)
            };
            (0..days).map(|_| day(dice)).collect()
        }),
        ("a step up", |dice, days| {
            let level = |day: usize| if day < 30 { 5.0 } else { 15.0 };
            (0..days).map(|day| (level(day) + 2.0 * dice.normal()).max(0.0)).collect()
        }),
    ];

    fn history(days: &[f64]) -> History {
        History {
            today: Timestamp::default(),
            days: days.to_vec(),
            late: days.iter().map(|cost| cost / 2.0).collect(),
        }
    }

    /// Known days and then days ahead, forecast at midnight; how often the truth is within the interval.
    fn coverage(series: Series, known: usize, ahead: usize) -> f64 {
        const ROUNDS: u64 = 400;
        let hit = |round: u64| {
            let all = series(&mut Dice(round * 7_919 + 17), known + ahead);
            let rest = history(&all[..known]).rest(&all[..known], &vec![1.0; ahead]).unwrap();
            let truth: f64 = all[known..].iter().sum();
            u32::from((truth - rest.expected).abs() <= rest.margin)
        };
        f64::from((0..ROUNDS).map(hit).sum::<u32>()) / ROUNDS as f64
    }

    #[test]
    fn the_interval_holds_the_truth_about_eight_times_of_ten() {
        let mut all = Vec::new();
        for (name, series) in SERIES {
            for (known, ahead) in [(84, 1), (84, 7), (84, 25), (35, 15)] {
                let part = coverage(series, known, ahead);
                all.push((name, known, ahead, part));
            }
        }
        // After a step the level counts as one that moves, and the interval is wide.
        let steady: Vec<f64> =
            all.iter().filter(|(name, ..)| *name != "a step up").map(|(.., part)| *part).collect();
        assert!(steady.iter().all(|part| (0.7..=0.95).contains(part)), "{all:?}");
        assert!(all.iter().all(|(.., part)| *part >= 0.7), "{all:?}");
        let mean = steady.iter().sum::<f64>() / steady.len() as f64;
        assert!((0.76..=0.86).contains(&mean), "{mean}: {all:?}");
    }

    #[test]
    fn the_part_of_an_hour_that_is_still_to_come() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let now = at("2026-03-09T14:15:00Z");
        for (hour, part) in
            [("2026-03-01T13:00:00Z", 0.0), ("2026-03-01T14:00:00Z", 0.75), ("2026-03-02T15:00:00Z", 1.0)]
        {
            assert!((part_after(at(hour), now) - part).abs() < 1e-9, "{hour}");
        }
    }

    proptest! {
        /// For any spending, the interval contains the expected value and never falls below the spent amount.
        /// Spending ahead grows with every day.
        #[test]
        fn the_interval_is_sound(
            days in proptest::collection::vec(prop_oneof![Just(0.0), 0.0..1e6_f64], 7..90),
            ahead in 1..31_i64,
            spent in 0..1_000_000_i64,
        ) {
            prop_assume!(days.iter().filter(|cost| **cost > 0.0).count() >= LEAST_PAID);
            let spent = Usd::cents(spent);
            let over = |days_ahead: i64| {
                let until = Timestamp::default().plus(days_ahead * Timestamp::DAY);
                history(&days).forecast(Horizon::Month, (Timestamp::default(), until), spent).unwrap()
            };
            let (short, long) = (over(ahead), over(ahead + 1));
            for told in [&short, &long] {
                prop_assert!(spent <= told.low && told.low <= told.expected && told.expected <= told.high, "{told:?}");
            }
            prop_assert!(short.expected <= long.expected, "{short:?} {long:?}");
            prop_assert!(short.high.raw() - short.low.raw() >= 0);
        }
    }
}
