//! Statistics for the analysis. Only this module uses floats; no sum of money passes through them.

use quipu_core::Usd;

/// Most values that a slope is taken from: pairs grow with the square.
const SLOPE_VALUES: usize = 500;

/// A dollar amount as a float.
pub(super) fn float(amount: Usd) -> f64 {
    amount.raw() as f64 / 10_f64.powi(Usd::DIGITS.cast_signed())
}

/// A statistic as money, rounded to a billionth of a dollar.
pub(super) fn money(value: f64) -> Usd {
    let nanos = (value * 1e9).round();
    let nanos = if nanos.is_finite() { nanos as i128 } else { 0 };
    Usd::from_raw(nanos.saturating_mul(10_i128.pow(Usd::DIGITS - 9)))
}

/// The middle value; the mean of the two middle ones of an even number, 0 of none.
pub(super) fn median(values: &mut [f64]) -> f64 {
    let (count, middle) = (values.len(), values.len() / 2);
    if count == 0 {
        return 0.0;
    }
    let (below, at, _) = values.select_nth_unstable_by(middle, f64::total_cmp);
    if count % 2 == 1 {
        return *at;
    }
    let under = below.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    f64::midpoint(under, *at)
}

/// Change from one value to the next: the median of the slopes of all pairs. H. Theil, "A rank-invariant
/// method of linear and polynomial regression analysis" (1950); P. K. Sen, "Estimates of the regression
/// coefficient based on Kendall's tau", JASA 63 (1968). Only the latest 500 values are used.
pub(super) fn theil_sen(values: &[f64]) -> f64 {
    let values = &values[values.len().saturating_sub(SLOPE_VALUES)..];
    let mut slopes = Vec::with_capacity(values.len() * values.len().saturating_sub(1) / 2);
    for (i, one) in values.iter().enumerate() {
        let later = values.iter().enumerate().skip(i + 1);
        slopes.extend(later.map(|(j, other)| (other - one) / (j - i) as f64));
    }
    median(&mut slopes)
}

/// The point below which Student's t with `freedom` (at least 1) degrees lies nine times of ten: the
/// two-sided 80 %. By the expansion of Abramowitz and Stegun, "Handbook of Mathematical Functions", 26.7.5;
/// within 0.3 % from 5 degrees on.
pub(super) fn student_90(freedom: f64) -> f64 {
    const NORMAL: f64 = 1.281_551_565_544_6;
    let (z, v) = (NORMAL, freedom.max(1.0));
    z + (z.powi(3) + z) / (4.0 * v) + (5.0 * z.powi(5) + 16.0 * z.powi(3) + 3.0 * z) / (96.0 * v * v)
}

/// Simple exponential smoothing, fitted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Smoothed {
    /// How much the values speak for this fit, 0 to 1; the weights of all fits are 1.
    pub weight: f64,
    /// How fast the level follows, 0 (never: the mean) to 1 (at once).
    pub alpha: f64,
    /// Level after the last value.
    pub level: f64,
    /// Variance of one step's error.
    pub variance: f64,
    /// Variance of the level that comes from not knowing where it began, in units of `variance`.
    pub start: f64,
}

