//! What a distribution looks like, in a few figures.

use super::fine::Counts;

/// Figures of a distribution. Quantiles are off by at most [`super::QUANTILE_ERROR`] of their value; all else is exact but for
/// the rounding of doubles.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Stats {
    /// Observations.
    pub count: u64,
    /// Their sum.
    pub sum: f64,
    /// The least; 0 where there is none.
    pub min: f64,
    /// The greatest; 0 where there is none.
    pub max: f64,
    /// The mean; 0 where there is none.
    pub mean: f64,
    /// The value in the middle.
    pub median: f64,
    /// The value that 95 of 100 observations do not exceed.
    pub p95: f64,
    /// The value that 99 of 100 observations do not exceed.
    pub p99: f64,
    /// Standard deviation of all that was observed (divided by the count, not by one less).
    pub stddev: f64,
}

/// Moments of one cell or of several: mean and squares are of the distance to the mean, which keeps small differences of large
/// values.
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
    /// Of a cell that kept count, sum and sum of squares relative to its `first` value.
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

    /// Of both, by Chan, Golub and LeVeque, "Updating formulae and a pairwise algorithm for computing sample variances"
    /// (1979).
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
