//! Statistics of a distribution.

use crate::fine::Counts;

/// Statistics of a distribution. The relative error of quantiles is at most [`crate::QUANTILE_ERROR`]; all
/// other values are exact except for rounding.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Stats {
    /// Number of observations.
    pub count: u64,
    /// Their sum.
    pub sum: f64,
    /// The smallest; 0 if empty.
    pub min: f64,
    /// The largest; 0 if empty.
    pub max: f64,
    /// The mean; 0 if empty.
    pub mean: f64,
    /// The median.
    pub median: f64,
    /// The 95th percentile.
    pub p95: f64,
    /// The 99th percentile.
    pub p99: f64,
    /// Population standard deviation (divided by the count, not by one less).
    pub stddev: f64,
}

/// Moments of one or more cells. `squares` uses distances to the mean, which preserves small differences of
/// large values.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Moments {
    pub count: u64,
    pub sum: f64,
    pub mean: f64,
    /// Sum of squared distances to the mean.
    pub squares: f64,
    pub min: f64,
    pub max: f64,
}

impl Moments {
    /// Moments of a cell with count, sum and sum of squares relative to its `first` value.
    pub fn relative(count: u64, first: f64, sum: f64, squares: f64, (min, max): (f64, f64)) -> Self {
        if count == 0 {
            return Self::default();
        }
        let n = count as f64;
        Self {
            count,
            sum: first.mul_add(n, sum),
            mean: first + sum / n,
            squares: (squares - sum * sum / n).max(0.0),
            min,
            max,
        }
    }

    /// Combines both, by Chan, Golub and LeVeque, "Updating formulae and a pairwise algorithm for computing
    /// sample variances" (1979).
    pub fn and(self, other: Self) -> Self {
        if self.count == 0 {
            return other;
        }
        if other.count == 0 {
            return self;
        }
        let count = self.count + other.count;
        let (n, share) = (self.count as f64, other.count as f64 / count as f64);
        let apart = other.mean - self.mean;
        Self {
            count,
            sum: self.sum + other.sum,
            mean: apart.mul_add(share, self.mean),
            squares: self.squares + other.squares + apart * apart * n * share,
            min: self.min.min(other.min),
            max: self.max.max(other.max),
        }
    }

    pub fn stats(&self, counts: &Counts) -> Stats {
        if self.count == 0 {
            return Stats::default();
        }
        let at = |quantile| counts.quantile(quantile).unwrap_or(self.mean).clamp(self.min, self.max);
        Stats {
            count: self.count,
            sum: self.sum,
            min: self.min,
            max: self.max,
            mean: self.mean,
            median: at(0.5),
            p95: at(0.95),
            p99: at(0.99),
            stddev: (self.squares / self.count as f64).sqrt(),
        }
    }
}