/// Fits the innovations form of simple exponential smoothing, ETS(A,N,N), once for each `alpha` in steps of
/// 0.05, with the best first level for each. Source: R. Hyndman and G. Athanasopoulos, "Forecasting:
/// Principles and Practice", 3rd ed., 8.1 and 8.5 to 8.7, <https://otexts.com/fpp3/>. A few weeks seldom show
/// how fast the level moves. So each fit has its Akaike weight (K. Burnham and D. Anderson, "Model Selection
/// and Multimodel Inference", 2nd ed., 2.9) and the best is not used alone. Empty for fewer than four values.
pub(super) fn smooth(values: &[f64]) -> Vec<Smoothed> {
    if values.len() < 4 {
        return Vec::new();
    }
    let count = values.len() as f64;
    let fits: Vec<Fit> = (0..=20).map(|step| Fit::of(values, f64::from(step) * 0.05)).collect();
    let least = fits.iter().map(|fit| fit.squares).fold(f64::INFINITY, f64::min).max(1e-30);
    // Before the values speak, a level that stands still is as likely as all that move.
    let before = |fit: &Fit| if fit.alpha > 0.0 { 1.0 } else { 20.0 };
    let likely = |fit: &Fit| before(fit) * (fit.squares.max(1e-30) / least).powf(-count / 2.0);
    let all: f64 = fits.iter().map(likely).sum();
    let smoothed = |fit: &Fit| Smoothed {
        weight: likely(fit) / all,
        alpha: fit.alpha,
        level: fit.level,
        variance: fit.squares / (count - 2.0),
        start: fit.start,
    };
    fits.iter().map(smoothed).collect()
}

struct Fit {
    alpha: f64,
    level: f64,
    squares: f64,
    start: f64,
}

impl Fit {
    fn of(values: &[f64], alpha: f64) -> Self {
        // Each error is linear in the first level: with a first level of 0 and the part of it that is left at
        // each step.
        let (mut at_zero, mut left) = (0.0, 1.0);
        let (mut products, mut parts) = (0.0, 0.0);
        for value in values {
            products += (value - at_zero) * left;
            parts += left * left;
            at_zero += alpha * (value - at_zero);
            left *= 1.0 - alpha;
        }
        let first = products / parts;
        let (mut level, mut squares) = (first, 0.0);
        for value in values {
            let error = value - level;
            squares += error * error;
            level += alpha * error;
        }
        Self { alpha, level, squares, start: left * left / parts }
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::float_cmp,
    reason = "a test fails by panicking, and these floats are exact"
)]
mod tests {
    use super::*;

    #[test]
    fn medians_and_slopes() {
        assert_eq!(median(&mut []), 0.0);
        assert_eq!(median(&mut [3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&mut [4.0, 1.0, 2.0, 3.0]), 2.5);
        assert_eq!(theil_sen(&[1.0, 3.0, 5.0, 7.0]), 2.0);
        assert_eq!(theil_sen(&[1.0, 3.0, 500.0, 7.0, 9.0]), 2.0, "one odd value does not move it");
        assert_eq!(theil_sen(&[1.0]), 0.0);
    }

    #[test]
    fn students_quantiles_are_those_of_the_tables() {
        for (freedom, quantile) in [(5.0, 1.476), (10.0, 1.372), (20.0, 1.325), (60.0, 1.296), (1e9, 1.2816)]
        {
            assert!((student_90(freedom) / quantile - 1.0).abs() < 0.003, "{freedom}");
        }
    }

    #[test]
    fn money_survives_the_way_through_a_float() {
        let amount: Usd = "1234.567890123".parse().unwrap();
        assert_eq!(money(float(amount)), amount);
        assert_eq!(money(f64::NAN), Usd::ZERO);
    }

    #[test]
    fn a_level_that_stands_is_the_mean_and_one_that_moves_follows() {
        let best = |values: &[f64]| {
            smooth(values).into_iter().max_by(|one, other| one.weight.total_cmp(&other.weight)).unwrap()
        };
        let still = best(&[4.0, 6.0, 5.0, 4.5, 5.5, 5.0]);
        assert!(still.alpha == 0.0 && (still.level - 5.0).abs() < 1e-9);
        let steps: Vec<f64> =
            (0..40).map(|i| if i < 20 { 1.0 } else { 9.0 } + f64::from(i % 3) * 0.1).collect();
        let moved = best(&steps);
        assert!(moved.alpha > 0.3 && moved.level > 8.5, "{moved:?}");
        assert!((smooth(&steps).iter().map(|fit| fit.weight).sum::<f64>() - 1.0).abs() < 1e-9);
        assert!(smooth(&[1.0, 2.0, 3.0]).is_empty());
    }
}
